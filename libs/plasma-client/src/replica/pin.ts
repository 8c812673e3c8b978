/**
 * The column by whose value a query can be found: every row of its result has one of a few values there.
 *
 * Changes are routed by it (`routes.ts`), and rows are looked up by it (`equality-indexes.ts`).
 */

import { valueKey } from "@sh1n4ps/plasma-core";
import type { Condition, Row, SelectAst, Value } from "@sh1n4ps/plasma-core";

export interface Pin {
  readonly table: string;
  readonly column: string;
  /** `valueKey` of each value. */
  readonly keys: readonly string[];
}

/** Of a query over one table; null where it asks for no value. The id is preferred: nothing tells rows apart better. */
export function pinOf({ from, where }: SelectAst): Pin | null {
  if (from.kind !== "table" || !where) return null;
  const pins = conjuncts(where).flatMap((part) => pinnedBy(part, from));
  return pins.find(({ column }) => column === "id") ?? pins[0] ?? null;
}

/** Which columns of its table a query asks one value of. Null: it has no table. */
export function equalitiesOf({
  from,
  where,
}: SelectAst): { readonly table: string; readonly values: ReadonlyMap<string, Value> } | null {
  if (from.kind !== "table") return null;
  const values = new Map<string, Value>();
  for (const part of where ? conjuncts(where) : []) {
    if (part.kind !== "compare" || part.op !== "eq") continue;
    const { left, right } = part;
    if (left.kind !== "column" || left.alias !== from.alias) continue;
    if (right.kind === "value" && right.value !== null) values.set(left.column, right.value);
  }
  return { table: from.table, values };
}

/** The key of what a row holds in a column. */
export function keyIn(row: Row, column: string): string {
  return valueKey((row[column] ?? null) as Value);
}

export function conjuncts(condition: Condition): readonly Condition[] {
  return condition.kind === "and" ? condition.conditions.flatMap(conjuncts) : [condition];
}

function pinnedBy(
  condition: Condition,
  { table, alias }: { readonly table: string; readonly alias: string },
): Pin[] {
  if (condition.kind === "compare") {
    const { op, left, right } = condition;
    if (op !== "eq" || left.kind !== "column" || left.alias !== alias) return [];
    if (right.kind !== "value" || right.value === null) return [];
    return [{ table, column: left.column, keys: [valueKey(right.value)] }];
  }
  if (condition.kind === "in") {
    const { operand, values } = condition;
    if (operand.kind !== "column" || operand.alias !== alias) return [];
    // A null in the list makes nothing true.
    const keys = new Set(values.flatMap((value) => (value === null ? [] : [valueKey(value)])));
    return [{ table, column: operand.column, keys: [...keys] }];
  }
  return [];
}
