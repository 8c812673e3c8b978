/**
 * Rows into SQL, in bulk: a SELECT that gives them, each column under its name and with its type.
 *
 * They travel as JSON lists of lists, so that any number of them takes one parameter. Where parameters have a greatest
 * size (D1: 2 MB), there are several lists, and the large cells of a row that does not fit into one are bound by
 * themselves: in JSON, bytes take twice their size, and some text six times.
 */

import type { Row, TableInfo } from "@sh1n4ps/plasma-core";
import type { SqlDialect } from "./dialect.ts";
import { join, name, sql } from "./fragment.ts";
import type { SqlFragment } from "./fragment.ts";
import { kindOf } from "./row-codec.ts";

/** In a row that is too large as a whole, cells from this size on are bound by themselves. */
const LARGE_CELL = 50_000;

/** A row's cells as JSON, by column, and how many bytes they take at most. */
interface EncodedRow {
  readonly row: Row;
  readonly cells: readonly string[];
  readonly size: number;
}

export function selectRows(
  table: TableInfo,
  rows: readonly Row[],
  dialect: SqlDialect,
): SqlFragment {
  const limit = dialect.parameterLimit?.bytes ?? Infinity;
  const all = JSON.stringify(rows.map((row) => slotsOf(table, row, dialect)));
  if (3 * all.length <= limit) return selectJson(table, all, dialect);
  const lists: EncodedRow[][] = [];
  let size = 0;
  for (const encoded of rows.map((row) => encode(table, row, dialect))) {
    size += encoded.size;
    if (lists.length === 0 || size > limit) {
      lists.push([]);
      size = encoded.size;
    }
    lists.at(-1)!.push(encoded);
  }
  return union(lists.map((list) => selectList(table, list, dialect)));
}

function slotsOf(table: TableInfo, row: Row, dialect: SqlDialect): unknown[] {
  const slots: unknown[] = [];
  for (const column of table.columnNames) {
    for (const slot of dialect.encodeCell(row[column], kindOf(table, column))) slots.push(slot);
  }
  return slots;
}

function selectJson(table: TableInfo, json: string, dialect: SqlDialect): SqlFragment {
  let slot = 0;
  const columns = table.columnNames.map((column) => {
    const kind = kindOf(table, column);
    const at = slot;
    slot += dialect.cellWidth(kind);
    return sql`${dialect.cell(at, kind)} AS ${name(column)}`;
  });
  return sql`SELECT ${join(columns)} FROM ${dialect.jsonRows(json)}`;
}

function encode(table: TableInfo, row: Row, dialect: SqlDialect): EncodedRow {
  const cells = table.columnNames.map((column) => {
    const slots = dialect.encodeCell(row[column], kindOf(table, column));
    return slots.map((slot) => JSON.stringify(slot)).join();
  });
  return { row, cells, size: 3 * cells.reduce((total, cell) => total + cell.length + 1, 3) };
}

function selectList(
  table: TableInfo,
  list: readonly EncodedRow[],
  dialect: SqlDialect,
): SqlFragment {
  const [first] = list;
  const { parameterLimit } = dialect;
  const tooLarge = first && parameterLimit && first.size > parameterLimit.bytes;
  const apart = tooLarge ? largeCells(table, first) : new Set();
  let slot = 0;
  const columns = table.columnNames.map((column) => {
    const kind = kindOf(table, column);
    const at = slot;
    slot += dialect.cellWidth(kind);
    const cell =
      tooLarge && apart.has(column)
        ? parameterLimit.largeCell(first.row[column], kind)
        : dialect.cell(at, kind);
    return sql`${cell} AS ${name(column)}`;
  });
  const empty = table.columnNames.map((column) =>
    Array.from({ length: dialect.cellWidth(kindOf(table, column)) }, () => "null").join(),
  );
  const items = list.map(({ cells }) => {
    const kept = cells.map((cell, at) => (apart.has(table.columnNames[at]) ? empty[at] : cell));
    return `[${kept.join()}]`;
  });
  return sql`SELECT ${join(columns)} FROM ${dialect.jsonRows(`[${items.join()}]`)}`;
}

function largeCells(table: TableInfo, { cells }: EncodedRow): ReadonlySet<unknown> {
  return new Set(table.columnNames.filter((_, at) => cells[at]!.length >= LARGE_CELL));
}

/** As a tree: D1 takes five terms in a row. */
function union(parts: readonly SqlFragment[]): SqlFragment {
  if (parts.length === 1) return parts[0]!;
  const half = parts.length >> 1;
  const left = union(parts.slice(0, half));
  const right = union(parts.slice(half));
  return sql`SELECT * FROM (${left}) AS "@left" UNION ALL SELECT * FROM (${right}) AS "@right"`;
}
