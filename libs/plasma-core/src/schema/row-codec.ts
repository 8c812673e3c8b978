/**
 * Rows as JSON: the form in which rows cross the wire and enter SQL in bulk.
 *
 * timestamp ↔ integer milliseconds · bigint ↔ decimal string · blob ↔ base64 · all else as it is.
 * Decoding checks every value, so a row from outside is either right or refused with a typed error.
 */

import { PlasmaValidationError } from "../errors.ts";
import type { AnyColumn, Json } from "./column.ts";
import type { Row, TableInfo } from "./table.ts";
import { checkValue } from "./value.ts";

// Both exist in browsers, workers and Node; core is compiled without the types of any of them.
declare function btoa(binary: string): string;
declare function atob(encoded: string): string;

/** A decimal as `BigInt.prototype.toString` writes it, with up to the 19 digits of 64 bits. */
export const DECIMAL = /^(?:0|-?[1-9]\d{0,18})$/;

export type JsonRow = Readonly<Record<string, Json>>;

export function encodeRow(table: TableInfo, row: Row): JsonRow {
  const encoded: Record<string, Json> = {};
  for (const name of table.columnNames) {
    encoded[name] = encodeCell(table.columns[name] as AnyColumn, row[name]);
  }
  return encoded;
}

export function decodeRow(table: TableInfo, encoded: unknown): Row {
  if (typeof encoded !== "object" || encoded === null || Array.isArray(encoded)) {
    throw new PlasmaValidationError(`A row of "${table.name}" must be an object.`);
  }
  const row: Row = {};
  for (const name of table.columnNames) {
    const column = table.columns[name] as AnyColumn;
    const cell: unknown = Object.hasOwn(encoded, name)
      ? (encoded as Record<string, unknown>)[name]
      : null;
    row[name] = checkValue(column, decodeCell(column, cell));
  }
  return Object.freeze(row);
}

export function encodeCell(column: AnyColumn, value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.getTime();
  if (typeof value === "bigint") return value.toString();
  if (column.kind === "blob") return toBase64(value as Uint8Array);
  return value as Json;
}

export function decodeCell(column: AnyColumn, cell: unknown): unknown {
  if (cell === null) return null;
  switch (column.kind) {
    case "timestamp":
      // `new Date(1.5)` would drop the half millisecond without a word.
      return Number.isSafeInteger(cell) ? new Date(cell as number) : cell;
    case "bigint":
      return typeof cell === "string" && DECIMAL.test(cell) ? BigInt(cell) : cell;
    case "blob":
      return typeof cell === "string" ? fromBase64(cell) : cell;
    default:
      return cell;
  }
}

export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  // In slices, because the arguments of one call are limited.
  for (let at = 0; at < bytes.length; at += 8192)
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

export function fromBase64(encoded: string): Uint8Array {
  let binary: string;
  try {
    // `atob` itself steps over blanks and does without padding.
    if (encoded.length % 4 !== 0 || /[^A-Za-z0-9+/=]/.test(encoded))
      throw new Error("not padded base64");
    binary = atob(encoded);
  } catch (cause) {
    throw new PlasmaValidationError("A blob is not valid base64.", { cause });
  }
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
