/**
 * Operands: what a comparison may have on its sides. Whatever SQL and the evaluator would take in different ways is
 * refused here, when the query is built, so that a query fails on every engine or on none.
 */

import { PlasmaDefinitionError, PlasmaError } from "../errors.ts";
import { isColumn } from "../schema/column.ts";
import type { AnyColumn, Column } from "../schema/column.ts";
import { textProblem } from "../schema/text-check.ts";
import { describeValue, INT64_MAX, INT64_MIN } from "../schema/value.ts";
import type { AggregateOperand, ColumnOperand, Operand, Value } from "./ast.ts";
import { isBuilt } from "./built.ts";
import { canCompare, isComparable, typeOfKind, typeOfValue } from "./value-type.ts";
import type { ValueType } from "./value-type.ts";

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

export function isExpression(input: unknown): input is AnyExpression {
  return isColumn(input) || isColumnRef(input) || isAggregate(input);
}

function isColumnRef(input: unknown): input is ColumnRef {
  return isBuilt(input) && Object.hasOwn(input, "reference");
}

function isAggregate(input: unknown): input is Aggregate {
  return isBuilt(input) && Object.hasOwn(input, "aggregate");
}

/** The operand that an expression stands for. */
export function expressionOperand(expression: AnyExpression): ColumnOperand | AggregateOperand {
  return isAggregate(expression) ? expression.aggregate : columnOperand(expression);
}

export function columnOperand(column: AnyColumn | ColumnRef): ColumnOperand {
  if (isColumnRef(column)) return column.reference;
  if (!isColumn(column)) {
    throw new PlasmaDefinitionError(
      `This place takes a column of a table, but was given ${describeValue(column)}.`,
    );
  }
  if (column.name === "") {
    throw new PlasmaDefinitionError(
      "This column belongs to no table. Use it as a property of one: todos.title.",
    );
  }
  return { kind: "column", alias: column.alias, column: column.name };
}

export function operand(input: unknown): Operand {
  return isExpression(input)
    ? expressionOperand(input)
    : { kind: "value", value: comparableValue(input) };
}

/** The input as a value of the query, copied where it could be changed in place. */
export function comparableValue(input: unknown): Value {
  switch (typeof input) {
    case "string": {
      const problem = textProblem(input);
      if (problem === undefined) return input;
      throw new PlasmaDefinitionError(`Text in a query ${problem}.`);
    }
    case "boolean":
      return input;
    case "bigint":
      if (input >= INT64_MIN && input <= INT64_MAX) return input;
      break;
    case "number":
      if (Number.isFinite(input)) return input + 0;
      break;
    case "object":
      if (input === null) return input;
      if (input instanceof Uint8Array) return new Uint8Array(input);
      if (input instanceof Date && Number.isSafeInteger(input.getTime())) {
        return new Date(input.getTime());
      }
      break;
  }
  throw new PlasmaDefinitionError(
    `A query cannot compare with ${describeValue(input)}. Give a string, finite number, bigint of 64 bits, boolean, valid Date, Uint8Array, null or a column.`,
  );
}

/** Throws `type-mismatch` unless the two sides of a comparison can be compared, as far as it shows here. */
export function requireComparable(left: unknown, right: unknown): void {
  const leftType = comparableType(left);
  const rightType = comparableType(right);
  if (canCompare(leftType, rightType)) return;
  throw new PlasmaError(
    "type-mismatch",
    `${describeSide(left)} cannot be compared with ${describeSide(right)}.${adviceFor(leftType ?? rightType)}`,
  );
}

/** Throws `type-mismatch` unless values of this expression have an order. */
export function requireOrdered<E extends AnyExpression>(expression: E): E {
  comparableType(expression);
  return expression;
}

/** Throws `type-mismatch` unless this is text, as far as it shows here. */
export function requireText(side: unknown): void {
  const type = comparableType(side);
  if (type === "text" || type === null) return;
  throw new PlasmaError(
    "type-mismatch",
    `${describeSide(side)} is not text: like() and ilike() look at text only.`,
  );
}

/** Null for the value null, which fits every type, and for what only the analysis of the whole query can tell. */
function comparableType(side: unknown): ValueType | null {
  if (isColumn(side)) {
    const type = typeOfKind(side.kind);
    if (isComparable(type)) return type;
    throw new PlasmaError(
      "type-mismatch",
      `${describeSide(side)} cannot be compared or ordered: keep what queries look at in a column of its own.`,
    );
  }
  return isExpression(side) ? null : typeOfValue(comparableValue(side));
}

/** What goes with a type, in the words of whoever writes the query. */
const VALUES: Readonly<Record<Exclude<ValueType, "json">, string>> = {
  text: "a string",
  int: "a number",
  bigint: "a bigint, such as 5n",
  real: "a number",
  boolean: "true or false",
  timestamp: "a Date",
  blob: "a Uint8Array",
};

function adviceFor(type: ValueType | null): string {
  if (type === null || type === "json") return "";
  return ` Compare it with ${VALUES[type]}, or a column of that type.`;
}

function describeSide(side: unknown): string {
  if (isColumn(side)) return `"${side.table}.${side.name}" (${side.kind})`;
  if (isExpression(side)) {
    const target = expressionOperand(side);
    return target.kind === "column" ? `"${target.alias}.${target.column}"` : `${target.fn}()`;
  }
  return describeValue(side);
}
