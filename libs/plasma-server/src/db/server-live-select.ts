/**
 * `serverLiveSelect()`: the answer to a query of the app's own server code, again whenever its tables have changed.
 *
 * 1. One poll of the change log serves all that watch one executor: it asks for the version, and only if that has moved
 *    for the tables that changed. It runs while somebody watches.
 * 2. `onChange` hears of the first answer and of those after a change, one after another, never of an older one after a
 *    newer. While it is busy, changes are gathered into one.
 * 3. A failure (of the poll, of `fetch`, of `onChange`) is told to `onError`; the next poll tries again.
 * 4. When the log was compacted beyond what a poll has seen, everything counts as changed.
 */

import { SELECT_META, metaFrom } from "../change-log/meta.ts";
import { runtimePlatform } from "../platform.ts";
import type { Platform } from "../platform.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { bind, sql } from "../sql/fragment.ts";

export interface ServerLiveSelectOptions<T> {
  /** The database, and what identifies the shared poll: give the same object each time. */
  readonly executor: SqlExecutor;
  /** Asks the query, for example `() => db.select().from(todos)` with a `createServerDb()`. */
  readonly fetch: () => Promise<T>;
  readonly onChange: (result: T) => void | Promise<void>;
  /** The tables that the query looks at. Default: any change counts. */
  readonly tables?: readonly string[];
  /** Default: 1000. The shared poll goes by the shortest. */
  readonly pollIntervalMs?: number;
  /** Default: failures are not told. */
  readonly onError?: (error: unknown) => void;
  readonly platform?: Platform;
}

export interface ServerLiveSelect {
  stop(): void;
}

export function serverLiveSelect<T>(options: ServerLiveSelectOptions<T>): ServerLiveSelect {
  const { executor, platform = runtimePlatform() } = options;
  let poll = polls.get(executor);
  if (!poll) polls.set(executor, (poll = createPoll(executor, platform)));
  return { stop: poll.add(watcherOf(options)) };
}

interface Watcher {
  readonly tables: readonly string[] | null;
  readonly pollIntervalMs: number;
  /** Asks anew, now or when it has finished asking. */
  refresh(): void;
  fail(error: unknown): void;
  end(): void;
}

interface Poll {
  add(watcher: Watcher): () => void;
}

const polls = new WeakMap<SqlExecutor, Poll>();

function watcherOf<T>(options: ServerLiveSelectOptions<T>): Watcher {
  const { fetch, onChange, onError, tables, pollIntervalMs = 1000 } = options;
  let state: "idle" | "busy" | "again" | "over" = "idle";
  const fail = (error: unknown) => {
    if (state !== "over") onError?.(error);
  };
  const isOver = () => state === "over";
  const ask = async () => {
    try {
      const result = await fetch();
      if (!isOver()) await onChange(result);
    } catch (error) {
      fail(error);
    }
  };
  const refresh = async () => {
    if (state !== "idle") {
      if (state === "busy") state = "again";
      return;
    }
    do {
      state = "busy";
      await ask();
    } while (wantsMore());
    if (!isOver()) state = "idle";
  };
  const wantsMore = () => state === "again";
  return {
    tables: tables ?? null,
    pollIntervalMs,
    refresh: () => void refresh(),
    fail,
    end: () => {
      state = "over";
    },
  };
}

function createPoll(executor: SqlExecutor, platform: Platform): Poll {
  const watchers = new Set<Watcher>();
  let seen: number | null = null;
  let timer: unknown;
  let isPolling = false;

  const look = async () => {
    if (isPolling) return;
    isPolling = true;
    try {
      const changed = await changedTables();
      for (const watcher of watchers) {
        const concerned = watcher.tables?.some((table) => changed.has(table)) ?? changed.size > 0;
        if (concerned || changed.has(ANY)) watcher.refresh();
      }
    } catch (error) {
      for (const watcher of watchers) watcher.fail(error);
    } finally {
      isPolling = false;
      schedule();
    }
  };

  const changedTables = async (): Promise<ReadonlySet<string>> => {
    const { version, horizon } = metaFrom(await executor.all(SELECT_META));
    const since = seen;
    if (since === version) return new Set();
    const rows =
      since === null
        ? []
        : await executor.all(
            sql`SELECT DISTINCT table_name FROM _plasma_changes WHERE region = 0 AND version > ${bind(since)}`,
          );
    seen = version;
    if (since === null) return new Set();
    // Compacted, or restored from a backup: the log does not tell.
    if (since < horizon || since > version) return new Set([ANY]);
    return new Set(rows.map((row) => row["table_name"] as string));
  };

  const schedule = () => {
    platform.timers.clear(timer as never);
    timer = undefined;
    if (watchers.size === 0) return;
    const interval = Math.min(...[...watchers].map((watcher) => watcher.pollIntervalMs));
    timer = platform.timers.set(() => void look(), interval);
  };

  return {
    add(watcher) {
      watchers.add(watcher);
      if (watchers.size === 1) seen = null;
      // From where the log stands before the first answer, so that nothing falls in between.
      void look().then(() => watcher.refresh());
      return () => {
        watcher.end();
        watchers.delete(watcher);
        schedule();
      };
    },
  };
}

/** Stands for every table. No table can have this name. */
const ANY = "*";
