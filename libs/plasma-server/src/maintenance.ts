/**
 * Upkeep for a scheduled job: everything that the engine keeps has a bound, and this is what holds it to that.
 *
 * It deletes in slices and may be stopped, repeated, and run twice at once.
 *
 *   log (states of rows, changes, versions)   by age; a client that was away longer gets a snapshot
 *   outcomes of mutations that worked          by age; the client's last mutation id still says that they are decided
 *   refused mutations, clients                 when the client was not seen for long
 *   failed attempts                            by age
 *   tickets                                    when they have expired
 */

import { compactChangeLog, slicer } from "./change-log/compact.ts";
import type { CompactionResult } from "./change-log/compact.ts";
import { runtimePlatform } from "./platform.ts";
import type { Platform } from "./platform.ts";
import type { SqlExecutor } from "./sql/executor.ts";
import { bind, sql } from "./sql/fragment.ts";

/** How long things are kept, in milliseconds. */
export interface Retention {
  /** Default: 30 days. */
  readonly changeLogMs?: number;
  /** Copies of a client that come back within this time run nothing twice. As long as the log at least. Default: 60 days. */
  readonly outcomesMs?: number;
  /** A client that stays away longer is forgotten, and starts anew under another id. Default: 400 days. */
  readonly clientsMs?: number;
}

export interface MaintenanceOptions {
  readonly executor: SqlExecutor;
  readonly retention?: Retention;
  /** How many rows one call deletes at most of the log, and of everything else. Default: 50,000. */
  readonly maxRows?: number;
  readonly platform?: Platform;
}

export interface MaintenanceResult {
  readonly changeLog: CompactionResult;
  readonly removed: {
    readonly outcomes: number;
    readonly clients: number;
    readonly attempts: number;
    readonly tickets: number;
  };
  /** There is more to delete: call again. */
  readonly hasMore: boolean;
}

const DAY = 24 * 60 * 60_000;

export async function runMaintenance(options: MaintenanceOptions): Promise<MaintenanceResult> {
  const { executor, retention = {}, maxRows = 50_000, platform = runtimePlatform() } = options;
  const { changeLogMs = 30 * DAY, outcomesMs = 60 * DAY, clientsMs = 400 * DAY } = retention;
  const now = platform.clock.now();
  const changeLog = await compactChangeLog({
    executor,
    maxRows,
    safeUpToVersion: await lastVersionBefore(executor, now - changeLogMs),
  });
  const slices = slicer(executor, maxRows);
  const outcomeKey = ["client_id", "mutation_id"];
  const outcomesOf = sql`_plasma_client_mutations`;
  const isGone = sql`client_id IN (SELECT client_id FROM _plasma_clients WHERE seen_at < ${bind(now - clientsMs)})`;
  const outcomes =
    (await slices.remove(
      outcomesOf,
      outcomeKey,
      // A pull of several pages asks what was decided since the version of its first one.
      sql`status = 'ok' AND time < ${bind(now - outcomesMs)} AND version <= ${bind(changeLog.horizon)}`,
    )) + (await slices.remove(outcomesOf, outcomeKey, isGone));
  const isOld = sql`last_at < ${bind(now - clientsMs)}`;
  const attempts = await slices.remove(sql`_plasma_attempts`, ["principal", "uid"], isOld);
  // After its outcomes: without the client nobody would find them.
  const clients = slices.isExhausted()
    ? 0
    : await slices.remove(sql`_plasma_clients`, ["client_id"], isGone);
  const tickets = await slices.remove(
    sql`_plasma_tickets`,
    ["hash"],
    sql`expires_at <= ${bind(now)}`,
  );
  return {
    changeLog,
    removed: { outcomes, clients, attempts, tickets },
    hasMore: changeLog.hasMore || slices.isExhausted(),
  };
}

/** The last version that was committed by then; 0 if there is none. */
async function lastVersionBefore(executor: SqlExecutor, time: number): Promise<number> {
  const [row] = await executor.all(
    sql`SELECT max(version) AS version FROM _plasma_versions WHERE time <= ${bind(time)}`,
  );
  return (row?.["version"] as number | null | undefined) ?? 0;
}
