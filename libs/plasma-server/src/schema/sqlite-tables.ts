/**
 * The DDL of an app's table for SQLite: the table, its indexes, and the history table beside it.
 *
 * The history holds each row as it was before a commit: `_v` is the commit's version, `_present` is 0 when there was
 * no row. Foreign keys are a safety net for writes by other SQL; they are checked at the end of a transaction,
 * because rows may refer to each other. Engine commits check their references themselves (see `db/commit.ts`).
 */

import type { Statement } from "../sql/executor.ts";
import { join, name, sql } from "../sql/fragment.ts";
import type { SqlFragment } from "../sql/fragment.ts";
import { sqliteDialect } from "../sql/sqlite-dialect.ts";
import type { ColumnDescription, TableDescription } from "./description.ts";
import { historyTable, versionIndex } from "./history-names.ts";
import { indexName, uniqueIndexName } from "./index-names.ts";
import type { AddedToTable } from "./schema-dialect.ts";
import { triggersOf } from "./sqlite-triggers.ts";

export function createSqliteTable(table: TableDescription): Statement[] {
  return [
    sql`CREATE TABLE ${name(table.name)} (${join(table.columns.map(columnDefinition))}) STRICT`,
    ...createSqliteHistory(table),
    ...createSqliteIndexes(table),
    ...triggersOf(table),
  ];
}

export function createSqliteHistory(table: TableDescription): Statement[] {
  const history = table.columns.filter((column) => column.name !== "id").map(historyColumn);
  return [
    sql`CREATE TABLE ${name(historyTable(table.name))} (${join([
      sql`id TEXT NOT NULL`,
      sql`_v INTEGER NOT NULL`,
      sql`_present INTEGER NOT NULL`,
      ...history,
      sql`PRIMARY KEY (id, _v)`,
    ])}) STRICT, WITHOUT ROWID`,
    sql`CREATE INDEX ${name(versionIndex(table.name))} ON ${name(historyTable(table.name))} (_v)`,
    ...table.indexes.map((index) => historyIndex(table, index)),
  ];
}

export function createSqliteIndexes(table: TableDescription): Statement[] {
  return [
    ...table.columns.filter((column) => column.unique).map((column) => uniqueIndex(table, column)),
    ...table.indexes.map((index) => createIndex(table, index)),
  ];
}

export function dropSqliteIndexes(table: TableDescription): Statement[] {
  const labels = [
    ...table.columns.flatMap(({ name: column, unique }) =>
      unique ? [uniqueIndexName(table.name, column)] : [],
    ),
    ...table.indexes.map((index) => indexName(table.name, index)),
  ];
  return labels.map((label) => sql`DROP INDEX IF EXISTS ${name(label)}`);
}

export function addToSqliteTable(table: TableDescription, added: AddedToTable): Statement[] {
  const { newColumns, newIndexes } = added;
  const statements = newColumns.flatMap((column) => [
    sql`ALTER TABLE ${name(table.name)} ADD COLUMN ${columnDefinition(column)}`,
    sql`ALTER TABLE ${name(historyTable(table.name))} ADD COLUMN ${historyColumn(column)}`,
    ...(column.unique ? [uniqueIndex(table, column)] : []),
  ]);
  const indexes = newIndexes.flatMap((index) => [
    createIndex(table, index),
    historyIndex(table, index),
  ]);
  return [...statements, ...indexes, ...(newColumns.length > 0 ? triggersOf(table) : [])];
}

export function columnDefinition(column: ColumnDescription): SqlFragment {
  const parts: SqlFragment[] = [name(column.name), raw(sqliteDialect.columnType(column.kind))];
  if (column.kind === "id") parts.push(sql`PRIMARY KEY`);
  if (!column.nullable && !column.requiredBy) parts.push(sql`NOT NULL`);
  if (column.default !== null) parts.push(raw(`DEFAULT ${column.default}`));
  if (column.references) {
    parts.push(sql`REFERENCES ${name(column.references)} ("id") DEFERRABLE INITIALLY DEFERRED`);
  }
  return join(parts, " ");
}

/** With the default, but never NOT NULL: an entry for a row that did not exist has no values. */
function historyColumn(column: ColumnDescription): SqlFragment {
  const fallback = column.default === null ? "" : ` DEFAULT ${column.default}`;
  return join([name(column.name), raw(sqliteDialect.columnType(column.kind) + fallback)], " ");
}

function uniqueIndex(table: TableDescription, column: ColumnDescription): Statement {
  return sql`CREATE UNIQUE INDEX ${name(uniqueIndexName(table.name, column.name))} ON ${name(table.name)} (${name(column.name)})`;
}

function createIndex(table: TableDescription, columns: readonly string[]): Statement {
  return sql`CREATE INDEX ${name(indexName(table.name, columns))} ON ${name(table.name)} (${join(columns.map(name))})`;
}

/** So that rules are as fast about the past as about the present. */
function historyIndex(table: TableDescription, columns: readonly string[]): Statement {
  return sql`CREATE INDEX ${name(`_plasma_history_${indexName(table.name, columns)}`)} ON ${name(historyTable(table.name))} (${join([...columns.map(name), sql`_v`])})`;
}

/** Types and defaults: our own words and the literals made in `description.ts`. */
function raw(text: string): SqlFragment {
  return { text, params: [] };
}
