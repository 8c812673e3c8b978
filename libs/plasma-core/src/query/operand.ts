/**
 * Operands: what a comparison may have on its sides. Whatever SQL and the evaluator would take in different ways is
 * refused here, when the query is built, so that a query fails on every engine or on none.
 */

import { PlasmaDefinitionError, PlasmaError } from "../errors.ts";
import { isColumn } from "../schema/column.ts";
import type { AnyColumn, ColumnKind } from "../schema/column.ts";
import { textProblem } from "../schema/text-check.ts";
import { describeValue, INT64_MAX, INT64_MIN } from "../schema/value.ts";
import type { ColumnOperand, Operand, Value } from "./ast.ts";

/** Values of one family can be compared with each other. JSON documents belong to none. */
export type ValueFamily = "text" | "number" | "boolean" | "date" | "bytes";

export function columnOperand(column: AnyColumn): ColumnOperand {
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
  return isColumn(input) ? columnOperand(input) : { kind: "value", value: comparableValue(input) };
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

/** Throws `type-mismatch` unless the two sides of a comparison can be compared. */
export function requireComparable(left: unknown, right: unknown): void {
  const leftFamily = familyOf(left);
  const rightFamily = familyOf(right);
  if (leftFamily === null || rightFamily === null || leftFamily === rightFamily) return;
  throw new PlasmaError(
    "type-mismatch",
    `${describeSide(left)} cannot be compared with ${describeSide(right)}.`,
  );
}

/** Throws `type-mismatch` unless values of this column have an order. */
export function requireOrdered(column: AnyColumn): AnyColumn {
  familyOf(column);
  return column;
}

/** Throws `type-mismatch` unless this is a column of text. */
export function requireText(column: unknown): void {
  if (familyOf(column) === "text") return;
  throw new PlasmaError("type-mismatch", `${describeSide(column)} is not text: like() needs text.`);
}

/** Null belongs to every family. */
function familyOf(side: unknown): ValueFamily | null {
  if (isColumn(side)) {
    const family = FAMILY_OF_KIND[side.kind];
    if (family !== undefined) return family;
    throw new PlasmaError(
      "type-mismatch",
      `${describeSide(side)} cannot be compared or ordered: keep what queries look at in a column of its own.`,
    );
  }
  const value = comparableValue(side);
  if (value === null) return null;
  if (value instanceof Date) return "date";
  if (value instanceof Uint8Array) return "bytes";
  switch (typeof value) {
    case "string":
      return "text";
    case "number":
    case "bigint":
      return "number";
    case "boolean":
      return "boolean";
  }
}

const FAMILY_OF_KIND: Readonly<Record<ColumnKind, ValueFamily | undefined>> = {
  id: "text",
  ref: "text",
  text: "text",
  int: "number",
  bigint: "number",
  real: "number",
  boolean: "boolean",
  timestamp: "date",
  blob: "bytes",
  json: undefined,
};

function describeSide(side: unknown): string {
  return isColumn(side) ? `"${side.table}.${side.name}" (${side.kind})` : describeValue(side);
}
