/** Comparing values: the one definition of order and equality that every engine follows. */

import { PlasmaError } from "../errors.ts";
import type { Value } from "./ast.ts";

/** −1, 0 or 1 for two values that are not null; a typed error for values of different kinds. */
export function compareValues(left: NonNullable<Value>, right: NonNullable<Value>): number {
  if (typeof left === "string" && typeof right === "string") return compareText(left, right);
  if (isNumeric(left) && isNumeric(right)) return left < right ? -1 : left > right ? 1 : 0;
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  if (left instanceof Date && right instanceof Date)
    return Math.sign(left.getTime() - right.getTime());
  if (left instanceof Uint8Array && right instanceof Uint8Array) return compareBytes(left, right);
  throw new PlasmaError(
    "type-mismatch",
    `A ${kindOf(left)} cannot be compared with a ${kindOf(right)}.`,
  );
}

/** The order of a sort: null first, then by value. */
export function compareForSort(left: Value, right: Value): number {
  if (left === null) return right === null ? 0 : -1;
  if (right === null) return 1;
  return compareValues(left, right);
}

/**
 * By code point, as SQLite and Postgres (collation "C") compare. JavaScript's `<` compares UTF-16 units,
 * which puts characters beyond U+FFFF before U+E000 to U+FFFF.
 */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a === b) continue;
    const aIsSurrogate = a >= 0xd800 && a <= 0xdfff;
    const bIsSurrogate = b >= 0xd800 && b <= 0xdfff;
    if (aIsSurrogate !== bIsSurrogate) return aIsSurrogate ? 1 : -1;
    return a < b ? -1 : 1;
  }
  return left.length < right.length ? -1 : 1;
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const difference = (left[at] as number) - (right[at] as number);
    if (difference !== 0) return Math.sign(difference);
  }
  return Math.sign(left.length - right.length);
}

function isNumeric(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function kindOf(value: Value): string {
  if (value instanceof Date) return "date";
  if (value instanceof Uint8Array) return "blob";
  return typeof value;
}

/** Text that is equal for two values exactly when the values are. For maps and sets of values. */
export function valueKey(value: Value): string {
  if (value === null) return "null";
  if (value instanceof Date) return `t${value.getTime()}`;
  if (value instanceof Uint8Array)
    return `x${Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  switch (typeof value) {
    case "string":
      return `s${value}`;
    case "boolean":
      return value ? "true" : "false";
    default:
      // An int and a bigint of the same value are equal. −0 prints as 0.
      return `n${value}`;
  }
}
