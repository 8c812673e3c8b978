/**
 * What a write means: the one implementation of insert, update, increment and delete, run by the client's replica and
 * by the server's mutation alike. Each side hands in how it reads, authorises and keeps rows.
 *
 * 1. A write is all or nothing: every row is validated and judged, and every consequence known, before the first row
 *    is applied. A mutator that catches the error goes on as if the write had not been tried.
 * 2. A write is judged on the row before and on the row after, against the state just before the write: the rows of
 *    one write justify neither themselves nor each other.
 * 3. The engine follows `onDelete` itself, row by row (`plan-delete.ts`), so that every row touched is known and logged.
 *    Rows changed by a cascade are not judged again: who may delete a row may delete what hangs on it.
 * 4. An update, increment or delete that finds no row changes nothing and is no error. A wrong patch is one even then.
 * 5. An id or unique value that is taken is a conflict, also when the row that has it is out of the person's sight
 *    (`plan-insert.ts`, `unique.ts`).
 * 6. An increment that leaves the range of its column's type is an `overflow`. Null plus anything is null.
 * 7. `returning()` gives what the writer may read right after the write, and of a delete the rows as they were: in the
 *    order of an insert's rows, otherwise by id.
 * 8. Where the store resolves conflicts, rows that were to be updated are decided on anew, and judged once more. An
 *    increment is a merge already, and of a deleted row there is nothing to merge: neither is asked about.
 */

import { PlasmaError, PlasmaValidationError } from "../errors.ts";
import type { IncrementAst, WriteAst } from "../query/write-ast.ts";
import type { WriteOutcome } from "../query/write.ts";
import { checkPatch, patchRow } from "../schema/row.ts";
import { requireColumn, requireTable } from "../schema/schema.ts";
import type { Schema } from "../schema/schema.ts";
import type { Row, TableInfo } from "../schema/table.ts";
import { checkValue, INT64_MAX, INT64_MIN } from "../schema/value.ts";
import { planDelete } from "./plan-delete.ts";
import { planInsert } from "./plan-insert.ts";
import { readableOf, readableRows } from "./write-store.ts";
import type { RowChange, WriteStore } from "./write-store.ts";

/** How many rows one write may insert or find. What a delete takes along does not count. */
export const MAX_WRITE_ROWS = 10_000;

export async function executeWrite(
  schema: Schema,
  store: WriteStore,
  write: WriteAst,
): Promise<WriteOutcome> {
  const table = requireTable(schema, write.table);
  if (write.kind === "insert") refuseTooMany(table, write.rows.length);
  const planned = await planWrite(table, store, write);
  refuseTooMany(table, planned.length);
  await store.authorize(table, planned);
  const isMergeable = write.kind === "insert" || write.kind === "update";
  const changes = isMergeable ? await resolveConflicts(table, store, planned) : planned;
  const all = write.kind === "delete" ? await planDelete(schema, store, changes) : changes;
  for (const change of all) store.apply(change);
  return {
    rowCount: changes.length,
    rows: write.returning ? await writtenRows(table, store, changes) : [],
  };
}

async function planWrite(
  table: TableInfo,
  store: WriteStore,
  write: WriteAst,
): Promise<readonly RowChange[]> {
  switch (write.kind) {
    case "insert":
      return planInsert(table, store, write);
    case "update": {
      checkPatch(table, write.patch);
      const rows = await readableRows(store, table, write.where);
      return rows.map((row) => changeOf(table, row, patchRow(table, row, write.patch)));
    }
    case "increment": {
      const add = adderOf(table, write);
      const rows = await readableRows(store, table, write.where);
      return rows.map((row) =>
        changeOf(table, row, patchRow(table, row, { [write.column]: add(row[write.column]) })),
      );
    }
    case "delete": {
      const rows = await readableRows(store, table, write.where);
      return rows.map((row) => changeOf(table, row, null));
    }
  }
}

async function resolveConflicts(
  table: TableInfo,
  store: WriteStore,
  planned: readonly RowChange[],
): Promise<readonly RowChange[]> {
  if (!store.resolve) return planned;
  const changes = await store.resolve(table, planned);
  const merged = changes.filter((change, at) => change !== planned[at]);
  if (merged.length > 0) await store.authorize(table, merged);
  return changes;
}

function changeOf(table: TableInfo, before: Row, after: Row | null): RowChange {
  return { table: table.name, id: before["id"] as string, before, after };
}

async function writtenRows(
  table: TableInfo,
  store: WriteStore,
  changes: readonly RowChange[],
): Promise<readonly Row[]> {
  const kept = changes.filter(({ after }) => after !== null).map(({ id }) => id);
  const seen = kept.length > 0 ? await readableOf(store, table, kept) : [];
  const byId = new Map(seen.map((row) => [row["id"], row]));
  return changes
    .map(({ id, before, after }) => (after ? byId.get(id) : before))
    .filter((row) => row !== undefined && row !== null);
}

function refuseTooMany(table: TableInfo, count: number): void {
  if (count <= MAX_WRITE_ROWS) return;
  throw new PlasmaError(
    "write-too-large",
    `This write touches ${count} rows of "${table.name}", and one write may touch ${MAX_WRITE_ROWS}. Do it in several mutations.`,
  );
}

function adderOf(table: TableInfo, write: IncrementAst): (value: unknown) => unknown {
  const column = requireColumn(table, write.column);
  const { kind } = column;
  if (kind !== "int" && kind !== "bigint" && kind !== "real") {
    throw new PlasmaError(
      "type-mismatch",
      `increment() adds to columns of type int, bigint and real, but "${table.name}.${column.name}" is ${kind}. Use update() and set().`,
    );
  }
  const delta = checkValue(column, write.delta);
  if (delta === null) {
    throw new PlasmaValidationError(
      `increment() of "${table.name}.${column.name}" takes a number to add, but was given null.`,
    );
  }
  return (value) => {
    if (value === null) return null;
    if (kind === "bigint") {
      const total = (value as bigint) + (delta as bigint);
      if (total >= INT64_MIN && total <= INT64_MAX) return total;
    } else {
      const total = (value as number) + (delta as number);
      if (kind === "int" ? Number.isSafeInteger(total) : Number.isFinite(total)) return total;
    }
    throw new PlasmaError(
      "overflow",
      `increment() would take "${table.name}.${column.name}" out of the range of its type, ${kind}. No row was changed: add less, or declare a wider type.`,
    );
  };
}
