/**
 * `toDrizzle()`: the app's schema as Drizzle tables, for reports and for Drizzle's tools on the same database.
 *
 * 1. They describe what `ensureSchema()` makes, names of indexes included; they do not make it. Tables made by others
 *    have no triggers, and what is written to them reaches no client.
 * 2. Local-only tables are not in the database, and so not among them, whatever the types say.
 * 3. Foreign keys only check, as in the database: `onDelete` is carried out by the engine when a mutator deletes.
 */

import type { Schema } from "@sh1n4ps/plasma-core";
import { pgTables } from "./pg-tables.ts";
import { sqliteTables } from "./sqlite-tables.ts";
import type { PgTables, SqliteTables } from "./table-types.ts";

/** The tables by name, to be used as they are or given to `drizzle(db, { schema })`. */
export function toDrizzle<S extends Schema>(schema: S, dialect: "sqlite"): SqliteTables<S>;
export function toDrizzle<S extends Schema>(schema: S, dialect: "pg"): PgTables<S>;
export function toDrizzle(schema: Schema, dialect: "sqlite" | "pg"): unknown {
  return dialect === "sqlite" ? sqliteTables(schema) : pgTables(schema);
}
