/**
 * Values at the boundary: what a column accepts, and the form in which the engine keeps it.
 *
 * A value that one of the engines would change silently (NaN, lone surrogates, NUL, unsafe integers) is refused, so
 * that a row means the same in the browser, in SQLite and in Postgres. What can be changed in place (dates, bytes,
 * JSON) is copied, so that a stored row shares nothing with whoever gave it.
 */

import { PlasmaValidationError } from "../errors.ts";
import type { AnyColumn } from "./column.ts";
import { copyJson } from "./json-document.ts";
import { isLongerThan, textProblem } from "./text-check.ts";

/** The largest text, blob or JSON document in one cell, in bytes of UTF-8. */
export const MAX_CELL_SIZE = 1_000_000;
export const INT64_MIN = -(2n ** 63n);
export const INT64_MAX = 2n ** 63n - 1n;

const MAX_ID_LENGTH = 128;

/** The value as it will be stored, or a `PlasmaValidationError` that names the column. */
export function checkValue(column: AnyColumn, value: unknown): unknown {
  if (value === null) {
    if (column.isNullable) return null;
    throw invalid(column, "is not nullable", value);
  }
  switch (column.kind) {
    case "id":
    case "ref":
      if (typeof value !== "string" || value.length === 0 || value.length > MAX_ID_LENGTH) {
        throw invalid(column, `must be an id: text of 1 to ${MAX_ID_LENGTH} characters`, value);
      }
      return checkText(column, value);
    case "text":
      if (typeof value !== "string") throw invalid(column, "must be a string", value);
      if (column.enumValues && !column.enumValues.includes(value)) {
        throw invalid(column, `must be one of: ${column.enumValues.join(", ")}`, value);
      }
      return checkText(column, value);
    case "int":
      if (typeof value !== "number" || !Number.isSafeInteger(value)) {
        throw invalid(column, "must be a safe integer", value);
      }
      return value + 0; // −0 becomes 0: databases do not keep the sign
    case "real":
      if (typeof value !== "number" || !Number.isFinite(value)) {
        throw invalid(column, "must be a finite number", value);
      }
      return value + 0;
    case "bigint":
      if (typeof value !== "bigint" || value < INT64_MIN || value > INT64_MAX) {
        throw invalid(column, "must be a bigint of 64 bits", value);
      }
      return value;
    case "boolean":
      if (typeof value !== "boolean") throw invalid(column, "must be true or false", value);
      return value;
    case "timestamp":
      if (!(value instanceof Date) || !Number.isSafeInteger(value.getTime())) {
        throw invalid(column, "must be a valid Date", value);
      }
      return new Date(value.getTime());
    case "blob":
      if (!(value instanceof Uint8Array)) throw invalid(column, "must be a Uint8Array", value);
      if (value.byteLength > MAX_CELL_SIZE) {
        throw invalid(column, `must be at most ${MAX_CELL_SIZE} bytes`, value);
      }
      // Not `slice()`: that of a Node Buffer shares its memory.
      return new Uint8Array(value);
    case "json":
      return copyJson(value, MAX_CELL_SIZE, (rule, part) => {
        throw invalid(column, rule, part);
      });
  }
}

function checkText(column: AnyColumn, value: string): string {
  if (isLongerThan(value, MAX_CELL_SIZE)) {
    throw invalid(column, `must be at most ${MAX_CELL_SIZE} bytes`, value);
  }
  const problem = textProblem(value);
  if (problem !== undefined) throw invalid(column, problem, value);
  return value;
}

function invalid(column: AnyColumn, rule: string, value: unknown): PlasmaValidationError {
  return new PlasmaValidationError(
    `"${column.table}.${column.name}" ${rule}, but it was given ${describeValue(value)}.`,
    { details: { table: column.table, column: column.name } },
  );
}

/** A value for an error message: what people wrote is not repeated, since messages are stored, sent and logged. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value.length === 1 ? "text of 1 character" : `text of ${value.length} characters`;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return `${value}n`;
    case "boolean":
    case "undefined":
      return String(value);
    case "symbol":
    case "function":
      return `a ${typeof value}`;
    case "object":
      return describeObject(value);
  }
}

function describeObject(value: object | null): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid Date" : "a Date";
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  const prototype = Object.getPrototypeOf(value) as { constructor?: unknown } | null;
  const maker = prototype?.constructor;
  if (typeof maker !== "function" || maker === Object) return "an object";
  return `an object of class ${maker.name || "(anonymous)"}`;
}
