/**
 * What an insert brings about: new rows and, with `onConflictDoUpdate`, changes of rows that are there.
 *
 * 1. A row is in conflict when its id or a unique value is taken: by a row that was there before the insert, or by an
 *    earlier row of the same insert.
 * 2. A conflict is an error; with `onConflictDoNothing` the row is left out.
 * 3. With `onConflictDoUpdate` the row that has the same value in one of the target's columns is changed instead. It
 *    must be a single row that was there before, that the person may read and write, and that no other row of the
 *    insert has met. Otherwise the conflict is the same error as without.
 */

import { PlasmaAuthorizationError } from "../errors.ts";
import type { Value } from "../query/ast.ts";
import { valueKey } from "../query/compare.ts";
import type { InsertAst, OnConflict } from "../query/write-ast.ts";
import { checkPatch, completeRow, patchRow } from "../schema/row.ts";
import type { Row, TableInfo } from "../schema/table.ts";
import { taken, uniqueColumns } from "./unique.ts";
import { readableOf } from "./write-store.ts";
import type { RowChange, WriteStore } from "./write-store.ts";

export async function planInsert(
  table: TableInfo,
  store: WriteStore,
  { rows, onConflict }: InsertAst,
): Promise<readonly RowChange[]> {
  if (onConflict?.kind === "update") checkPatch(table, onConflict.set);
  const wanted = rows.map((values) => completeRow(table, values));
  const read = onConflict ? store.rowsWith : (store.takenBy ?? store.rowsWith);
  const holders = await holdersOf(table, wanted, (column, values) =>
    read.call(store, table.name, column, values),
  );
  const changes = new Map<string, RowChange>();
  const met: Row[] = [];
  for (const row of wanted) {
    const id = row["id"] as string;
    if (!holders.some((column) => column.has(row))) {
      changes.set(id, { table: table.name, id, before: null, after: row });
      for (const column of holders) column.add(row);
      continue;
    }
    switch (onConflict?.kind) {
      case undefined:
        throw taken(table);
      case "nothing":
        continue;
      case "update": {
        const before = rowToChange(row, onConflict, holders);
        const key = before?.["id"] as string;
        if (!before || changes.has(key)) throw taken(table);
        changes.set(key, {
          table: table.name,
          id: key,
          before,
          after: patchRow(table, before, onConflict.set),
        });
        met.push(before);
      }
    }
  }
  await requireOwn(table, store, met);
  return [...changes.values()];
}

/** The rows that have the values of one unique column. */
interface Holders {
  readonly column: string;
  has(row: Row): boolean;
  of(row: Row): readonly Row[];
  add(row: Row): void;
}

async function holdersOf(
  table: TableInfo,
  wanted: readonly Row[],
  read: (column: string, values: readonly NonNullable<Value>[]) => Promise<Row[]>,
): Promise<readonly Holders[]> {
  const columns: Holders[] = [];
  for (const column of uniqueColumns(table)) {
    const values = wanted.map((row) => row[column] as Value).filter((value) => value !== null);
    const byValue = new Map<string, Row[]>();
    const of = (row: Row): readonly Row[] =>
      row[column] === null ? [] : (byValue.get(valueKey(row[column] as Value)) ?? []);
    const add = (row: Row) => {
      if (row[column] !== null) byValue.set(valueKey(row[column] as Value), [...of(row), row]);
    };
    if (values.length > 0) (await read(column, values)).forEach(add);
    columns.push({ column, of, add, has: (row) => of(row).length > 0 });
  }
  return columns;
}

/** Undefined when the target's columns name no row, or more than one. */
function rowToChange(
  row: Row,
  { target }: Extract<OnConflict, { kind: "update" }>,
  holders: readonly Holders[],
): Row | undefined {
  const found = new Map<unknown, Row>();
  for (const { column, of } of holders) {
    if (!target.includes(column)) continue;
    for (const holder of of(row)) found.set(holder["id"], holder);
  }
  return found.size === 1 ? [...found.values()][0] : undefined;
}

/** Throws `conflict` unless the person may read and write these rows as they are. */
async function requireOwn(
  table: TableInfo,
  store: WriteStore,
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  const ids = rows.map((row) => row["id"] as string);
  const seen = await readableOf(store, table, ids);
  if (seen.length < rows.length) throw taken(table);
  try {
    await store.authorize(
      table,
      rows.map((before) => ({
        table: table.name,
        id: before["id"] as string,
        before,
        after: null,
      })),
    );
  } catch (error) {
    if (error instanceof PlasmaAuthorizationError) throw taken(table);
    throw error;
  }
}
