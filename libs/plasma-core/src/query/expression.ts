/** The query operators: functions that make conditions out of columns, values and each other. */

import { PlasmaDefinitionError } from "../errors.ts";
import { isColumn } from "../schema/column.ts";
import type { AnyColumn, Column } from "../schema/column.ts";
import type {
  ColumnOperand,
  CompareOp,
  Condition,
  Operand,
  OrderTerm,
  SelectAst,
  Value,
} from "./ast.ts";

/** Something that can be compared: a column, or a value of that column's type. */
type Comparable<T> =
  Column<T, boolean> | Column<T | null, boolean> | Column<NonNullable<T>, boolean> | NonNullable<T>;

export function columnOperand(column: AnyColumn): ColumnOperand {
  return { kind: "column", alias: column.alias, column: column.name };
}

function operand(input: unknown): Operand {
  if (isColumn(input)) return columnOperand(input);
  return { kind: "value", value: value(input) };
}

function value(input: unknown): Value {
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

export const eq = <T>(left: Column<T, boolean>, right: Comparable<T>): Condition =>
  compare("eq", left, right);
export const ne = <T>(left: Column<T, boolean>, right: Comparable<T>): Condition =>
  compare("ne", left, right);
export const gt = <T>(left: Column<T, boolean>, right: Comparable<T>): Condition =>
  compare("gt", left, right);
export const gte = <T>(left: Column<T, boolean>, right: Comparable<T>): Condition =>
  compare("gte", left, right);
export const lt = <T>(left: Column<T, boolean>, right: Comparable<T>): Condition =>
  compare("lt", left, right);
export const lte = <T>(left: Column<T, boolean>, right: Comparable<T>): Condition =>
  compare("lte", left, right);

/** True when all parts are; `undefined` parts are left out, so that filters can be optional. */
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

export function inArray<T>(
  column: Column<T, boolean>,
  values: readonly NonNullable<T>[],
): Condition {
  return { kind: "in", operand: operand(column), values: values.map(value) };
}

export function isNull(column: AnyColumn): Condition {
  return { kind: "isNull", operand: operand(column) };
}

export function isNotNull(column: AnyColumn): Condition {
  return not(isNull(column));
}

/** `%` matches any run of characters, `_` exactly one; a backslash takes the next character literally. */
export function like(
  column: Column<string, boolean> | Column<string | null, boolean>,
  pattern: string,
): Condition {
  if (typeof pattern !== "string")
    throw new PlasmaDefinitionError("like() takes its pattern as a string.");
  return { kind: "like", operand: operand(column), pattern };
}

/** True when the query has a row. Columns of the outer query may be used inside. */
export function exists(query: { readonly ast: SelectAst }): Condition {
  return { kind: "exists", query: query.ast };
}

export function asc(column: AnyColumn): OrderTerm {
  return { operand: columnOperand(column), direction: "asc" };
}

export function desc(column: AnyColumn): OrderTerm {
  return { operand: columnOperand(column), direction: "desc" };
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
  return (
    typeof candidate === "object" &&
    candidate !== null &&
    CONDITION_KINDS.has((candidate as Condition).kind)
  );
}
