/** Rules of one person over a schema, bound once for each request. */

import { bindRule, checkCondition, fieldsOfTable, RULE_ROW } from "@sh1n4ps/plasma-core";
import type {
  AuthorizePolicy,
  BoundRule,
  Condition,
  RuleKind,
  Schema,
  TableInfo,
} from "@sh1n4ps/plasma-core";
import { utf8, toHex } from "../bytes.ts";
import type { Platform } from "../platform.ts";
import { describeSchema } from "../schema/description.ts";
import { compileCondition, tableSource } from "../sql/compile.ts";
import type { Aliases, Compiler } from "../sql/compile.ts";
import type { SqlFragment } from "../sql/fragment.ts";

export interface Rules {
  of(table: TableInfo, kind: RuleKind): BoundRule;
}

export function bindRules(ctx: unknown, policy: AuthorizePolicy): Rules {
  const bound = { read: new Map<string, BoundRule>(), write: new Map<string, BoundRule>() };
  return {
    of(table, kind) {
      let rule = bound[kind].get(table.name);
      if (!rule) bound[kind].set(table.name, (rule = bindRule(table, kind, ctx, policy)));
      return rule;
    },
  };
}

const checked = new WeakMap<Condition, Schema>();

/** Throws if the condition names what is not there, or compares what does not compare. */
export function checkRule(schema: Schema, table: TableInfo, condition: Condition): void {
  if (checked.get(condition) === schema) return;
  const scope = new Map([[RULE_ROW, fieldsOfTable(table)]]);
  checkCondition(schema, condition, { scope, place: "rule" });
  checked.set(condition, schema);
}

/** Rows that a condition is about, by what it calls them: the table, and the alias in the SQL. */
export type RowsInSight = ReadonlyMap<
  string,
  { readonly table: TableInfo; readonly alias: string }
>;

/** A rule's condition about the row that goes by `alias`. Its subqueries look at everything. */
export function compileRule(
  condition: Condition,
  row: { readonly table: TableInfo; readonly alias: string },
  place: { readonly compiler: Compiler; readonly aliases: Aliases },
): SqlFragment {
  const { restrict: _, ...compiler } = place.compiler;
  return compileAbout(condition, new Map([[RULE_ROW, row]]), { ...place, compiler });
}

/** A condition about rows of a statement around it. */
export function compileAbout(
  condition: Condition,
  rows: RowsInSight,
  place: { readonly compiler: Compiler; readonly aliases: Aliases },
): SqlFragment {
  const each = [...rows];
  checkCondition(place.compiler.schema, condition, {
    scope: new Map(each.map(([named, { table }]) => [named, fieldsOfTable(table)])),
    place: "rule",
  });
  return compileCondition(condition, {
    ...place,
    scope: new Map(each.map(([named, { table, alias }]) => [named, tableSource(table, alias)])),
  });
}

/**
 * A fingerprint of what a person may see: the schema, and what the read rules make of the context. When it changes,
 * "visible before" can no longer be computed, and a client starts over. Parts of the context that no rule uses (the
 * expiry of a token, say) do not count. Of a predicate only its source text and the whole context are known.
 */
export async function visibilityOf(
  schema: Schema,
  viewer: { readonly rules: Rules; readonly ctx: unknown },
  platform: Platform,
): Promise<string> {
  const rules = [...schema.byName.values()].map((table) => {
    const rule = viewer.rules.of(table, "read");
    if (rule.kind === "expression") return rule.condition;
    return { predicate: String(table.options.auth?.read), ctx: viewer.ctx };
  });
  const text = JSON.stringify([describeSchema(schema), rules], exactValues);
  return toHex(await platform.crypto.sha256(utf8(text)));
}

function exactValues(this: unknown, key: string, value: unknown): unknown {
  // JSON.stringify has already called toJSON of Dates by the time it asks.
  const original = (this as Record<string, unknown>)[key];
  if (original instanceof Date) return { date: original.getTime() };
  if (original instanceof Uint8Array) return { bytes: toHex(original) };
  if (typeof original === "bigint") return { bigint: original.toString() };
  return value;
}
