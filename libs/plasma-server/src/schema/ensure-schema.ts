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
import type { SqlExecutor, Statement } from "../sql/executor.ts";
import { bind, sql } from "../sql/fragment.ts";
import { additionsFor, describeSchema } from "./description.ts";
import type { SchemaDescription, TableDescription } from "./description.ts";
import { schemaDialectOf } from "./schema-dialect-of.ts";
import { guardOf } from "./system-tables.ts";

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
    // Asked once an attempt: what another process creates meanwhile must not be taken for somebody else's.
    const names = await tableNames(options.executor);
    const stored = names.has("_plasma_meta") ? await readStored(options.executor) : null;
    const statements = stored
      ? additions(stored, wanted, options.executor)
      : creation(wanted, names, options);
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
  const [meta] = await executor.all(sql`SELECT schema_json FROM _plasma_meta`);
  return meta ? (JSON.parse(meta["schema_json"] as string) as SchemaDescription) : null;
}

/** In lower case: SQL does not tell upper from lower. */
async function tableNames(executor: SqlExecutor): Promise<ReadonlySet<string>> {
  const rows = await executor.all(schemaDialectOf(executor).tableNames);
  return new Set(rows.map((row) => String(row["name"]).toLowerCase()));
}

function creation(
  wanted: SchemaDescription,
  names: ReadonlySet<string>,
  options: EnsureSchemaOptions,
): Statement[] {
  const { executor, platform = runtimePlatform() } = options;
  const dialect = schemaDialectOf(executor);
  const taken = wanted.tables.find((table) => names.has(table.name.toLowerCase()));
  if (taken) {
    throw new MigrationRefused(
      `The database already has a table "${taken.name}" that plasma did not make. Rename one of the two.`,
    );
  }
  refuseObjections(wanted.tables, executor);
  const random = () => bind(toHex(platform.random.bytes(32)));
  return [
    ...dialect.lock,
    ...dialect.systemTables,
    // Fails, and all of it, if another process has created the database meanwhile.
    sql`INSERT INTO _plasma_meta (id, database_id, version, mac_key, horizon, schema_json)
      VALUES (1, ${random()}, 0, ${random()}, 0, ${bind(JSON.stringify(wanted))})`,
    sql`INSERT INTO _plasma_versions (version, nonce, time) VALUES (0, ${random()}, ${bind(platform.clock.now())})`,
    ...dialect.createTables(wanted.tables),
  ];
}

function additions(
  stored: SchemaDescription,
  wanted: SchemaDescription,
  executor: SqlExecutor,
): Statement[] | null {
  const change = additionsFor(stored, wanted);
  if (!change) return null;
  refuseObjections(change.newTables, executor);
  const dialect = schemaDialectOf(executor);
  const before = bind(JSON.stringify(stored));
  return [
    ...dialect.lock,
    sql`INSERT INTO _plasma_guard (kind) SELECT 'schema' WHERE NOT EXISTS (SELECT 1 FROM _plasma_meta WHERE schema_json = ${before})`,
    sql`UPDATE _plasma_meta SET schema_json = ${bind(JSON.stringify(change.merged))}`,
    // Each of them is made only where it is missing.
    ...(change.isNewLayout ? dialect.systemTables : []),
    ...dialect.createTables(change.newTables),
    ...change.changedTables.flatMap(({ table, ...added }) => dialect.addToTable(table, added)),
  ];
}

function refuseObjections(tables: readonly TableDescription[], executor: SqlExecutor): void {
  for (const table of tables) {
    const objection = schemaDialectOf(executor).objectionTo(table);
    if (objection !== null) throw new MigrationRefused(objection);
  }
}

function isRace(error: unknown): boolean {
  if (error instanceof PlasmaError || !(error instanceof Error)) return false;
  return guardOf(error.message) === "schema" || /_plasma_meta|already exists/.test(error.message);
}
