/** What came of a query, and whether it is the same as what came of it elsewhere: values, types and order. */

import { PlasmaError } from "@sh1n4ps/plasma-core";
import type { QueryAst, Row } from "@sh1n4ps/plasma-core";
import type { Engine } from "./engine.ts";

export type Outcome =
  | { readonly kind: "rows"; readonly rows: readonly Row[] }
  | { readonly kind: "error"; readonly code: string };

export async function outcomeOf(engine: Engine, query: QueryAst): Promise<Outcome> {
  try {
    return { kind: "rows", rows: await engine.run(query) };
  } catch (error) {
    if (error instanceof PlasmaError) return { kind: "error", code: error.code };
    // No engine may fail without a code, so this differs from whatever the others say.
    const message = error instanceof Error ? error.message : String(error);
    return { kind: "error", code: `${engine.name} failed: ${message}` };
  }
}

/** Equal texts mean equal outcomes. */
export function outcomeText(outcome: Outcome): string {
  if (outcome.kind === "error") return `error ${outcome.code}`;
  return outcome.rows.length === 0 ? "no rows" : outcome.rows.map(valueText).join("\n");
}

/** A value with its type. The order of an object's properties means nothing. */
export function valueText(value: unknown): string {
  if (value === null) return "null";
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof Uint8Array) return `bytes(${Array.from(value).join(" ")})`;
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "object": {
      const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
      return `{ ${entries.map(([key, item]) => `${key}: ${valueText(item)}`).join(", ")} }`;
    }
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}
