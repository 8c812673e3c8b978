/** The schema that a database has: reading it, making it, and adding to it. */

import { PlasmaError } from "@sh1n4ps/plasma-core";
import { toHex } from "../bytes.ts";
import { MigrationRefused } from "../errors.ts";
import type { Platform } from "../platform.ts";
import type { SqlExecutor, SqlRow, Statement } from "../sql/executor.ts";
import { bind, sql } from "../sql/fragment.ts";
import type { SchemaChange } from "./additions.ts";
import type { SchemaDescription, TableDescription } from "./description.ts";
import { schemaDialectOf } from "./schema-dialect-of.ts";
import type { SchemaDialect } from "./schema-dialect.ts";
import { guardOf } from "./system-tables.ts";

export interface DatabaseSchema {
  /** All tables, in lower case: SQL does not tell upper from lower. */
  readonly names: ReadonlySet<string>;
  /** Null for a database that plasma has not been in. */
  readonly stored: SchemaDescription | null;
  /** Tables whose changes are not all logged, because triggers are missing or disabled. */
  readonly unlogged: readonly TableDescription[];
}

export async function readDatabaseSchema(executor: SqlExecutor): Promise<DatabaseSchema> {
  const dialect = schemaDialectOf(executor);
  const rows = await executor.all(dialect.tableNames);
  const names = new Set(rows.map((row) => String(row["name"]).toLowerCase()));
  if (!names.has("_plasma_meta")) return { names, stored: null, unlogged: [] };
  // Of one moment: somebody else may be changing both.
  const [meta, found] = await executor.batch([
    sql`SELECT schema_json FROM _plasma_meta`,
    dialect.triggerNames,
  ]);
  const stored = storedIn(meta![0]);
  const triggers = new Set(found!.map((row) => row["name"]));
  const unlogged = (stored?.tables ?? []).filter((table) =>
    dialect.triggersOf(table).names.some((trigger) => !triggers.has(trigger)),
  );
  return { names, stored, unlogged };
}

function storedIn(meta: SqlRow | undefined): SchemaDescription | null {
  if (!meta) return null;
  try {
    const stored = JSON.parse(meta["schema_json"] as string) as SchemaDescription;
    if (Number.isInteger(stored.layout) && Array.isArray(stored.tables)) return stored;
  } catch {
    // Told below.
  }
  throw new MigrationRefused(
    "What plasma has written down about this database's schema (_plasma_meta.schema_json) is damaged. Restore that row from a backup.",
  );
}

/** Makes all tables in a database that has none of ours. */
export function creationOf(
  wanted: SchemaDescription,
  names: ReadonlySet<string>,
  { executor, platform }: { readonly executor: SqlExecutor; readonly platform: Platform },
): Statement[] {
  const dialect = schemaDialectOf(executor);
  const taken = wanted.tables.find((table) => names.has(table.name.toLowerCase()));
  if (taken) {
    throw new MigrationRefused(
      `The database already has a table "${taken.name}" that plasma did not make. Rename one of the two.`,
    );
  }
  refuseObjections(wanted.tables, dialect);
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

/** What a batch that changes the schema begins with: it happens only if the schema is still the one it starts from. */
export function replacing(
  stored: SchemaDescription,
  next: SchemaDescription,
  dialect: SchemaDialect,
): Statement[] {
  const before = bind(JSON.stringify(stored));
  return [
    ...dialect.lock,
    sql`INSERT INTO _plasma_guard (kind) SELECT 'schema' WHERE NOT EXISTS (SELECT 1 FROM _plasma_meta WHERE schema_json = ${before})`,
    sql`UPDATE _plasma_meta SET schema_json = ${bind(JSON.stringify(next))}`,
  ];
}

export function additionsIn(change: SchemaChange, dialect: SchemaDialect): Statement[] {
  refuseObjections(change.newTables, dialect);
  const isOld = (table: TableDescription) => !change.newTables.includes(table);
  const triggers = (table: TableDescription) => dialect.triggersOf(table).make;
  return [
    // Each of them is made only where it is missing.
    ...(change.isNewLayout
      ? [...dialect.systemTables, ...change.merged.tables.filter(isOld).flatMap(triggers)]
      : []),
    ...dialect.createTables(change.newTables),
    ...change.changedTables.flatMap(({ table, ...added }) => dialect.addToTable(table, added)),
  ];
}

export function refuseObjections(
  tables: readonly TableDescription[],
  dialect: SchemaDialect,
): void {
  const objections = tables.flatMap((table) => dialect.objectionTo(table) ?? []);
  if (objections.length > 0) throw new MigrationRefused(objections);
}

/** Whether a batch failed because somebody else has changed the schema meanwhile. */
export function isRace(error: unknown): boolean {
  if (error instanceof PlasmaError || !(error instanceof Error)) return false;
  return guardOf(error.message) === "schema" || /_plasma_meta|already exists/.test(error.message);
}
