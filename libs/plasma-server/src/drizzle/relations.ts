/**
 * The relations that follow from the schema's refs, for Drizzle's relational queries: under the same names as in
 * ours, so that `db.query.lists.findMany({ with: { todos: true } })` means the same through both.
 */

import { PlasmaDefinitionError, relationsOf, syncedSchema } from "@sh1n4ps/plasma-core";
import type {
  AnyTable,
  ManyRelations,
  OneRelations,
  Schema,
  TableColumns,
} from "@sh1n4ps/plasma-core";
import { relations } from "drizzle-orm";
import type { Many, One, Relations } from "drizzle-orm";
import type { AnySQLiteColumn, AnySQLiteTable } from "drizzle-orm/sqlite-core";

/** `todosRelations` and so on: what Drizzle wants beside the tables. */
export type DrizzleRelations<S extends Schema> = {
  readonly [N in keyof S["tables"] & string as `${N}Relations`]: Relations<
    N,
    TableRelations<S, S["tables"][N]>
  >;
};

type TableRelations<S extends Schema, T extends AnyTable> = {
  [R in keyof OneRelations<T>]: One<OneRelations<T>[R] & string, IsPresent<T, R>>;
} & {
  [R in keyof ManyRelations<S, T>]: Many<ManyRelations<S, T>[R] & string>;
};

/** Whether the ref behind a relation is never null. */
type IsPresent<T extends AnyTable, R> = {
  [K in keyof TableColumns<T> & string]: K extends `${R & string}Id`
    ? NotNull<TableColumns<T>[K]>
    : `${K}Row` extends R
      ? NotNull<TableColumns<T>[K]>
      : never;
}[keyof TableColumns<T> & string];

type NotNull<C> = C extends { readonly $type?: { readonly data: infer T } }
  ? null extends T
    ? false
    : true
  : true;

/**
 * ```ts
 * const tables = toDrizzle(schema, "sqlite");
 * const db = drizzle(database, { schema: { ...tables, ...toDrizzleRelations(schema, tables) } });
 * ```
 */
export function toDrizzleRelations<S extends Schema>(
  schema: S,
  tables: { readonly [N in keyof S["tables"]]: unknown },
): DrizzleRelations<S> {
  const all: Record<string, unknown> = {};
  // Both dialects' tables have the same faces here, and Drizzle's types want one of them.
  const tableOf = (name: string) =>
    tables[name as keyof S["tables"]] as AnySQLiteTable & Record<string, AnySQLiteColumn>;
  const synced = syncedSchema(schema);
  for (const name of synced.byName.keys()) {
    if (schema.byName.has(`${name}Relations`)) {
      throw new PlasmaDefinitionError(
        `Drizzle's relations of "${name}" would be called "${name}Relations", which is a table of this schema. Rename that table.`,
      );
    }
    all[`${name}Relations`] = relations(tableOf(name), ({ one, many }) => {
      const config: Record<string, One | Many<string>> = {};
      for (const relation of relationsOf(synced, name).values()) {
        // Ours cannot be asked for either.
        if (relation.ambiguous) continue;
        const { cardinality, table, parentColumn, childColumn } = relation;
        // The two ends of a ref find each other by this name, however many refs lie between two tables.
        const ref = cardinality === "one" ? [name, parentColumn] : [table, childColumn];
        const relationName = ref.join(".");
        config[relation.name] =
          cardinality === "many"
            ? many(tableOf(table), { relationName })
            : one(tableOf(table), {
                relationName,
                fields: [tableOf(name)[parentColumn]!],
                references: [tableOf(table)[childColumn]!],
              });
      }
      return config;
    });
  }
  return all as DrizzleRelations<S>;
}
