/**
 * `toDrizzle()`: the app's schema as Drizzle tables, for reports and for Drizzle's tools on the same database.
 *
 * 1. They describe what `ensureSchema()` makes, names of indexes included; they do not make it. Tables made by others
 *    have no triggers, and what is written to them reaches no client.
 * 2. Foreign keys only check, as in the database: `onDelete` is carried out by the engine when a mutator deletes.
 */

import type { AnyColumn, Schema } from "@sh1n4ps/plasma-core";
import { sql } from "drizzle-orm";
import { index, sqliteTable, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { SQLiteColumn, SQLiteColumnBuilderBase } from "drizzle-orm/sqlite-core";
import { describeSchema } from "../schema/description.ts";
import type { TableDescription } from "../schema/description.ts";
import { indexName, uniqueIndexName } from "../schema/index-names.ts";
import { sqliteColumn } from "./sqlite-columns.ts";
import type { PgTables, SqliteTables } from "./table-types.ts";

/** The tables by name, to be used as they are or given to `drizzle(db, { schema })`. */
export function toDrizzle<S extends Schema>(schema: S, dialect: "sqlite"): SqliteTables<S>;
export function toDrizzle<S extends Schema>(schema: S, dialect: "pg"): PgTables<S>;
export function toDrizzle(schema: Schema, dialect: "sqlite" | "pg"): unknown {
  switch (dialect) {
    case "sqlite":
      return sqliteTables(schema);
    case "pg":
      throw new Error("pg");
  }
}

function sqliteTables(schema: Schema): Record<string, unknown> {
  const tables: Record<string, Record<string, SQLiteColumn>> = {};
  const columnOf = (table: string, column: string) => tables[table]![column]!;
  for (const description of describeSchema(schema).tables) {
    const { columns } = schema.byName.get(description.name)!;
    const builders = description.columns.map(({ name, references, default: literal }) => {
      const column = columns[name] as AnyColumn;
      let builder = sqliteColumn(column.kind, column.enumValues);
      if (column.kind === "id") builder = builder.primaryKey() as typeof builder;
      if (!column.isNullable) builder = builder.notNull() as typeof builder;
      if (literal !== null) {
        const value = canBeWritten(column) ? column.defaultValue : sql.raw(literal);
        builder = builder.default(value) as typeof builder;
      }
      // Deferred, because tables may refer to each other.
      if (references !== null) builder = builder.references(() => columnOf(references, "id"));
      return [name, builder as SQLiteColumnBuilderBase] as const;
    });
    tables[description.name] = sqliteTable(
      description.name,
      Object.fromEntries(builders),
      (own: Record<string, SQLiteColumn>) => [
        ...uniqueColumns(description).map((column) =>
          uniqueIndex(uniqueIndexName(description.name, column)).on(own[column]!),
        ),
        ...description.indexes.map((list) => {
          const [first, ...rest] = list.map((column) => own[column]!);
          return index(indexName(description.name, list)).on(first!, ...rest);
        }),
      ],
    ) as unknown as Record<string, SQLiteColumn>;
  }
  return tables;
}

function uniqueColumns(table: TableDescription): string[] {
  return table.columns.filter(({ unique }) => unique).map(({ name }) => name);
}

/** drizzle-kit writes defaults down as JSON, which knows neither bigints nor bytes. */
function canBeWritten({ kind }: AnyColumn): boolean {
  return kind !== "bigint" && kind !== "blob";
}
