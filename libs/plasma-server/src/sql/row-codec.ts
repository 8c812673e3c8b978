/** Rows out of SQL: what is selected, and how a driver's row becomes a row. */

import { checkValue, PlasmaError } from "@sh1n4ps/plasma-core";
import type { AnyColumn, ColumnKind, Row, TableInfo } from "@sh1n4ps/plasma-core";
import type { SqlDialect } from "./dialect.ts";
import type { SqlRow } from "./executor.ts";
import { columnOf, join, name, sql } from "./fragment.ts";
import type { SqlFragment } from "./fragment.ts";

/** The columns of a row for reading, under their names. */
export function readColumns(table: TableInfo, alias: string, dialect: SqlDialect): SqlFragment {
  return join(
    table.columnNames.map((column) => {
      const value = dialect.read(columnOf(alias, column), kindOf(table, column));
      return sql`${value} AS ${name(column)}`;
    }),
  );
}

/** A row as a driver gave it, as a row. Stored values are trusted: they were checked on their way in. */
export function rowFromSql(table: TableInfo, stored: SqlRow): Row {
  const row: Row = {};
  for (const column of table.columnNames) {
    row[column] = cellFromSql(stored[column], kindOf(table, column));
  }
  return row;
}

/** A stored row that does not fit the schema, as only other SQL can write it: which, and by which column. */
export interface Misfit {
  readonly id: string;
  readonly column: string;
}

export type CheckedRow =
  | { readonly kind: "row"; readonly row: Row }
  | { readonly kind: "misfit"; readonly misfit: Misfit };

/** The row, checked as if it came from outside; or what is wrong with it. Its values are told to nobody. */
export function checkedRowFromSql(table: TableInfo, stored: SqlRow): CheckedRow {
  const row: Row = {};
  for (const column of table.columnNames) {
    const value = stored[column];
    const kind = kindOf(table, column);
    try {
      if (kind === "boolean" && !isBoolean(value)) throw new RangeError("It is neither 0 nor 1.");
      row[column] = checkValue(table.columns[column] as AnyColumn, cellFromSql(value, kind));
    } catch {
      return { kind: "misfit", misfit: { id: String(stored["id"]), column } };
    }
  }
  return { kind: "row", row: Object.freeze(row) };
}

function isBoolean(value: unknown): boolean {
  return [null, undefined, 0, 1, true, false].includes(value as null);
}

/** Drivers differ in what they give for a boolean (0, 1, false, true), and in the class of bytes; dialects in numbers. */
export function cellFromSql(value: unknown, kind: ColumnKind): unknown {
  if (value === null || value === undefined) return null;
  switch (kind) {
    case "id":
    case "ref":
    case "text":
      return value;
    case "int":
      return wholeNumber(value);
    case "real":
      return typeof value === "string" && EIGHT_BYTES.test(value) ? doubleFromHex(value) : value;
    case "bigint":
      return BigInt(value as string);
    case "boolean":
      return value !== 0 && value !== false;
    case "timestamp":
      return new Date(wholeNumber(value) as number);
    case "blob":
      // D1 gives a list of numbers, better-sqlite3 a Buffer that may share its memory with others.
      return Uint8Array.from(value as ArrayLike<number>);
    case "json":
      return parsed(value as string);
  }
}

// Other text is what other SQL wrote into such a column on SQLite, which is no number.
const WHOLE = /^-?\d+$/;
const EIGHT_BYTES = /^[0-9a-f]{16}$/;

function wholeNumber(value: unknown): unknown {
  return typeof value === "string" && WHOLE.test(value) ? Number(value) : value;
}

/** A double as its bytes, the highest first. */
function doubleFromHex(hex: string): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${hex}`));
  return view.getFloat64(0);
}

/** Only other SQL can have written what is not JSON. Its values are told to nobody. */
function parsed(document: string): unknown {
  try {
    return JSON.parse(document);
  } catch {
    throw new PlasmaError(
      "invalid-rows",
      "A stored document is not JSON, so its row cannot be read. Something other than plasma wrote it: repair it.",
    );
  }
}

export function columnNames(table: TableInfo): SqlFragment {
  return join(table.columnNames.map(name));
}

export function kindOf(table: TableInfo, column: string): ColumnKind {
  return (table.columns[column] as AnyColumn).kind;
}
