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

import { checkValue, requireColumn, requireTable, syncedSchema } from "@sh1n4ps/plasma-core";
import type { Row, RowChange, Schema, TableInfo, Value } from "@sh1n4ps/plasma-core";
import { backOff } from "../backoff.ts";
import { toHex } from "../bytes.ts";
import { metaFrom, SELECT_META } from "../change-log/meta.ts";
import { commit } from "../db/commit.ts";
import { MigrationRefused, StorageFailure } from "../errors.ts";
import { runtimePlatform } from "../platform.ts";
import type { Platform } from "../platform.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import type { SqlExecutor, SqlRow, Statement } from "../sql/executor.ts";
import { bind, columnOf, integer, name, sql } from "../sql/fragment.ts";
import { readColumns, rowFromSql } from "../sql/row-codec.ts";
import {
  additionsIn,
  creationOf,
  isRace,
  readDatabaseSchema,
  replacing,
} from "./database-schema.ts";
import { describeSchema } from "./description.ts";
import type { SchemaDescription } from "./description.ts";
import { planMigration } from "./plan-migration.ts";
import type { ColumnPlace, DeclaredChanges, MigrationPlan } from "./plan-migration.ts";
import { schemaDialectOf } from "./schema-dialect-of.ts";
import { breaksLog } from "./schema-dialect.ts";
import { createdDiff, mergeDiffs, plannedDiff } from "./schema-diff.ts";
import type { SchemaDiff } from "./schema-diff.ts";

/** A value for each row that has none yet, or a function that finds it. The row may come from before the change. */
export type Backfill = Exclude<Value, null> | ((row: Row) => unknown);

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
    await checkRows(stored, plan, { ...options, schema, backfill });
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
      const rows = await fill(place, value, { ...options, schema, platform });
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

function checkBackfills(schema: Schema, backfill: Readonly<Record<string, Backfill>>): void {
  for (const [place, value] of Object.entries(backfill)) {
    const [table = "", column = ""] = place.split(".");
    const declared = requireColumn(requireTable(schema, table), column);
    if (typeof value !== "function") checkValue(declared, value);
  }
}

/** What only the rows can tell. */
async function checkRows(
  stored: SchemaDescription,
  plan: MigrationPlan,
  { executor, schema, backfill = {} }: RunMigrationsOptions,
): Promise<void> {
  const refusals: string[] = [];
  const places = placesIn(stored, plan);
  for (const { name: table, columns } of schema.byName.values()) {
    for (const { name: column, enumValues } of Object.values(columns)) {
      const before = places.get(`${table}.${column}`);
      if (!before || !enumValues) continue;
      const value = name(before.column);
      const known = dialectOf(executor).values(enumValues);
      const others = await executor.all(
        sql`SELECT ${value} AS value, count(*) AS n FROM ${name(before.table)} WHERE ${value} NOT IN (${known}) GROUP BY ${value} ORDER BY ${value}`,
      );
      for (const other of others) {
        refusals.push(
          `${rowsHave(other)} "${String(other["value"])}" in "${table}.${column}", which is none of its values any more. Change them first, or keep the value.`,
        );
      }
    }
  }
  for (const { table, column } of plan.required) {
    const place = `${table}.${column}`;
    const before = places.get(place);
    if (!before || backfill[place] !== undefined) continue;
    const [found] = await executor.all(
      sql`SELECT count(*) AS n FROM ${name(before.table)} WHERE ${name(before.column)} IS NULL`,
    );
    if (Number(found!["n"]) === 0) continue;
    refusals.push(
      `${rowsHave(found!)} no value for "${place}", which the schema requires. Give runMigrations() a backfill for it.`,
    );
  }
  for (const { after, alteredColumns } of plan.alterations) {
    for (const column of alteredColumns) {
      if (!after || !column.after.unique || column.before.unique) continue;
      const place = `${after.name}.${column.after.name}`;
      const before = places.get(place)!;
      const value = name(before.column);
      const twice = await executor.all(
        sql`SELECT 1 AS found FROM ${name(before.table)} WHERE ${value} IS NOT NULL GROUP BY ${value} HAVING count(*) > 1 LIMIT 1`,
      );
      if (twice.length === 0) continue;
      refusals.push(
        `"${place}" cannot become unique: some rows have the same value. Change them first.`,
      );
    }
  }
  if (refusals.length > 0) throw new MigrationRefused(refusals);
}

function rowsHave({ n }: SqlRow): string {
  return Number(n) === 1 ? "1 row has" : `${String(n)} rows have`;
}

/** Where the columns that the plan knows are now, before anything is renamed. */
function placesIn(
  stored: SchemaDescription,
  plan: MigrationPlan,
): ReadonlyMap<string, ColumnPlace> {
  const places = new Map<string, ColumnPlace>();
  for (const table of stored.tables) {
    const alteration = plan.alterations.find(({ before }) => before.name === table.name);
    const after = alteration ? alteration.after?.name : table.name;
    if (after === undefined) continue;
    for (const { name: column } of table.columns) {
      const renamed = alteration?.renamedColumns.find(({ from }) => from === column)?.to;
      places.set(`${after}.${renamed ?? column}`, { table: table.name, column });
    }
  }
  return places;
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
    ...dialect.alterTables(plan.alterations),
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
    ...dialect.alterTables(alterations),
  ];
}

const ROWS_AT_ONCE = 200;

/** Gives each row without a value its value. Rows that come meanwhile are found as well. */
async function fill(
  { table, column }: ColumnPlace,
  value: Backfill,
  options: RunMigrationsOptions & { readonly platform: Platform },
): Promise<number> {
  const { schema, executor, platform, onProgress } = options;
  const info = requireTable(schema, table);
  let rows = 0;
  for (let conflicts = 0; ;) {
    const { base, found } = await rowsWithout(info, column, executor);
    if (found.length === 0) return rows;
    const changes = found.map((before): RowChange => {
      const after = { ...before, [column]: valueFor(info, column, value, before) };
      return { table, id: before["id"] as string, before, after };
    });
    const committed = await commit({ schema, executor, platform, base, changes });
    switch (committed.kind) {
      case "committed":
        conflicts = 0;
        rows += found.length;
        onProgress?.({ column: `${table}.${column}`, rows });
        break;
      case "refused":
        throw new MigrationRefused(
          `The backfill of "${table}.${column}" gave a value that the database refuses: ${committed.error.message}`,
          { cause: committed.error },
        );
      case "conflict":
      case "unknown":
        // What became of it is seen in the rows.
        if (conflicts === MAX_ATTEMPTS) {
          throw new StorageFailure("A backfill could not be committed within its attempts.");
        }
        await backOff(platform, conflicts++);
    }
  }
}

async function rowsWithout(
  table: TableInfo,
  column: string,
  executor: SqlExecutor,
): Promise<{ readonly base: number; readonly found: readonly Row[] }> {
  const dialect = dialectOf(executor);
  const [meta, stored] = await executor.batch([
    SELECT_META,
    sql`SELECT ${readColumns(table, "row", dialect)} FROM ${name(table.name)} AS "row" WHERE ${columnOf("row", column)} IS NULL ORDER BY ${columnOf("row", "id")} LIMIT ${integer(ROWS_AT_ONCE)}`,
  ]);
  return { base: metaFrom(meta!).version, found: stored!.map((row) => rowFromSql(table, row)) };
}

function valueFor(table: TableInfo, column: string, value: Backfill, row: Row): unknown {
  try {
    return checkValue(
      requireColumn(table, column),
      typeof value === "function" ? value(row) : value,
    );
  } catch (cause) {
    throw new MigrationRefused(
      `The backfill of "${table.name}.${column}" gave no value that fits, for the row "${String(row["id"])}": ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
