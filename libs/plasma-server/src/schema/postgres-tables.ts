/**
 * The DDL of an app's tables for Postgres: the tables and their indexes, in an order in which references find their
 * targets.
 *
 * Indexes have no names of ours: Postgres cuts names after 63 bytes, and two could become one. Nullable columns are
 * indexed with nulls first, which is the order in which queries ask for them.
 */

import type { Schema } from "@sh1n4ps/plasma-core";
import type { Statement } from "../sql/executor.ts";
import { join, name, sql } from "../sql/fragment.ts";
import type { SqlFragment } from "../sql/fragment.ts";
import { postgresDialect } from "../sql/postgres-dialect.ts";
import { describeSchema } from "./description.ts";
import type { ColumnDescription, TableDescription } from "./description.ts";

export function createPostgresTables(schema: Schema): Statement[] {
  const { tables } = describeSchema(schema);
  return [...tables.map(createTable), ...tables.flatMap(createIndexes), ...tables.flatMap(refer)];
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

function createIndexes(table: TableDescription): Statement[] {
  const nullable = new Set(table.columns.flatMap((column) => (column.nullable ? column.name : [])));
  const indexed = (column: string) =>
    postgresDialect.orderTerm(name(column), "asc", nullable.has(column));
  return [
    ...table.columns
      .filter(({ unique }) => unique)
      .map((column) => sql`CREATE UNIQUE INDEX ON ${name(table.name)} (${indexed(column.name)})`),
    ...table.indexes.map(
      (index) => sql`CREATE INDEX ON ${name(table.name)} (${join(index.map(indexed))})`,
    ),
  ];
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
