/** The query operators: functions that make operands and conditions out of columns, values and each other. */

import { PlasmaDefinitionError } from "../errors.ts";
import { isColumn } from "../schema/column.ts";
import type { AnyColumn, Column } from "../schema/column.ts";
import type {
  AggregateFunction,
  AggregateOperand,
  ColumnOperand,
  CompareOp,
  Condition,
  Operand,
  OrderTerm,
  SelectAst,
  Value,
} from "./ast.ts";

/** A column of a subquery, by the name it has there. */
export interface ColumnRef<T = unknown> {
  readonly reference: ColumnOperand;
  /** Types only; never present at run time. */
  readonly $type?: { readonly data: T };
}

/** A value computed from the rows of a group. */
export interface Aggregate<T = unknown> {
  readonly aggregate: AggregateOperand;
  /** Types only; never present at run time. */
  readonly $type?: { readonly data: T };
}

/** Something with a value for each row (or group) of a query. */
export type Expression<T> = Column<T, boolean> | ColumnRef<T> | Aggregate<T>;
export type AnyExpression = AnyColumn | ColumnRef | Aggregate;

/** What an expression can be compared with: another one, or a value of its type. */
type Comparable<T> = Expression<T> | Expression<T | null> | Expression<NonNullable<T>> | NonNullable<T>;

/** `colRef("alias", "column")`: a column of a subquery in FROM. */
export function colRef<T = unknown>(alias: string, column: string): ColumnRef<T> {
  return { reference: { kind: "column", alias, column } };
}

export function isExpression(input: unknown): input is AnyExpression {
  return isColumn(input) || isColumnRef(input) || isAggregate(input);
}

function isColumnRef(input: unknown): input is ColumnRef {
  return typeof input === "object" && input !== null && "reference" in input && !isColumn(input);
}

function isAggregate(input: unknown): input is Aggregate {
  return typeof input === "object" && input !== null && "aggregate" in input;
}

/** The operand that an expression stands for. */
export function expressionOperand(expression: AnyExpression): ColumnOperand | AggregateOperand {
  if (isAggregate(expression)) return expression.aggregate;
  return columnOperand(expression);
}

export function columnOperand(column: AnyColumn | ColumnRef): ColumnOperand {
  if (isColumn(column)) return { kind: "column", alias: column.alias, column: column.name };
  return column.reference;
}

function operand(input: unknown): Operand {
  return isExpression(input) ? expressionOperand(input) : { kind: "value", value: comparableValue(input) };
}

function comparableValue(input: unknown): Value {
  switch (typeof input) {
    case "string":
    case "bigint":
    case "boolean":
      return input;
    case "number":
      if (Number.isFinite(input)) return input;
      break;
    case "object":
      if (input === null || input instanceof Uint8Array) return input;
      if (input instanceof Date && Number.isSafeInteger(input.getTime())) return input;
      break;
  }
  throw new PlasmaDefinitionError(
    `${String(input)} cannot be compared with. Give a string, finite number, bigint, boolean, valid Date, Uint8Array, null or a column.`,
  );
}

function compare(op: CompareOp, left: unknown, right: unknown): Condition {
  return { kind: "compare", op, left: operand(left), right: operand(right) };
}

export const eq = <T>(left: Expression<T>, right: Comparable<T>): Condition => compare("eq", left, right);
export const ne = <T>(left: Expression<T>, right: Comparable<T>): Condition => compare("ne", left, right);
export const gt = <T>(left: Expression<T>, right: Comparable<T>): Condition => compare("gt", left, right);
export const gte = <T>(left: Expression<T>, right: Comparable<T>): Condition => compare("gte", left, right);
export const lt = <T>(left: Expression<T>, right: Comparable<T>): Condition => compare("lt", left, right);
export const lte = <T>(left: Expression<T>, right: Comparable<T>): Condition => compare("lte", left, right);

/** `low <= column <= high`, both ends included. */
export function between<T>(column: Expression<T>, low: Comparable<T>, high: Comparable<T>): Condition {
  return and(compare("gte", column, low), compare("lte", column, high));
}

/** True when all parts are; `undefined` parts are left out, so that filters can be optional. Without parts it is true. */
export function and(...parts: readonly (Condition | undefined)[]): Condition {
  return { kind: "and", conditions: parts.filter((part) => part !== undefined) };
}

/** True when any part is; `undefined` parts are left out. Without parts it is false. */
export function or(...parts: readonly (Condition | undefined)[]): Condition {
  return { kind: "or", conditions: parts.filter((part) => part !== undefined) };
}

export function not(condition: Condition): Condition {
  return { kind: "not", condition };
}

/** An empty list is false. A null column is unknown, never a match. */
export function inArray<T>(column: Expression<T>, values: readonly NonNullable<T>[]): Condition {
  return { kind: "in", operand: operand(column), values: values.map(comparableValue) };
}

/** The negation of `inArray`: a null column is unknown, so its row is not kept (unless the list is empty). */
export function notInArray<T>(column: Expression<T>, values: readonly NonNullable<T>[]): Condition {
  return not(inArray(column, values));
}

export function isNull(column: AnyExpression): Condition {
  return { kind: "isNull", operand: operand(column) };
}

export function isNotNull(column: AnyExpression): Condition {
  return not(isNull(column));
}

/** `%` matches any run of characters, `_` exactly one; a backslash takes the next character literally. */
export function like(column: Expression<string> | Expression<string | null>, pattern: string): Condition {
  return matching(column, pattern, false);
}

/** `like` that takes A to Z for a to z. Other letters keep their case, on every engine. */
export function ilike(column: Expression<string> | Expression<string | null>, pattern: string): Condition {
  return matching(column, pattern, true);
}

function matching(column: AnyExpression, pattern: string, foldCase: boolean): Condition {
  if (typeof pattern !== "string") {
    throw new PlasmaDefinitionError(`${foldCase ? "ilike" : "like"}() takes its pattern as a string.`);
  }
  return { kind: "like", operand: operand(column), pattern, foldCase };
}

/** True when the query has a row. Columns of the outer query may be used inside. */
export function exists(query: { readonly ast: SelectAst }): Condition {
  return { kind: "exists", query: query.ast };
}

function aggregate(fn: AggregateFunction, column: AnyColumn | ColumnRef | null, distinct = false): Aggregate<never> {
  return { aggregate: { kind: "aggregate", fn, distinct, operand: column && columnOperand(column) } };
}

/** The number of rows; of a column, the number of values that are not null. */
export function count(column?: AnyColumn | ColumnRef): Aggregate<number> {
  return aggregate("count", column ?? null);
}

/** The number of different values that are not null. */
export function countDistinct(column: AnyColumn | ColumnRef): Aggregate<number> {
  return aggregate("count", column, true);
}

type NumberOf<T> = Extract<T, bigint> extends never ? number : bigint;

/** Exact for int (an error past 2^53) and bigint (an error past 64 bits). Null when there is nothing to add. */
export function sum<T extends number | bigint | null>(column: Column<T, boolean> | ColumnRef<T>): Aggregate<NumberOf<T> | null> {
  return aggregate("sum", column);
}

/** A double, also of integers. Null when there is nothing to average. */
export function avg(
  column: Column<number | bigint | null, boolean> | Column<number, boolean> | Column<bigint, boolean> | ColumnRef<number | bigint | null>,
): Aggregate<number | null> {
  return aggregate("avg", column as AnyColumn);
}

/** The smallest value in the order of `asc`, nulls left out. */
export function min<T>(column: Column<T, boolean> | ColumnRef<T>): Aggregate<T | null> {
  return aggregate("min", column as AnyColumn);
}

/** The largest value in the order of `asc`, nulls left out. */
export function max<T>(column: Column<T, boolean> | ColumnRef<T>): Aggregate<T | null> {
  return aggregate("max", column as AnyColumn);
}

/** Null first. */
export function asc(expression: AnyExpression): OrderTerm {
  return { operand: expressionOperand(expression), direction: "asc" };
}

/** Null last. */
export function desc(expression: AnyExpression): OrderTerm {
  return { operand: expressionOperand(expression), direction: "desc" };
}

const CONDITION_KINDS: ReadonlySet<unknown> = new Set<Condition["kind"]>([
  "constant",
  "compare",
  "in",
  "isNull",
  "like",
  "and",
  "or",
  "not",
  "exists",
]);

export function isCondition(candidate: unknown): candidate is Condition {
  return typeof candidate === "object" && candidate !== null && CONDITION_KINDS.has((candidate as Condition).kind);
}
