/** `colRef()` and the aggregate functions of projections, `having` and `orderBy`. */

import { PlasmaDefinitionError } from "../errors.ts";
import { checkName } from "../schema/name.ts";
import type { AnyColumn, Column } from "../schema/column.ts";
import type { AggregateFunction, ColumnOperand } from "./ast.ts";
import { asBuilt } from "./built.ts";
import { columnOperand } from "./operand.ts";
import type { Aggregate, ColumnRef } from "./operand.ts";

/** `colRef("alias", "column")`: a column of a subquery in FROM. */
export function colRef<T = unknown>(alias: string, column: string): ColumnRef<T> {
  checkName("subquery", alias);
  if (typeof column !== "string") {
    throw new PlasmaDefinitionError(
      `colRef() takes the name of a column of the subquery: colRef("${alias}", "total").`,
    );
  }
  return asBuilt({ reference: { kind: "column", alias, column } });
}

/** The number of rows; of a column, the number of values that are not null. */
export function count(column?: AnyColumn | ColumnRef): Aggregate<number> {
  return aggregate("count", column === undefined ? null : columnOperand(column));
}

/** The number of different values that are not null. */
export function countDistinct(column: AnyColumn | ColumnRef): Aggregate<number> {
  return aggregate("count", columnOperand(column), true);
}

type NumberOf<T> = Extract<T, bigint> extends never ? number : bigint;

/** Exact for int (an error past 2^53) and bigint (an error past 64 bits). Null when there is nothing to add. */
export function sum<T extends number | bigint | null>(
  column: Column<T, boolean> | ColumnRef<T>,
): Aggregate<NumberOf<T> | null> {
  return aggregate("sum", columnOperand(column));
}

/** A double, also of integers. Null when there is nothing to average. */
export function avg<T extends number | bigint | null>(
  column: Column<T, boolean> | ColumnRef<T>,
): Aggregate<number | null> {
  return aggregate("avg", columnOperand(column));
}

/** The smallest value in the order of `asc`, nulls left out. */
export function min<T>(column: Column<T, boolean> | ColumnRef<T>): Aggregate<T | null> {
  return aggregate("min", columnOperand(column));
}

/** The largest value in the order of `asc`, nulls left out. */
export function max<T>(column: Column<T, boolean> | ColumnRef<T>): Aggregate<T | null> {
  return aggregate("max", columnOperand(column));
}

function aggregate(
  fn: AggregateFunction,
  operand: ColumnOperand | null,
  distinct = false,
): Aggregate<never> {
  return asBuilt({ aggregate: { kind: "aggregate", fn, distinct, operand } });
}
