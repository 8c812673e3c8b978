/**
 * `ensureSchema()`: brings a database to what the schema needs, if that takes additions only.
 *
 * 1. It may run before every request: after the first time, nothing is asked of the database.
 * 2. Two of them at once end as one: the change is committed in one batch, guarded by the schema it started from.
 * 3. A build never takes away what another one added (see `description.ts`).
 */

import { PlasmaError } from "@sh1n4ps/plasma-core";
import type { Schema } from "@sh1n4ps/plasma-core";
import { MigrationRefused, StorageFailure } from "../errors.ts";
import { runtimePlatform } from "../platform.ts";
import type { Platform } from "../platform.ts";
import { toHex } from "../bytes.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import type { SqlExecutor, Statement } from "../sql/executor.ts";
import { bind, sql } from "../sql/fragment.ts";
import { additionsFor, describeSchema } from "./description.ts";
import type { SchemaDescription } from "./description.ts";
import { guardOf, SYSTEM_TABLES } from "./system-tables.ts";
import { addToTable, createTable } from "./user-tables.ts";

export interface EnsureSchemaOptions {
  readonly schema: Schema;
  readonly executor: SqlExecutor;
  readonly platform?: Platform;
}

const done = new WeakMap<SqlExecutor, WeakSet<Schema>>();

/** Creates what is missing: system tables, tables, columns, indexes, triggers. Throws `MigrationRefused` otherwise. */
export async function ensureSchema(options: EnsureSchemaOptions): Promise<void> {
  const { executor, schema } = options;
  if (done.get(executor)?.has(schema)) return;
  // Only success is remembered, not the attempt: in a Worker the attempt belongs to one request, and dies with it.
  await bringUp(options);
  const schemas = done.get(executor) ?? new WeakSet();
  done.set(executor, schemas.add(schema));
}

const MAX_ATTEMPTS = 5;

async function bringUp(options: EnsureSchemaOptions): Promise<void> {
  const wanted = describeSchema(options.schema);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const stored = await readStored(options.executor);
    const statements = stored
      ? additions(stored, wanted, options.executor)
      : await creation(wanted, options);
    if (!statements) return;
    try {
      await options.executor.batch(statements);
      return;
    } catch (error) {
      // Somebody else was faster: look again.
      if (!isRace(error)) throw error;
    }
  }
  throw new StorageFailure("The schema kept changing while it was brought up to date.");
}

async function readStored(executor: SqlExecutor): Promise<SchemaDescription | null> {
  const tables = await executor.all(
    sql`SELECT name FROM sqlite_master WHERE type = 'table' AND name = '_plasma_meta'`,
  );
  if (tables.length === 0) return null;
  const [meta] = await executor.all(sql`SELECT schema_json FROM _plasma_meta`);
  return meta ? (JSON.parse(meta["schema_json"] as string) as SchemaDescription) : null;
}

async function creation(
  wanted: SchemaDescription,
  options: EnsureSchemaOptions,
): Promise<Statement[]> {
  const { executor, platform = runtimePlatform() } = options;
  const existing = await executor.all(sql`SELECT name FROM sqlite_master WHERE type = 'table'`);
  const names = new Set(existing.map((row) => String(row["name"]).toLowerCase()));
  const taken = wanted.tables.find((table) => names.has(table.name.toLowerCase()));
  if (taken) {
    throw new MigrationRefused(
      `The database already has a table "${taken.name}" that plasma did not make. Rename one of the two.`,
    );
  }
  const random = () => bind(toHex(platform.random.bytes(32)));
  return [
    ...SYSTEM_TABLES,
    // Fails, and all of it, if another process has created the database meanwhile.
    sql`INSERT INTO _plasma_meta (id, database_id, version, mac_key, horizon, schema_json)
      VALUES (1, ${random()}, 0, ${random()}, 0, ${bind(JSON.stringify(wanted))})`,
    sql`INSERT INTO _plasma_versions (version, nonce, time) VALUES (0, ${random()}, ${bind(platform.clock.now())})`,
    ...wanted.tables.flatMap((table) => createTable(table, dialectOf(executor))),
  ];
}

function additions(
  stored: SchemaDescription,
  wanted: SchemaDescription,
  executor: SqlExecutor,
): Statement[] | null {
  const change = additionsFor(stored, wanted);
  if (!change) return null;
  const dialect = dialectOf(executor);
  return [
    sql`UPDATE _plasma_meta SET schema_json = ${bind(JSON.stringify(change.merged))} WHERE schema_json = ${bind(JSON.stringify(stored))}`,
    sql`INSERT INTO _plasma_guard (kind) SELECT 'schema' WHERE changes() <> 1`,
    ...change.newTables.flatMap((table) => createTable(table, dialect)),
    ...change.changedTables.flatMap(({ table, ...added }) => addToTable(table, added, dialect)),
  ];
}

function isRace(error: unknown): boolean {
  if (error instanceof PlasmaError || !(error instanceof Error)) return false;
  return guardOf(error.message) === "schema" || /_plasma_meta|already exists/.test(error.message);
}
