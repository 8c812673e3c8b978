/**
 * The DDL of an app's tables for Postgres: the tables, their indexes, histories and triggers, in an order in which
 * references find their targets.
 *
 * Indexes have no names of ours: Postgres cuts names after 63 bytes, and two could become one. Nullable columns are
 * indexed with nulls first, which is the order in which queries ask for them.
 */

import type { Statement } from "../sql/executor.ts";
import { join, name, sql } from "../sql/fragment.ts";
import type { SqlFragment } from "../sql/fragment.ts";
import { postgresDialect } from "../sql/postgres-dialect.ts";
import type { ColumnDescription, TableDescription } from "./description.ts";
import { historyTable } from "./history-names.ts";
import { postgresTriggersOf } from "./postgres-triggers.ts";
import type { AddedToTable } from "./schema-dialect.ts";

export function createPostgresTables(tables: readonly TableDescription[]): Statement[] {
  return [
    ...plainPostgresTables(tables),
    ...tables.flatMap(createPostgresHistory),
    ...tables.flatMap(postgresTriggersOf),
  ];
}

/** The tables without a log, for whoever only queries. */
export function plainPostgresTables(tables: readonly TableDescription[]): Statement[] {
  return [...tables.map(createTable), ...tables.flatMap(createIndexes), ...tables.flatMap(refer)];
}

export function addToPostgresTable(table: TableDescription, added: AddedToTable): Statement[] {
  const { newColumns, newIndexes } = added;
  return [
    ...newColumns.flatMap((column) => [
      sql`ALTER TABLE ${name(table.name)} ADD COLUMN ${columnDefinition(column)}`,
      sql`ALTER TABLE ${name(historyTable(table.name))} ADD COLUMN ${historyColumn(column)}`,
    ]),
    ...createUniqueIndexes({ ...table, columns: newColumns }),
    ...newIndexes.map((index) => createIndex(table, index)),
    ...historyIndexes(table, newIndexes),
    ...refer({ ...table, columns: newColumns }),
    ...(newColumns.length > 0 ? postgresTriggersOf(table) : []),
  ];
}

function createTable(table: TableDescription): Statement {
  return sql`CREATE TABLE ${name(table.name)} (${join(table.columns.map(columnDefinition))})`;
}

function columnDefinition(column: ColumnDescription): SqlFragment {
  const parts: SqlFragment[] = [name(column.name), raw(postgresDialect.columnType(column.kind))];
  if (column.kind === "id") parts.push(sql`PRIMARY KEY`);
  else if (!column.nullable) parts.push(sql`NOT NULL`);
  if (column.default !== null) parts.push(raw(`DEFAULT ${defaultOf(column, column.default)}`));
  return join(parts, " ");
}

/** The description has its literals as SQLite writes them. */
export function defaultOf({ kind }: ColumnDescription, literal: string): string {
  if (kind === "boolean") return literal === "1" ? "TRUE" : "FALSE";
  if (kind === "blob") return `decode('${literal.slice(2, -1)}', 'hex')`;
  return literal;
}

export function createPostgresHistory(table: TableDescription): Statement[] {
  const history = name(historyTable(table.name));
  const columns = table.columns.filter((column) => column.name !== "id").map(historyColumn);
  return [
    sql`CREATE TABLE ${history} (${join([
      sql`id text COLLATE "C" NOT NULL`,
      sql`_v bigint NOT NULL`,
      sql`_present smallint NOT NULL`,
      ...columns,
      sql`PRIMARY KEY (id, _v)`,
    ])})`,
    sql`CREATE INDEX ON ${history} (_v)`,
    ...historyIndexes(table, table.indexes),
  ];
}

/** With the default, but never NOT NULL: an entry for a row that did not exist has no values. */
function historyColumn(column: ColumnDescription): SqlFragment {
  const { default: literal } = column;
  const fallback = literal === null ? "" : ` DEFAULT ${defaultOf(column, literal)}`;
  return join([name(column.name), raw(postgresDialect.columnType(column.kind) + fallback)], " ");
}

/** Those of the table, so that rules are as fast about the past as about the present. */
function historyIndexes(
  table: TableDescription,
  indexes: readonly (readonly string[])[],
): Statement[] {
  const history = name(historyTable(table.name));
  return indexes.map(
    (index) => sql`CREATE INDEX ON ${history} (${join([...index.map(name), sql`_v`])})`,
  );
}

function createIndexes(table: TableDescription): Statement[] {
  return [
    ...createUniqueIndexes(table),
    ...table.indexes.map((index) => createIndex(table, index)),
  ];
}

export function createUniqueIndexes(table: TableDescription): Statement[] {
  return table.columns
    .filter(({ unique }) => unique)
    .map(
      (column) =>
        sql`CREATE UNIQUE INDEX ON ${name(table.name)} (${postgresDialect.orderTerm(name(column.name), "asc", column.nullable)})`,
    );
}

function createIndex(table: TableDescription, index: readonly string[]): Statement {
  const nullable = new Set(table.columns.flatMap((column) => (column.nullable ? column.name : [])));
  const terms = index.map((column) =>
    postgresDialect.orderTerm(name(column), "asc", nullable.has(column)),
  );
  return sql`CREATE INDEX ON ${name(table.name)} (${join(terms)})`;
}

/** Checked at the end of a transaction, because rows may refer to each other. */
function refer(table: TableDescription): Statement[] {
  return table.columns.flatMap(({ name: column, references }) =>
    references === null
      ? []
      : [
          sql`ALTER TABLE ${name(table.name)} ADD FOREIGN KEY (${name(column)}) REFERENCES ${name(references)} ("id") DEFERRABLE INITIALLY DEFERRED`,
        ],
  );
}

/** Types and defaults: our own words and the literals made in `description.ts`. */
function raw(text: string): SqlFragment {
  return { text, params: [] };
}
