/** Scope: whether every column that a query names belongs to a table in sight. Asked before
 * a query runs anywhere. */

import { PlasmaError } from "../errors.ts";
import type { Condition, SelectAst } from "./ast.ts";
import { checkDepth } from "./complexity.ts";
import { operandsOfCondition, sourcesOf, walkCondition } from "./walk.ts";

/**
 * @throws PlasmaError `unknown-table` for a column of a table that is neither among `aliases` nor read by a subquery
 * around it; `query-too-complex`
 */
export function requireScope(
  condition: Condition | null,
  aliases: ReadonlySet<string>,
  refusal = notInScope,
): void {
  if (condition === null) return;
  checkDepth(condition);
  for (const operand of operandsOfCondition(condition)) {
    const column = operand.kind === "aggregate" ? operand.operand : operand;
    if (column?.kind === "column" && !aliases.has(column.alias)) throw refusal(column.alias);
  }
  walkCondition(condition, (part) => {
    if (part.kind === "exists") requireSelectScope(part.query, aliases);
  });
}

/** The same for every condition of a query. */
export function requireSelectScope(query: SelectAst, outer: ReadonlySet<string> = new Set()): void {
  const inside = new Set(outer);
  for (const source of sourcesOf(query)) inside.add(source.alias);
  for (const condition of [...query.joins.map((join) => join.on), query.where, query.having]) {
    requireScope(condition, inside);
  }
}

export function notInScope(alias: string): PlasmaError {
  return new PlasmaError(
    "unknown-table",
    `This query uses a column of "${alias}", which is neither one of its tables nor one of a query around it. Add the table with from(), innerJoin() or leftJoin().`,
  );
}
