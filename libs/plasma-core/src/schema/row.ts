/**
 * Rows at the boundary: every row that enters the engine is checked here, and nothing else checks rows.
 *
 * A value that one of the engines would change silently (NaN, lone surrogates, NUL, unsafe integers)
 * is refused, so that a row means the same in the browser, in SQLite and in Postgres.
 */

import { PlasmaValidationError } from "../errors.ts";
import type { AnyColumn } from "./column.ts";
import type { Row, TableInfo } from "./table.ts";

/** The largest text, blob or JSON document in one cell, in UTF-16 units or bytes. D1 takes rows of 2 MB. */
export const MAX_CELL_SIZE = 1_000_000;
export const MAX_JSON_DEPTH = 64;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** A complete row from what an insert gave: defaults filled in, nullable columns null, every value checked. */
export function completeRow(table: TableInfo, values: Row): Row {
  refuseUnknownColumns(table, values);
  const row: Row = {};
  for (const name of table.columnNames) {
    const column = table.columns[name] as AnyColumn;
    let value = values[name];
    if (value === undefined) {
      if (column.hasDefault) value = column.defaultValue;
      else if (column.isNullable) value = null;
      else
        throw new PlasmaValidationError(
          `"${table.name}.${name}" is missing. Give it a value, or a .default().`,
        );
    }
    row[name] = checkValue(column, value);
  }
  return row;
}

/** The row after a patch, checked. The id cannot change. */
export function patchRow(table: TableInfo, row: Row, patch: Row): Row {
  refuseUnknownColumns(table, patch);
  const next: Row = { ...row };
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (name === "id" && value !== row["id"]) {
      throw new PlasmaValidationError(
        `The id of a row of "${table.name}" cannot change. Delete the row and insert a new one.`,
      );
    }
    next[name] = checkValue(table.columns[name] as AnyColumn, value);
  }
  return next;
}

function refuseUnknownColumns(table: TableInfo, values: Row): void {
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(table.columns, name)) {
      throw new PlasmaValidationError(
        `Table "${table.name}" has no column "${name}". It has: ${table.columnNames.join(", ")}.`,
      );
    }
  }
}

/** The value as it will be stored, or a `PlasmaValidationError` that names the column. */
export function checkValue(column: AnyColumn, value: unknown): unknown {
  if (value === null) {
    if (column.isNullable) return null;
    throw invalid(column, "null", "is not nullable");
  }
  switch (column.kind) {
    case "id":
    case "ref":
      if (typeof value !== "string" || value.length === 0 || value.length > 128) {
        throw invalid(column, value, "must be an id: text of 1 to 128 characters");
      }
      return checkText(column, value);
    case "text": {
      if (typeof value !== "string") throw invalid(column, value, "must be a string");
      if (column.enumValues && !column.enumValues.includes(value)) {
        throw invalid(column, value, `must be one of: ${column.enumValues.join(", ")}`);
      }
      return checkText(column, value);
    }
    case "int":
      if (typeof value !== "number" || !Number.isSafeInteger(value))
        throw invalid(column, value, "must be a safe integer");
      return value + 0; // −0 becomes 0: databases do not keep the sign
    case "real":
      if (typeof value !== "number" || !Number.isFinite(value))
        throw invalid(column, value, "must be a finite number");
      return value + 0;
    case "bigint":
      if (typeof value !== "bigint" || value < INT64_MIN || value > INT64_MAX) {
        throw invalid(column, value, "must be a bigint of 64 bits");
      }
      return value;
    case "boolean":
      if (typeof value !== "boolean") throw invalid(column, value, "must be true or false");
      return value;
    case "timestamp":
      if (!(value instanceof Date) || !Number.isSafeInteger(value.getTime())) {
        throw invalid(column, value, "must be a valid Date");
      }
      return value;
    case "blob":
      if (!(value instanceof Uint8Array)) throw invalid(column, value, "must be a Uint8Array");
      if (value.byteLength > MAX_CELL_SIZE)
        throw invalid(column, value, `must be at most ${MAX_CELL_SIZE} bytes`);
      return value;
    case "json":
      checkJson(column, value);
      return value;
  }
}

function checkText(column: AnyColumn, value: string): string {
  if (value.length > MAX_CELL_SIZE)
    throw invalid(column, "…", `must be at most ${MAX_CELL_SIZE} characters`);
  if (value.includes("\0")) throw invalid(column, "…", "must not contain the NUL character");
  if (!value.isWellFormed())
    throw invalid(column, "…", "must not contain half of a surrogate pair");
  return value;
}

/** Iterative, because a deep document would overflow the stack of a recursive check. */
function checkJson(column: AnyColumn, document: unknown): void {
  const open: { value: unknown; depth: number }[] = [{ value: document, depth: 0 }];
  let size = 0;
  for (let item = open.pop(); item; item = open.pop()) {
    const { value, depth } = item;
    if (depth > MAX_JSON_DEPTH)
      throw invalid(column, "…", `must not be nested more than ${MAX_JSON_DEPTH} deep`);
    if (value === null || typeof value === "boolean") continue;
    if (typeof value === "number") {
      if (!Number.isFinite(value)) throw invalid(column, value, "must hold finite numbers only");
      continue;
    }
    if (typeof value === "string") {
      size += value.length;
      checkText(column, value);
    } else if (Array.isArray(value)) {
      for (const child of value) open.push({ value: child, depth: depth + 1 });
    } else if (typeof value === "object" && isPlainObject(value)) {
      for (const [key, child] of Object.entries(value)) {
        if (key === "__proto__") throw invalid(column, "…", 'must not have a key "__proto__"');
        size += key.length;
        checkText(column, key);
        open.push({ value: child, depth: depth + 1 });
      }
    } else {
      throw invalid(column, value, "must be a JSON document");
    }
    if (size > MAX_CELL_SIZE)
      throw invalid(column, "…", `must be at most ${MAX_CELL_SIZE} characters`);
  }
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function invalid(column: AnyColumn, value: unknown, rule: string): PlasmaValidationError {
  const shown =
    typeof value === "string"
      ? value.slice(0, 40)
      : typeof value === "object"
        ? typeof value
        : String(value);
  return new PlasmaValidationError(
    `"${column.table}.${column.name}" ${rule}, but it was given ${shown}.`,
    {
      details: { table: column.table, column: column.name },
    },
  );
}
