/**
 * Which index would serve a query: the columns that it asks to be equal to something, then those by which it orders,
 * or else one that it asks to lie in a range.
 */

import { requireTable } from "../schema/schema.ts";
import type { Schema } from "../schema/schema.ts";
import type { TableInfo } from "../schema/table.ts";
import type { Condition, Operand, SelectAst } from "./ast.ts";
import { conjunctsOf } from "./equalities.ts";
import { sourcesOf } from "./walk.ts";

export type IndexAdvice =
  /** Declare this one: `indexes: [["listId", "position"]]`. */
  | { readonly kind: "declare"; readonly table: string; readonly columns: readonly string[] }
  /** There is one. Whether an engine uses it is its own affair. */
  | { readonly kind: "declared"; readonly table: string }
  /** The query asks for something that no index of columns answers, such as `like` or `or`. */
  | { readonly kind: "unsuitable"; readonly table: string }
  /** The query asks for all rows of the table. */
  | { readonly kind: "wants-all" };

/** Advice for the table that goes by `alias` among the query's own sources. */
export function adviseIndex(schema: Schema, query: SelectAst, alias: string): IndexAdvice {
  const source = sourcesOf(query).find((candidate) => candidate.alias === alias);
  if (!source || source.kind === "subquery") return { kind: "wants-all" };
  const table = requireTable(schema, source.table);
  const conditions = conjuncts(query);
  const equal = unique(conditions.flatMap((part) => equalColumns(part, alias)));
  if (equal.some((column) => column === "id" || table.columns[column]?.isUnique)) {
    return { kind: "declared", table: table.name };
  }
  const order = orderColumns(query, alias).filter((column) => !equal.includes(column));
  const ranges = unique(conditions.flatMap((part) => rangeColumns(part, alias)));
  const range = ranges.filter((column) => !equal.includes(column)).slice(0, 1);
  if (equal.length === 0 && range.length === 0) {
    // An order alone is worth an index only where it lets the query stop early.
    const stops = order.length > 0 && query.limit !== null && conditions.length === 0;
    if (!stops) {
      return conditions.some((part) => mentions(part, alias))
        ? { kind: "unsuitable", table: table.name }
        : { kind: "wants-all" };
    }
  }
  // After a column that only lies in a range, an index gives no order.
  const rest = equal.length === 0 && range.length > 0 ? range : order.length > 0 ? order : range;
  const columns = [...equal, ...rest];
  const isThere = declaredIndexes(table).some((index) => serves(index, equal, rest));
  return isThere
    ? { kind: "declared", table: table.name }
    : { kind: "declare", table: table.name, columns };
}

/** The conditions all of which a row has to meet. */
function conjuncts(query: SelectAst): Condition[] {
  return [...query.joins.map(({ on }) => on), ...(query.where ? [query.where] : [])].flatMap(
    conjunctsOf,
  );
}

function equalColumns(part: Condition, alias: string): string[] {
  if (part.kind === "in" || part.kind === "isNull") return columnsOf([part.operand], alias);
  if (part.kind !== "compare" || part.op !== "eq") return [];
  return sides(part, alias);
}

function rangeColumns(part: Condition, alias: string): string[] {
  if (part.kind !== "compare" || part.op === "eq" || part.op === "ne") return [];
  return sides(part, alias);
}

/** The side that is a column of the table, if the other one is something else. */
function sides({ left, right }: { left: Operand; right: Operand }, alias: string): string[] {
  const found = columnsOf([left, right], alias);
  return found.length === 1 ? found : [];
}

function columnsOf(operands: readonly Operand[], alias: string): string[] {
  return operands.flatMap((operand) =>
    operand.kind === "column" && operand.alias === alias ? [operand.column] : [],
  );
}

function mentions(condition: Condition, alias: string): boolean {
  switch (condition.kind) {
    case "compare":
      return columnsOf([condition.left, condition.right], alias).length > 0;
    case "in":
    case "isNull":
    case "like":
      return columnsOf([condition.operand], alias).length > 0;
    case "and":
    case "or":
      return condition.conditions.some((part) => mentions(part, alias));
    case "not":
      return mentions(condition.condition, alias);
    case "exists":
      return conjuncts(condition.query).some((part) => mentions(part, alias));
    case "constant":
      return false;
  }
}

/** The columns of the table by which the query orders first, as far as they go in one direction. */
function orderColumns(query: SelectAst, alias: string): string[] {
  if (query.groupBy.length > 0 || query.distinct) return [];
  const columns: string[] = [];
  for (const { operand, direction } of query.orderBy) {
    if (operand.kind !== "column" || operand.alias !== alias) break;
    if (direction !== query.orderBy[0]?.direction) break;
    columns.push(operand.column);
  }
  return unique(columns);
}

/** References have an index of their own (see the server's `schema/description.ts`). */
function declaredIndexes(table: TableInfo): (readonly string[])[] {
  const references = table.columnNames.filter((name) => table.columns[name]?.reference);
  return [...(table.options.indexes ?? []), ...references.map((name) => [name])];
}

/** Equal columns may come in any order; what follows them may not. */
function serves(
  index: readonly string[],
  equal: readonly string[],
  rest: readonly string[],
): boolean {
  const head = index.slice(0, equal.length);
  return (
    head.length === equal.length &&
    head.every((column) => equal.includes(column)) &&
    rest.every((column, at) => index[equal.length + at] === column)
  );
}

function unique(columns: readonly string[]): string[] {
  return [...new Set(columns)];
}
