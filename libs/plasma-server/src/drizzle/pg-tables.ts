/**
 * The schema as Drizzle tables for Postgres. Postgres names indexes and references itself: the names here are the
 * ones that it chooses, as long as they are no longer than 63 bytes.
 */

import type { AnyColumn, Schema } from "@sh1n4ps/plasma-core";
import { sql } from "drizzle-orm";
import { foreignKey, index, pgTable, uniqueIndex } from "drizzle-orm/pg-core";
import type { PgColumn, PgColumnBuilderBase, ExtraConfigColumn } from "drizzle-orm/pg-core";
import { describeSchema } from "../schema/description.ts";
import type { TableDescription } from "../schema/description.ts";
import { defaultOf } from "../schema/postgres-tables.ts";
import { pgColumn } from "./pg-columns.ts";

type Columns = Record<string, PgColumn>;

export function pgTables(schema: Schema): Record<string, unknown> {
  const tables: Record<string, Columns> = {};
  for (const description of describeSchema(schema).tables) {
    tables[description.name] = pgTable(
      description.name,
      columnsOf(schema, description),
      (own: Record<string, ExtraConfigColumn>) => [
        ...indexesOf(description, own),
        ...description.columns.flatMap(({ name, references }) =>
          references === null
            ? []
            : [
                foreignKey({
                  name: `${description.name}_${name}_fkey`,
                  columns: [tables[description.name]![name]!],
                  foreignColumns: [tables[references]!["id"]!],
                }),
              ],
        ),
      ],
    ) as unknown as Columns;
  }
  return tables;
}

function columnsOf(
  schema: Schema,
  description: TableDescription,
): Record<string, PgColumnBuilderBase> {
  const { columns } = schema.byName.get(description.name)!;
  const builders = description.columns.map((described) => {
    const column = columns[described.name] as AnyColumn;
    let builder = pgColumn(column.kind, column.enumValues);
    if (column.kind === "id") builder = builder.primaryKey() as typeof builder;
    if (!column.isNullable) builder = builder.notNull() as typeof builder;
    if (described.default !== null) {
      builder = builder.default(sql.raw(defaultOf(described, described.default))) as typeof builder;
    }
    return [described.name, builder as PgColumnBuilderBase] as const;
  });
  return Object.fromEntries(builders);
}

function indexesOf(table: TableDescription, own: Record<string, ExtraConfigColumn>) {
  const nullable = new Set(table.columns.flatMap((column) => (column.nullable ? column.name : [])));
  const indexed = (name: string) => (nullable.has(name) ? own[name]!.nullsFirst() : own[name]!);
  const label = (columns: readonly string[]) => `${table.name}_${columns.join("_")}_idx`;
  const unique = table.columns.filter((column) => column.unique).map(({ name }) => name);
  return [
    ...unique.map((name) => uniqueIndex(label([name])).on(indexed(name))),
    ...table.indexes.map((list) => {
      const [first, ...rest] = list.map(indexed);
      return index(label(list)).on(first!, ...rest);
    }),
  ];
}
