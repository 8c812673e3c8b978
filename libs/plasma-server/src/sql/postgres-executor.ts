/**
 * What all Postgres drivers have in common: placeholders, values, batches.
 *
 * 1. Values do not depend on the driver or on its settings: each arrives as text and is read here.
 * 2. A batch of reads sees one snapshot (REPEATABLE READ). In a batch that writes, each statement sees what was
 *    committed before it began (READ COMMITTED), so that a lock taken by its first statement guards all others.
 * 3. Errors are the driver's own, with their SQLSTATE as `code`.
 */

import type { SqlExecutor, SqlRow, SqlSession, Statement } from "./executor.ts";
import { isRead, withNumberedParameters } from "./postgres-text.ts";

export interface PostgresDriver {
  query(query: PostgresQuery): Promise<PostgresResult>;
  /** Runs `work` between this BEGIN and a COMMIT, on one connection; rolls back if it fails. */
  transaction<T>(begin: TransactionMode, work: (run: PostgresRun) => Promise<T>): Promise<T>;
}

export type PostgresRun = (query: PostgresQuery) => Promise<PostgresResult>;

export interface PostgresQuery {
  /** With `$1`, `$2`, … */
  readonly text: string;
  readonly params: readonly (string | null)[];
}

export interface PostgresResult {
  readonly rows: readonly SqlRow[];
  readonly changes: number;
}

export type TransactionMode =
  "ISOLATION LEVEL REPEATABLE READ READ ONLY" | "ISOLATION LEVEL READ COMMITTED READ WRITE";

const SNAPSHOT: TransactionMode = "ISOLATION LEVEL REPEATABLE READ READ ONLY";
const WRITING: TransactionMode = "ISOLATION LEVEL READ COMMITTED READ WRITE";

export function postgresExecutor(driver: PostgresDriver): SqlExecutor {
  return {
    dialect: "postgres",
    ...sessionOf((query) => driver.query(query)),
    batch: async (statements) => {
      const [only] = statements;
      if (!only) return [];
      if (statements.length === 1) return [[...(await driver.query(queryOf(only))).rows]];
      const queries = statements.map(queryOf);
      return driver.transaction(statements.every(isRead) ? SNAPSHOT : WRITING, async (run) => {
        const results: SqlRow[][] = [];
        for (const query of queries) results.push([...(await run(query)).rows]);
        return results;
      });
    },
    transaction: (work) => driver.transaction(WRITING, (run) => work(sessionOf(run))),
  };
}

function sessionOf(run: PostgresRun): SqlSession {
  return {
    all: async (statement) => [...(await run(queryOf(statement))).rows],
    run: async (statement) => ({ changes: (await run(queryOf(statement))).changes }),
  };
}

function queryOf(statement: Statement): PostgresQuery {
  return {
    text: withNumberedParameters(statement),
    params: statement.params.map((param) => (param === null ? null : String(param))),
  };
}

/** Five letters and digits that say what went wrong, whatever language the message is in. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" ? code : undefined;
}
