/**
 * `ensureSchema()`: brings a database to what the schema needs, if that takes additions only.
 *
 * 1. It may run before every request: after the first time, nothing is asked of the database.
 * 2. Two of them at once end as one: the change is committed in one batch, guarded by the schema it started from.
 * 3. A build never takes away what another one added (see `additions.ts`).
 */

import type { Schema } from "@sh1n4ps/plasma-core";
import { MigrationRefused, StorageFailure } from "../errors.ts";
import { runtimePlatform } from "../platform.ts";
import type { Platform } from "../platform.ts";
import type { SqlExecutor, Statement } from "../sql/executor.ts";
import { additionsFor } from "./additions.ts";
import {
  additionsIn,
  creationOf,
  isRace,
  readDatabaseSchema,
  replacing,
} from "./database-schema.ts";
import { describeSchema } from "./description.ts";
import type { SchemaDescription, TableDescription } from "./description.ts";
import { schemaDialectOf } from "./schema-dialect-of.ts";

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

async function bringUp({
  schema,
  executor,
  platform = runtimePlatform(),
}: EnsureSchemaOptions): Promise<void> {
  const wanted = describeSchema(schema);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    // Asked once an attempt: what another process creates meanwhile must not be taken for somebody else's.
    const { names, stored, unlogged } = await readDatabaseSchema(executor);
    if (stored?.layout === wanted.layout) refuseUnlogged(unlogged);
    const statements = stored
      ? additions(stored, wanted, executor)
      : creationOf(wanted, names, { executor, platform });
    if (!statements) return;
    try {
      await executor.batch(statements);
      return;
    } catch (error) {
      // Somebody else was faster: look again.
      if (!isRace(error)) throw error;
    }
  }
  throw new StorageFailure("The schema kept changing while it was brought up to date.");
}

/** A change that is not logged never reaches the clients, so this is not to be passed over. */
function refuseUnlogged(unlogged: readonly TableDescription[]): void {
  if (unlogged.length === 0) return;
  const names = unlogged.map(({ name }) => `"${name}"`).join(", ");
  throw new MigrationRefused(
    `Triggers that log the changes of ${names} are missing or disabled. runMigrations() makes them again, and gives each client a snapshot, because changes may have been missed.`,
  );
}

function additions(
  stored: SchemaDescription,
  wanted: SchemaDescription,
  executor: SqlExecutor,
): Statement[] | null {
  const change = additionsFor(stored, wanted);
  if (!change) return null;
  const dialect = schemaDialectOf(executor);
  return [...replacing(stored, change.merged, dialect), ...additionsIn(change, dialect)];
}
