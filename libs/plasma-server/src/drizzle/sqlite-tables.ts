/** The schema as Drizzle tables for SQLite and D1. */

import type { AnyColumn, Schema } from "@sh1n4ps/plasma-core";
import { sql } from "drizzle-orm";
import { index, sqliteTable, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { SQLiteColumn, SQLiteColumnBuilderBase } from "drizzle-orm/sqlite-core";
import { describeSchema } from "../schema/description.ts";
import type { ColumnDescription, TableDescription } from "../schema/description.ts";
import { indexName, uniqueIndexName } from "../schema/index-names.ts";
import { sqliteColumn } from "./sqlite-columns.ts";

type Columns = Record<string, SQLiteColumn>;

export function sqliteTables(schema: Schema): Record<string, unknown> {
  const tables: Record<string, Columns> = {};
  const target = (table: string) => tables[table]!["id"]!;
  for (const description of describeSchema(schema).tables) {
    const { columns } = schema.byName.get(description.name)!;
    const builders = description.columns.map(
      (described) =>
        [described.name, columnOf(columns[described.name]!, described, target)] as const,
    );
    tables[description.name] = sqliteTable(
      description.name,
      Object.fromEntries(builders),
      (own: Columns) => indexesOf(description, own),
    ) as unknown as Columns;
  }
  return tables;
}

function columnOf(
  column: AnyColumn,
  { references, default: literal }: ColumnDescription,
  target: (table: string) => SQLiteColumn,
): SQLiteColumnBuilderBase {
  let builder = sqliteColumn(column.kind, column.enumValues);
  if (column.kind === "id") builder = builder.primaryKey() as typeof builder;
  if (!column.isNullable) builder = builder.notNull() as typeof builder;
  if (literal !== null) {
    const value = canBeWritten(column) ? column.defaultValue : sql.raw(literal);
    builder = builder.default(value) as typeof builder;
  }
  // Deferred, because tables may refer to each other.
  if (references !== null) builder = builder.references(() => target(references));
  return builder;
}

/** drizzle-kit writes defaults down as JSON, which knows neither bigints nor bytes. */
function canBeWritten({ kind }: AnyColumn): boolean {
  return kind !== "bigint" && kind !== "blob";
}

function indexesOf(table: TableDescription, own: Columns) {
  const unique = table.columns.filter((column) => column.unique).map(({ name }) => name);
  return [
    ...unique.map((name) => uniqueIndex(uniqueIndexName(table.name, name)).on(own[name]!)),
    ...table.indexes.map((list) => {
      const [first, ...rest] = list.map((name) => own[name]!);
      return index(indexName(table.name, list)).on(first!, ...rest);
    }),
  ];
}
