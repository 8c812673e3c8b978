/** Queries for one row by its id: what most writes of a mutator begin with. */

import { walkCondition } from "@sh1n4ps/plasma-core";
import type { Condition, Operand, SelectAst } from "@sh1n4ps/plasma-core";

/** The id of the only row that the query can find, if its condition names one and looks at nothing else. */
export function idOfLookup(query: SelectAst): string | null {
  const { from, joins, projection, distinct, where, groupBy, having, limit, offset } = query;
  const isPlain =
    from.kind === "table" &&
    joins.length === 0 &&
    projection === null &&
    !distinct &&
    groupBy.length === 0 &&
    having === null &&
    limit !== 0 &&
    offset === 0;
  if (!isPlain || where === null || hasSubquery(where)) return null;
  const conjuncts = where.kind === "and" ? where.conditions : [where];
  for (const part of conjuncts) {
    const id = namedId(part, from.alias);
    if (id !== null) return id;
  }
  return null;
}

/** Of a query that `idOfLookup` knows: there is nothing else in it, and so nothing in it can be wrong. */
export function asksForIdAlone({ from, where, orderBy }: SelectAst): boolean {
  return where !== null && namedId(where, from.alias) !== null && orderBy.length === 0;
}

/** Of a query that `idOfLookup` knows. */
export function tableOfLookup({ from }: SelectAst): string {
  if (from.kind === "subquery") throw new TypeError("A subquery is no lookup.");
  return from.table;
}

export function hasSubquery(condition: Condition): boolean {
  let found = false;
  walkCondition(condition, (part) => void (found ||= part.kind === "exists"));
  return found;
}

function namedId(condition: Condition, alias: string): string | null {
  const isId = (operand: Operand) =>
    operand.kind === "column" && operand.alias === alias && operand.column === "id";
  if (condition.kind === "in" && condition.values.length === 1 && isId(condition.operand)) {
    const [value] = condition.values;
    return typeof value === "string" ? value : null;
  }
  if (condition.kind !== "compare" || condition.op !== "eq") return null;
  const { left, right } = condition;
  const value = isId(left) ? right : isId(right) ? left : null;
  return value?.kind === "value" && typeof value.value === "string" ? value.value : null;
}
