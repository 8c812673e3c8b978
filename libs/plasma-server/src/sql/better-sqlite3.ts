/**
 * better-sqlite3 as an executor, for Node servers and tests.
 *
 * The driver is synchronous: a batch runs from its BEGIN to its COMMIT without giving way, so on this connection no
 * other statement can come in between, and batches follow each other in the order of their calls. Other processes on
 * the same file wait their turn (`busyTimeoutMs`).
 */

import type { SqlExecutor, SqlRow, Statement } from "./executor.ts";

/** What is used of a better-sqlite3 `Database`; the package itself is the app's. */
export interface BetterSqlite3Like {
  readonly memory: boolean;
  readonly inTransaction: boolean;
  pragma(source: string): unknown;
  prepare(text: string): BetterSqlite3StatementLike;
  exec(text: string): unknown;
}

export interface BetterSqlite3StatementLike {
  /** Whether it gives rows. */
  readonly reader: boolean;
  readonly readonly: boolean;
  all(...params: unknown[]): unknown[];
  run(...params: unknown[]): { changes: number };
}

export interface BetterSqlite3Options {
  /** FULL (default): a commit survives power loss. NORMAL: the last commits may not, and writes are faster. */
  readonly synchronous?: "FULL" | "NORMAL";
  /** How long to wait for another process that is writing. Default: 5000. */
  readonly busyTimeoutMs?: number;
}

/** How many prepared statements are kept: the engine's own are few, and the rest are the app's queries. */
const MAX_PREPARED = 500;

export function fromBetterSqlite3(
  database: BetterSqlite3Like,
  options: BetterSqlite3Options = {},
): SqlExecutor {
  if (!database.memory) database.pragma("journal_mode = WAL");
  database.pragma(`synchronous = ${options.synchronous === "NORMAL" ? "NORMAL" : "FULL"}`);
  database.pragma("foreign_keys = ON");
  database.pragma(`busy_timeout = ${Math.trunc(options.busyTimeoutMs ?? 5000)}`);

  const prepared = new Map<string, BetterSqlite3StatementLike>();
  const prepare = (text: string) => {
    let statement = prepared.get(text);
    if (statement) {
      prepared.delete(text);
    } else {
      statement = database.prepare(text);
      for (const oldest of prepared.keys()) {
        if (prepared.size < MAX_PREPARED) break;
        prepared.delete(oldest);
      }
    }
    prepared.set(text, statement);
    return statement;
  };
  const all = ({ text, params }: Statement): SqlRow[] => {
    const statement = prepare(text);
    if (statement.reader) return statement.all(...params) as SqlRow[];
    statement.run(...params);
    return [];
  };
  const transaction = (statements: readonly Statement[]): SqlRow[][] => {
    // A later statement may need what an earlier one creates, so they are prepared one by one as they run.
    database.exec("BEGIN IMMEDIATE");
    try {
      const results = statements.map(all);
      database.exec("COMMIT");
      return results;
    } catch (error) {
      // Some failures (a full disk) have rolled back already.
      if (database.inTransaction) database.exec("ROLLBACK");
      throw error;
    }
  };
  const snapshot = (statements: readonly Statement[]): SqlRow[][] => {
    database.exec("BEGIN DEFERRED");
    try {
      return statements.map(all);
    } finally {
      database.exec("COMMIT");
    }
  };
  const isRead = ({ text }: Statement) =>
    /^\s*(SELECT|WITH)\b/i.test(text) && prepare(text).readonly;

  return {
    dialect: "sqlite",
    all: async (statement) => all(statement),
    run: async ({ text, params }) => {
      const statement = prepare(text);
      if (statement.reader) return { changes: statement.all(...params).length };
      return { changes: statement.run(...params).changes };
    },
    batch: async (statements) => (statements.every(isRead) ? snapshot : transaction)(statements),
  };
}
