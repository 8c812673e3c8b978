/**
 * Rows of local-only tables as they come out of storage, for the schema of today.
 *
 * Nobody can bring them again, so a row of another shape is fitted: columns that are gone are left out, new ones get
 * their default or null. One that still does not fit stays in storage and is not shown; a later version may know it.
 */

import { completeRow, isLocalOnly, PlasmaError } from "@sh1n4ps/plasma-core";
import type { Row, Schema, TableInfo } from "@sh1n4ps/plasma-core";

export interface StoredRow {
  readonly table: string;
  readonly id: string;
  readonly row: Row;
}

export interface FittedRows {
  readonly rows: readonly StoredRow[];
  readonly unfit: readonly { readonly table: string; readonly id: string }[];
}

export function fitLocalRows(schema: Schema, stored: readonly StoredRow[]): FittedRows {
  const rows: StoredRow[] = [];
  const unfit: { table: string; id: string }[] = [];
  for (const { table: name, id, row } of stored) {
    const table = schema.byName.get(name);
    // An older version's table, or one that is synced now.
    if (!table || !isLocalOnly(table)) continue;
    const fitted = fit(table, row);
    if (fitted) rows.push({ table: name, id, row: fitted });
    else unfit.push({ table: name, id });
  }
  return { rows, unfit };
}

function fit(table: TableInfo, row: Row): Row | null {
  const known = table.columnNames.filter((column) => Object.hasOwn(row, column));
  try {
    return completeRow(table, Object.fromEntries(known.map((column) => [column, row[column]])));
  } catch (error) {
    if (error instanceof PlasmaError) return null;
    throw error;
  }
}
