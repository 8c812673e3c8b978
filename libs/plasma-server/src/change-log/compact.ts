/**
 * Compaction: forgets the past of the log up to a version, the horizon.
 *
 * 1. The horizon is raised in a commit of its own before anything is deleted. Whoever reads the log asks for the horizon
 *    in the same snapshot, so nobody takes a log with holes for a complete one.
 * 2. A client whose cookie is older gets a snapshot. Its outbox is not concerned.
 * 3. Nothing is folded behind the horizon: a cookie may stand at any version there, and what a row was just before each
 *    of them decides what is sent.
 * 4. Rows are deleted in slices, oldest first, so that it can be stopped at any moment, continued, and run twice at once.
 */

import { PlasmaDefinitionError } from "@sh1n4ps/plasma-core";
import type { SchemaDescription } from "../schema/description.ts";
import { historyTable } from "../schema/history-names.ts";
import type { SqlExecutor, Statement } from "../sql/executor.ts";
import { bind, integer, name, sql } from "../sql/fragment.ts";
import type { SqlFragment } from "../sql/fragment.ts";

export interface CompactionOptions {
  readonly executor: SqlExecutor;
  /** Cookies from this version on stay good. More than the current version means the current one. */
  readonly safeUpToVersion: number;
  /** How many rows this call deletes at most. Default: 50,000. */
  readonly maxRows?: number;
}

export interface CompactionResult {
  /** The log is complete after this version. */
  readonly horizon: number;
  /** Rows deleted: earlier states of rows, entries of `_plasma_changes`, and versions. */
  readonly removed: {
    readonly history: number;
    readonly changes: number;
    readonly versions: number;
  };
  /** There is more to delete: call again. */
  readonly hasMore: boolean;
}

const SLICE = 500;
const DEFAULT_MAX_ROWS = 50_000;

export async function compactChangeLog(options: CompactionOptions): Promise<CompactionResult>;
export async function compactChangeLog(
  executor: SqlExecutor,
  safeUpToVersion: number,
): Promise<CompactionResult>;
export async function compactChangeLog(
  given: CompactionOptions | SqlExecutor,
  version?: number,
): Promise<CompactionResult> {
  const { executor, safeUpToVersion, maxRows = DEFAULT_MAX_ROWS } = optionsOf(given, version);
  if (!Number.isSafeInteger(safeUpToVersion) || safeUpToVersion < 0) {
    throw new PlasmaDefinitionError(
      `compactChangeLog() takes a version, a whole number of 0 or more, but was given ${String(safeUpToVersion)}.`,
    );
  }
  const { horizon, tables } = await raiseHorizon(executor, safeUpToVersion);
  const slices = slicer(executor, maxRows);
  let history = 0;
  for (const table of tables) {
    const entries = name(historyTable(table));
    history += await slices.remove(entries, ["id", "_v"], sql`_v <= ${integer(horizon)}`);
  }
  const changes = await slices.remove(
    sql`_plasma_changes`,
    ["region", "version", "table_name", "row_id"],
    sql`version <= ${integer(horizon)}`,
  );
  // A cookie that stands at the horizon is good, and is known by that version's nonce.
  const versions = await slices.remove(
    sql`_plasma_versions`,
    ["region", "version"],
    sql`version < ${integer(horizon)}`,
  );
  return { horizon, removed: { history, changes, versions }, hasMore: slices.isExhausted() };
}

function optionsOf(
  given: CompactionOptions | SqlExecutor,
  version: number | undefined,
): CompactionOptions {
  if ("safeUpToVersion" in given) return given;
  return { executor: given, safeUpToVersion: version as number };
}

async function raiseHorizon(
  executor: SqlExecutor,
  wanted: number,
): Promise<{ readonly horizon: number; readonly tables: readonly string[] }> {
  await executor.run(
    sql`UPDATE _plasma_meta SET horizon = CASE WHEN version < ${bind(wanted)} THEN version ELSE ${integer(wanted)} END WHERE horizon < ${bind(wanted)}`,
  );
  const [meta] = await executor.all(sql`SELECT horizon, schema_json FROM _plasma_meta`);
  const { tables } = JSON.parse(meta!["schema_json"] as string) as SchemaDescription;
  return { horizon: meta!["horizon"] as number, tables: tables.map((table) => table.name) };
}

export interface Slicer {
  /** Deletes rows until none is left or all that may be deleted are; `key` names the primary key's columns. */
  remove(table: SqlFragment, key: readonly string[], which: SqlFragment): Promise<number>;
  isExhausted(): boolean;
}

/** Deletes rows a slice at a time, up to a number of rows in all. */
export function slicer(executor: SqlExecutor, maxRows: number): Slicer {
  let left = maxRows;
  let exhausted = false;
  return {
    async remove(table, key, which) {
      let removed = 0;
      for (;;) {
        if (left <= 0) {
          exhausted ||=
            (await executor.all(sql`SELECT 1 FROM ${table} WHERE ${which} LIMIT 1`)).length > 0;
          return removed;
        }
        const size = Math.min(SLICE, left);
        const { changes } = await executor.run(deletion({ table, key, which, size }));
        removed += changes;
        left -= changes;
        if (changes < size) return removed;
      }
    },
    isExhausted: () => exhausted,
  };
}

function deletion(slice: {
  readonly table: SqlFragment;
  readonly key: readonly string[];
  readonly which: SqlFragment;
  readonly size: number;
}): Statement {
  const { table, key, which, size } = slice;
  const columns: SqlFragment = { text: key.join(", "), params: [] };
  return sql`DELETE FROM ${table} WHERE (${columns}) IN (SELECT ${columns} FROM ${table} WHERE ${which} LIMIT ${integer(size)})`;
}
