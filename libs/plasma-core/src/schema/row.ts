/**
 * Rows at the boundary: every row that enters the engine is made here, and nothing else makes rows.
 *
 * 1. Each value was checked and copied (`value.ts`), in the order of the table's columns.
 * 2. Rows are frozen: the same row is shared by storage, overlays, live queries and components, so whoever wants a
 *    different one makes a new one.
 */

import { PlasmaValidationError } from "../errors.ts";
import type { AnyColumn } from "./column.ts";
import type { Row, TableInfo } from "./table.ts";
import { utf8Length } from "./text-check.ts";
import { checkValue, describeValue } from "./value.ts";

/** The largest row, in bytes: D1 keeps rows of up to 2,000,000, and the change log needs a little for itself. */
export const MAX_ROW_SIZE = 1_900_000;

/**
 * The most text and bytes that one index holds of a row, unique columns being indexes as well: Postgres takes entries
 * of up to 2,704 bytes, all columns and some bookkeeping included.
 */
export const MAX_INDEX_ENTRY_SIZE = 2_000;

/** A complete row from what an insert gave: defaults filled in, nullable columns null, every value checked. */
export function completeRow(table: TableInfo, values: Row): Row {
  refuseUnknownColumns(table, values);
  const row: Row = {};
  for (const name of table.columnNames) {
    const column = table.columns[name] as AnyColumn;
    let value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) {
      if (column.hasDefault) value = column.defaultValue;
      else if (column.isNullable) value = null;
      else {
        throw new PlasmaValidationError(
          `"${table.name}.${name}" is missing. Give it a value, or a .default().`,
        );
      }
    }
    row[name] = checkValue(column, value);
  }
  return finishRow(table, row);
}

/** The row after a patch, checked. The id cannot change; a column whose patch is `undefined` stays as it is. */
export function patchRow(table: TableInfo, row: Row, patch: Row): Row {
  const next: Row = { ...row };
  for (const [name, value] of Object.entries(checkPatch(table, patch))) {
    if (name === "id" && value !== row["id"]) {
      throw new PlasmaValidationError(
        `The id of a row of "${table.name}" cannot change. Delete the row and insert a new one.`,
      );
    }
    next[name] = value;
  }
  return finishRow(table, next);
}

/** The values that a patch sets, checked: also when it will meet no row. */
export function checkPatch(table: TableInfo, patch: Row): Row {
  refuseUnknownColumns(table, patch);
  const checked: Row = {};
  for (const [name, value] of Object.entries(patch)) {
    if (value !== undefined) checked[name] = checkValue(table.columns[name] as AnyColumn, value);
  }
  return checked;
}

function refuseUnknownColumns(table: TableInfo, values: unknown): void {
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw new PlasmaValidationError(
      `A row of "${table.name}" must be an object, but it was given ${describeValue(values)}.`,
    );
  }
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(table.columns, name)) {
      throw new PlasmaValidationError(
        `Table "${table.name}" has no column "${name}". It has: ${table.columnNames.join(", ")}.`,
      );
    }
  }
}

function finishRow(table: TableInfo, row: Row): Row {
  let size = 0;
  for (const name of table.columnNames) size += cellSize(row[name]);
  if (size > MAX_ROW_SIZE) {
    throw new PlasmaValidationError(
      `A row of "${table.name}" must be at most ${MAX_ROW_SIZE} bytes. Keep large things in files, or split the row.`,
    );
  }
  // Small as most rows are, no index can hold too much of one.
  if (size > MAX_INDEX_ENTRY_SIZE) checkIndexEntries(table, row);
  return Object.freeze(row);
}

function checkIndexEntries(table: TableInfo, row: Row): void {
  const unique = table.columnNames.filter((name) => table.columns[name]?.isUnique);
  for (const columns of [...unique.map((name) => [name]), ...(table.options.indexes ?? [])]) {
    const size = columns.reduce((sum, name) => sum + cellSize(row[name]), 0);
    if (size <= MAX_INDEX_ENTRY_SIZE) continue;
    const names = columns.map((name) => `"${table.name}.${name}"`).join(" and ");
    throw new PlasmaValidationError(
      `${names} must be at most ${MAX_INDEX_ENTRY_SIZE} bytes${columns.length > 1 ? " together" : ""}, because an index holds them. Shorten the value, or take the column out of the index.`,
      { details: { table: table.name, columns } },
    );
  }
}

function cellSize(value: unknown): number {
  if (typeof value === "string") return utf8Length(value);
  if (value instanceof Uint8Array) return value.byteLength;
  if (value === null || typeof value !== "object" || value instanceof Date) return 8;
  return utf8Length(JSON.stringify(value));
}
