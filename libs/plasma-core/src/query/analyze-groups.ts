/** Analysis of groups: which queries make them, and what may be asked of a group. */

import type { Operand, SelectAst } from "./ast.ts";
import { invalid, requireComparableField } from "./field.ts";
import type { FieldScope } from "./field.ts";
import { aggregatesOf, operandsOfCondition, outerColumnsOfCondition, sourcesOf } from "./walk.ts";

/** Whether a query makes groups of its rows: by itself or because it aggregates. */
export function needsGroups(ast: SelectAst): boolean {
  if (ast.groupBy.length > 0 || ast.having !== null) return true;
  const inProjection = ast.projection?.some(
    (field) => field.kind === "value" && field.operand.kind === "aggregate",
  );
  return inProjection === true || ast.orderBy.some(({ operand }) => operand.kind === "aggregate");
}

/** What a grouped query may use where. */
export function checkGroups(ast: SelectAst, scope: FieldScope): void {
  for (const column of ast.groupBy) requireComparableField(column, scope, "groupBy");
  const isKey = (operand: Operand) =>
    operand.kind !== "column" ||
    ast.groupBy.some(({ alias, column }) => alias === operand.alias && column === operand.column);
  if (!ast.projection) {
    throw invalid(
      "A grouped query needs to say what it gives for each group: select({ listId: todos.listId, total: count() }).",
    );
  }
  for (const field of ast.projection) {
    if (field.kind === "row" || !isKey(field.operand)) {
      throw invalid(
        `"${field.name}" has no single value in a group. Add its column to groupBy(), or put it into an aggregate such as max().`,
      );
    }
  }
  for (const { operand } of ast.orderBy) {
    if (!isKey(operand))
      throw invalid(
        "A grouped query is ordered by columns of its groupBy() and by aggregates, such as max(column), only.",
      );
  }
  if (ast.having) {
    if (!operandsOfCondition(ast.having).every(isKey)) {
      throw invalid(
        "having() may use columns of groupBy() and aggregates only. Filter rows with where().",
      );
    }
    const own = new Set(sourcesOf(ast).map(({ alias }) => alias));
    const used = outerColumnsOfCondition(ast.having).filter(({ alias }) => own.has(alias));
    if (!used.every(isKey)) {
      throw invalid(
        "A subquery in having() may use columns of groupBy() only: it is asked of a group.",
      );
    }
  }
}

/** An aggregate over a column of a query around it would be that one's aggregate in SQL. */
export function checkAggregates(ast: SelectAst): void {
  const own = new Set(sourcesOf(ast).map(({ alias }) => alias));
  for (const operand of aggregatesOf(ast)) {
    if (operand.operand === null) continue;
    if (own.has(operand.operand.alias)) continue;
    throw invalid(
      `${operand.fn}() takes columns of its own query only, and "${operand.operand.alias}" is not one of its tables.`,
    );
  }
}
