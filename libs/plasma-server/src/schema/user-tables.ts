/**
 * The DDL of an app's table: the table, its indexes, and the history table beside it.
 *
 * The history holds each row as it was before a commit: `_v` is the commit's version, `_present` is 0 when there was
 * no row. Foreign keys are a safety net for writes by other SQL; they are checked at the end of a transaction,
 * because rows may refer to each other. Engine commits check their references themselves (see `db/commit.ts`).
 */

import type { SqlDialect } from "../sql/dialect.ts";
import type { Statement } from "../sql/executor.ts";
import { join, name, sql } from "../sql/fragment.ts";
import type { SqlFragment } from "../sql/fragment.ts";
import type { ColumnDescription, TableDescription } from "./description.ts";
import { indexName, uniqueIndexName } from "./index-names.ts";
import { triggersOf } from "./triggers.ts";

export function historyTable(table: string): string {
  return `_plasma_history_${table}`;
}

export function versionIndex(table: string): string {
  return `_plasma_history_${table}$_v`;
}

export function createTable(table: TableDescription, dialect: SqlDialect): Statement[] {
  const columns = table.columns.map((column) => columnDefinition(column, dialect));
  const history = table.columns
    .filter((column) => column.name !== "id")
    .map((column) => historyColumn(column, dialect));
  return [
    sql`CREATE TABLE ${name(table.name)} (${join(columns)}) STRICT`,
    sql`CREATE TABLE ${name(historyTable(table.name))} (${join([
      sql`id TEXT NOT NULL`,
      sql`_v INTEGER NOT NULL`,
      sql`_present INTEGER NOT NULL`,
      ...history,
      sql`PRIMARY KEY (id, _v)`,
    ])}) STRICT, WITHOUT ROWID`,
    sql`CREATE INDEX ${name(versionIndex(table.name))} ON ${name(historyTable(table.name))} (_v)`,
    ...table.columns.filter((column) => column.unique).map((column) => uniqueIndex(table, column)),
    ...table.indexes.flatMap((index) => createIndex(table, index)),
    ...triggersOf(table),
  ];
}

export function addToTable(
  table: TableDescription,
  added: {
    readonly newColumns: readonly ColumnDescription[];
    readonly newIndexes: readonly (readonly string[])[];
  },
  dialect: SqlDialect,
): Statement[] {
  const { newColumns, newIndexes } = added;
  const statements = newColumns.flatMap((column) => [
    sql`ALTER TABLE ${name(table.name)} ADD COLUMN ${columnDefinition(column, dialect)}`,
    sql`ALTER TABLE ${name(historyTable(table.name))} ADD COLUMN ${historyColumn(column, dialect)}`,
    ...(column.unique ? [uniqueIndex(table, column)] : []),
  ]);
  const indexes = newIndexes.flatMap((index) => createIndex(table, index));
  return [...statements, ...indexes, ...(newColumns.length > 0 ? triggersOf(table) : [])];
}

function columnDefinition(column: ColumnDescription, dialect: SqlDialect): SqlFragment {
  const parts: SqlFragment[] = [name(column.name), raw(dialect.columnType(column.kind))];
  if (column.kind === "id") parts.push(sql`PRIMARY KEY`);
  if (!column.nullable) parts.push(sql`NOT NULL`);
  if (column.default !== null) parts.push(raw(`DEFAULT ${column.default}`));
  if (column.references) {
    parts.push(sql`REFERENCES ${name(column.references)} ("id") DEFERRABLE INITIALLY DEFERRED`);
  }
  return join(parts, " ");
}

/** With the default, but never NOT NULL: an entry for a row that did not exist has no values. */
function historyColumn(column: ColumnDescription, dialect: SqlDialect): SqlFragment {
  const fallback = column.default === null ? "" : ` DEFAULT ${column.default}`;
  return join([name(column.name), raw(dialect.columnType(column.kind) + fallback)], " ");
}

function uniqueIndex(table: TableDescription, column: ColumnDescription): Statement {
  return sql`CREATE UNIQUE INDEX ${name(uniqueIndexName(table.name, column.name))} ON ${name(table.name)} (${name(column.name)})`;
}

/** On the history too, so that rules are as fast about the past as about the present. */
function createIndex(table: TableDescription, columns: readonly string[]): Statement[] {
  const label = indexName(table.name, columns);
  return [
    sql`CREATE INDEX ${name(label)} ON ${name(table.name)} (${join(columns.map(name))})`,
    sql`CREATE INDEX ${name(`_plasma_history_${label}`)} ON ${name(historyTable(table.name))} (${join([...columns.map(name), sql`_v`])})`,
  ];
}

/** Types and defaults: our own words and the literals made in `description.ts`. */
function raw(text: string): SqlFragment {
  return { text, params: [] };
}
