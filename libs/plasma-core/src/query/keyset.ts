/**
 * Pages by key: the rows that come after a given one in the order of a query.
 *
 * It is a condition like any other, made of the query's order and of the values that the row has there. So every engine
 * knows what it means, a page costs what its rows cost wherever an index serves the order, and nothing is skipped or
 * shown twice when rows come and go between two pages (which is what `offset` does).
 *
 * 1. The order is total, because the ids break its ties, so exactly the rows up to this one are left out.
 * 2. Null comes before everything when ascending, and after everything when descending.
 */

import { PlasmaDefinitionError } from "../errors.ts";
import type { Row } from "../schema/table.ts";
import { describeValue } from "../schema/value.ts";
import { needsGroups } from "./analyze-groups.ts";
import { comparableValue } from "./operand.ts";
import type { ColumnOperand, CompareOp, Condition, SelectAst, Value } from "./ast.ts";
import { sourcesOf } from "./walk.ts";

interface Key {
  readonly operand: ColumnOperand;
  readonly direction: "asc" | "desc";
  readonly value: Value;
}

/** The query without the rows up to and including this one: one of its own results. */
export function withKeyset(query: SelectAst, row: Row): SelectAst {
  const after = afterAll(keysOf(query, row));
  const where: Condition = query.where ? { kind: "and", conditions: [query.where, after] } : after;
  return { ...query, where };
}

function keysOf(query: SelectAst, row: Row): Key[] {
  if (query.distinct || needsGroups(query)) {
    throw new PlasmaDefinitionError(
      "after() pages through rows of tables. A query that groups or is distinct has none: use offset().",
    );
  }
  const ids = sourcesOf(query).map((source): ColumnOperand => {
    if (source.kind === "table") return { kind: "column", alias: source.alias, column: "id" };
    throw new PlasmaDefinitionError(
      "after() pages through rows of tables, but this query starts from a subquery: use offset().",
    );
  });
  if (typeof row !== "object" || row === null) {
    throw new PlasmaDefinitionError(
      `after() takes the last row of a page, but was given ${describeValue(row)}.`,
    );
  }
  const written = query.orderBy.map(({ operand, direction }) => ({
    // An aggregate would have made it a query that groups.
    operand: operand as ColumnOperand,
    direction,
  }));
  const terms = [...written, ...ids.map((operand) => ({ operand, direction: "asc" as const }))];
  return terms.map((term) => ({ ...term, value: valueOf(query, row, term.operand) }));
}

/** The value of a column in a row of the result, wherever the projection has put it. */
function valueOf(query: SelectAst, row: Row, operand: ColumnOperand): Value {
  const { alias, column } = operand;
  let value: unknown;
  if (query.projection) {
    for (const field of query.projection) {
      if (field.kind === "row" && field.alias === alias) value = cellOf(row[field.name], column);
      else if (field.kind === "value" && isColumn(field.operand, operand)) value = row[field.name];
    }
  } else {
    value = query.joins.length === 0 ? row[column] : cellOf(row[alias], column);
  }
  if (value === undefined) {
    throw new PlasmaDefinitionError(
      `after() needs the value of "${alias}.${column}", by which the query is ordered, and the row does not have it. Select it as well.`,
    );
  }
  try {
    return comparableValue(value);
  } catch (cause) {
    throw new PlasmaDefinitionError(
      `after() found ${describeValue(value)} for "${alias}.${column}", which cannot be compared.`,
      { cause },
    );
  }
}

/** Null for the row that a left join did not find. */
function cellOf(row: unknown, column: string): unknown {
  return typeof row === "object" && row !== null ? (row as Row)[column] : row;
}

function isColumn(operand: { readonly kind: string }, wanted: ColumnOperand): boolean {
  if (operand.kind !== "column") return false;
  const { alias, column } = operand as ColumnOperand;
  return alias === wanted.alias && column === wanted.column;
}

/** After the first key, or equal in it and after all others. */
function afterAll(keys: readonly Key[]): Condition {
  const [first, ...rest] = keys as [Key, ...Key[]];
  const beyond = after(first);
  if (rest.length === 0) return beyond;
  const tied: Condition = { kind: "and", conditions: [equal(first), afterAll(rest)] };
  return { kind: "or", conditions: [beyond, tied] };
}

function equal({ operand, value }: Key): Condition {
  return value === null ? { kind: "isNull", operand } : compare("eq", operand, value);
}

function after({ operand, direction, value }: Key): Condition {
  const isNull: Condition = { kind: "isNull", operand };
  if (direction === "asc") {
    return value === null ? { kind: "not", condition: isNull } : compare("gt", operand, value);
  }
  return value === null
    ? { kind: "constant", value: false }
    : { kind: "or", conditions: [compare("lt", operand, value), isNull] };
}

function compare(op: CompareOp, left: ColumnOperand, value: NonNullable<Value>): Condition {
  return { kind: "compare", op, left, right: { kind: "value", value } };
}
