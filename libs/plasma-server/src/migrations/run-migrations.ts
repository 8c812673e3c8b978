/**
 * `runMigrations()`: brings a database to the schema, also where that takes more than additions.
 *
 * 1. First everything is checked: either all of it is possible, or every reason why not is told, and nothing happens.
 * 2. Tables change in one batch, so a process that is killed leaves them as they were or as they are to be.
 * 3. Backfills are commits of some rows each, like those of any other writer, and may go on for long. Whoever runs the
 *    migration again goes on where it was left, because what has been done is seen in the database itself.
 * 4. A value is required of a column in a batch that fails if any row has none.
 * 5. Where the log's rows no longer mean what they did (a table or column was renamed or dropped), or some are missing
 *    because triggers were, it begins anew: a new version is the horizon, and each client gets a snapshot, and keeps its
 *    outbox.
 */

import { syncedSchema } from "@sh1n4ps/plasma-core";
import type { Schema } from "@sh1n4ps/plasma-core";
import { backOff } from "../backoff.ts";
import { toHex } from "../bytes.ts";
import { StorageFailure } from "../errors.ts";
import { runtimePlatform } from "../platform.ts";
import type { Platform } from "../platform.ts";
import {
  additionsIn,
  creationOf,
  isRace,
  readDatabaseSchema,
  replacing,
} from "../schema/database-schema.ts";
import { describeSchema } from "../schema/description.ts";
import type { SchemaDescription } from "../schema/description.ts";
import { schemaDialectOf } from "../schema/schema-dialect-of.ts";
import { alterTables, breaksLog } from "../schema/table-alterations.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import type { SqlExecutor, Statement } from "../sql/executor.ts";
import { bind, name, sql } from "../sql/fragment.ts";
import { checkBackfills, fill } from "./backfill.ts";
import type { Backfill } from "./backfill.ts";
import { checkRows } from "./check-rows.ts";
import { planMigration } from "./plan-migration.ts";
import type { DeclaredChanges, MigrationPlan } from "./plan-migration.ts";
import { createdDiff, mergeDiffs, plannedDiff } from "./schema-diff.ts";
import type { SchemaDiff } from "./schema-diff.ts";

export interface RunMigrationsOptions extends Omit<DeclaredChanges, "backfilled"> {
  readonly schema: Schema;
  readonly executor: SqlExecutor;
  /** `{ "todos.rank": 0, "todos.slug": (row) => slugOf(row.title) }`: for columns of which a value is required. */
  readonly backfill?: Readonly<Record<string, Backfill>>;
  /** Finds out what there is to do, and does nothing. */
  readonly dryRun?: boolean;
  /** Told after each commit of a backfill. `rows`: how many have got their value in this run. */
  readonly onProgress?: (progress: { readonly column: string; readonly rows: number }) => void;
  readonly platform?: Platform;
}

const MAX_ATTEMPTS = 20;

/**
 * @returns What was done, or with `dryRun`, what there is to do.
 * @throws MigrationRefused with every reason, if it would lose what nobody has given up.
 */
export async function runMigrations(options: RunMigrationsOptions): Promise<SchemaDiff> {
  const { executor, platform = runtimePlatform(), backfill = {}, dryRun = false } = options;
  const schema = syncedSchema(options.schema);
  const dialect = schemaDialectOf(executor);
  const wanted = describeSchema(schema);
  checkBackfills(schema, backfill);
  const declared = { ...options, backfilled: Object.keys(backfill) };
  let diff: SchemaDiff = createdDiff([]);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (attempt > 0) await backOff(platform, attempt - 1);
    const { names, stored, unlogged } = await readDatabaseSchema(executor);
    if (!stored) {
      const creation = creationOf(wanted, names, { executor, platform });
      if (dryRun || (await happens(executor, creation))) return createdDiff(wanted.tables);
      continue;
    }
    const planned = planMigration({ stored, wanted, declared, required: dialect.required });
    const plan = { ...planned, unlogged: unlogged.map(({ name: table }) => table) };
    await checkRows(stored, plan, { executor, schema, backfill });
    const step = plannedDiff(plan);
    if (dryRun) return step;
    if (plan.alterations.length > 0 || plan.additions || unlogged.length > 0) {
      const change = changeOf(stored, plan, { executor, platform });
      if (!(await happens(executor, change))) continue;
    }
    diff = mergeDiffs(diff, step);
    for (const place of plan.required) {
      const value = backfill[`${place.table}.${place.column}`];
      if (value === undefined) continue;
      const filling = { schema, executor, platform, onProgress: options.onProgress };
      const rows = await fill(place, value, filling);
      diff = { ...diff, backfilledRows: diff.backfilledRows + rows };
    }
    if (plan.required.length === 0) return diff;
    if (await happens(executor, requirementsIn(plan, executor))) return diff;
  }
  throw new StorageFailure("The schema kept changing while it was migrated.");
}

/** False if somebody else has changed the schema meanwhile, or a row without a value has come. */
async function happens(executor: SqlExecutor, statements: readonly Statement[]): Promise<boolean> {
  try {
    await executor.batch(statements);
    return true;
  } catch (error) {
    if (isRace(error) || dialectOf(executor).refusalOf(error) === "unique") return false;
    throw error;
  }
}

function changeOf(
  stored: SchemaDescription,
  plan: MigrationPlan & { readonly unlogged: readonly string[] },
  { executor, platform }: { readonly executor: SqlExecutor; readonly platform: Platform },
): Statement[] {
  const dialect = schemaDialectOf(executor);
  const nonce = bind(toHex(platform.random.bytes(16)));
  const anew = [
    sql`INSERT INTO _plasma_versions (version, nonce, time) SELECT version + 1, ${nonce}, ${bind(platform.clock.now())} FROM _plasma_meta`,
    sql`UPDATE _plasma_meta SET version = version + 1, horizon = version + 1`,
  ];
  return [
    ...replacing(stored, plan.after, dialect),
    ...(plan.alterations.some(breaksLog) || plan.unlogged.length > 0 ? anew : []),
    ...alterTables(plan.alterations, dialect.alterations),
    ...(plan.additions ? additionsIn(plan.additions, dialect) : []),
    ...plan.after.tables
      .filter(({ name: table }) => plan.unlogged.includes(table))
      .flatMap((table) => dialect.triggersOf(table).make),
  ];
}

function requirementsIn(
  { after: stored, required }: MigrationPlan,
  executor: SqlExecutor,
): Statement[] {
  const dialect = schemaDialectOf(executor);
  const isRequired = (table: string, column: string) =>
    required.some((place) => place.table === table && place.column === column);
  const tables = stored.tables.map((before) => {
    const columns = before.columns.map((column) =>
      isRequired(before.name, column.name) ? dialect.required(column) : column,
    );
    return { before, after: { ...before, columns } };
  });
  const alterations = tables
    .filter(({ before }) => required.some(({ table }) => table === before.name))
    .map(({ before, after }) => ({
      before,
      after,
      renamedColumns: [],
      droppedColumns: [],
      alteredColumns: before.columns.flatMap((column, at) =>
        isRequired(before.name, column.name) ? [{ before: column, after: after.columns[at]! }] : [],
      ),
    }));
  return [
    ...replacing(stored, { ...stored, tables: tables.map(({ after }) => after) }, dialect),
    ...required.map(
      ({ table, column }) =>
        sql`INSERT INTO _plasma_guard (kind) SELECT 'schema' WHERE EXISTS (SELECT 1 FROM ${name(table)} WHERE ${name(column)} IS NULL)`,
    ),
    ...alterTables(alterations, dialect.alterations),
  ];
}
