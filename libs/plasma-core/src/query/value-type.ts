/** The types of values in queries, and which of them can be compared: asked when a query is built and when it is analysed. */

import type { ColumnKind } from "../schema/column.ts";
import type { Value } from "./ast.ts";

export type ValueType =
  "text" | "int" | "bigint" | "real" | "boolean" | "timestamp" | "blob" | "json";

export function typeOfKind(kind: ColumnKind): ValueType {
  return kind === "id" || kind === "ref" ? "text" : kind;
}

/** The type of a value in a query; null fits every type. */
export function typeOfValue(value: Value): ValueType | null {
  if (value === null) return null;
  if (value instanceof Date) return "timestamp";
  if (value instanceof Uint8Array) return "blob";
  switch (typeof value) {
    case "string":
      return "text";
    case "boolean":
      return "boolean";
    case "bigint":
      return "bigint";
    default:
      return Number.isSafeInteger(value) ? "int" : "real";
  }
}

/** JSON documents have neither equality nor order. */
export function isComparable(type: ValueType): boolean {
  return type !== "json";
}

/**
 * Equal types, and of the numbers int with int, real and bigint; real does not go with bigint, because not every
 * engine compares the two exactly.
 */
export function canCompare(left: ValueType | null, right: ValueType | null): boolean {
  if (left === null || right === null) return true;
  if (left === right) return isComparable(left);
  const pair = [left, right];
  return pair.includes("int") && (pair.includes("real") || pair.includes("bigint"));
}
