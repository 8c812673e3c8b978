/**
 * What a write means: the one implementation of insert, update and delete, run by the client's replica and by
 * the server's mutation alike. Each side hands in how it reads, authorises and keeps rows.
 *
 * 1. A write is all or nothing: every row is validated and judged, and every consequence known, before the first row
 *    is applied. A mutator that catches the error goes on as if the write had not been tried.
 * 2. A write is judged on the row before and on the row after, against the state just before the write: the rows of
 *    one write justify neither themselves nor each other.
 * 3. The engine follows `onDelete` itself, row by row (`plan-delete.ts`), so that every row touched is known and logged.
 *    Rows changed by a cascade are not judged again: who may delete a row may delete what hangs on it.
 * 4. An update or delete that finds no row changes nothing and is no error. A wrong patch is one even then.
 * 5. An insert of an id that is taken is a conflict, also when the row that has it is out of the person's sight.
 */

import { PlasmaError } from "../errors.ts";
import type { Condition, SelectAst, WriteAst } from "../query/ast.ts";
import type { WriteResult } from "../query/write.ts";
import { checkPatch, completeRow, patchRow } from "../schema/row.ts";
import { requireTable } from "../schema/schema.ts";
import type { Schema } from "../schema/schema.ts";
import type { Row, TableInfo } from "../schema/table.ts";
import { planDelete } from "./plan-delete.ts";
import type { WriteStore } from "./write-store.ts";

export async function executeWrite(
  schema: Schema,
  store: WriteStore,
  write: WriteAst,
): Promise<WriteResult> {
  const table = requireTable(schema, write.table);
  switch (write.kind) {
    case "insert":
      return insert(table, store, write.rows);
    case "update":
      return update(table, store, write.patch, write.where);
    case "delete":
      return remove(schema, table, store, write.where);
  }
}

async function insert(
  table: TableInfo,
  store: WriteStore,
  values: readonly Row[],
): Promise<WriteResult> {
  const changes = values.map((value) => {
    const after = completeRow(table, value);
    return { table: table.name, id: after["id"] as string, before: null, after };
  });
  const ids = new Set<string>();
  for (const { id } of changes) {
    if (ids.has(id) || (await store.get(table.name, id))) throw taken(table);
    ids.add(id);
  }
  await store.authorize(table, changes);
  for (const change of changes) store.apply(change);
  return { rowCount: changes.length };
}

function taken(table: TableInfo): PlasmaError {
  return new PlasmaError(
    "conflict",
    `A row of "${table.name}" with one of these unique values exists already.`,
  );
}

async function update(
  table: TableInfo,
  store: WriteStore,
  patch: Row,
  where: Condition | null,
): Promise<WriteResult> {
  checkPatch(table, patch);
  const rows = await store.select(selectRows(table, where));
  const changes = rows.map((before) => ({
    table: table.name,
    id: before["id"] as string,
    before,
    after: patchRow(table, before, patch),
  }));
  await store.authorize(table, changes);
  for (const change of changes) store.apply(change);
  return { rowCount: changes.length };
}

async function remove(
  schema: Schema,
  table: TableInfo,
  store: WriteStore,
  where: Condition | null,
): Promise<WriteResult> {
  const rows = await store.select(selectRows(table, where));
  const changes = rows.map((before) => ({
    table: table.name,
    id: before["id"] as string,
    before,
    after: null,
  }));
  await store.authorize(table, changes);
  for (const change of await planDelete(schema, store, changes)) store.apply(change);
  return { rowCount: changes.length };
}

function selectRows(table: TableInfo, where: Condition | null): SelectAst {
  return {
    kind: "select",
    from: { table: table.name, alias: table.name },
    where,
    orderBy: [],
    limit: null,
    offset: 0,
  };
}
