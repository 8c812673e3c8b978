/**
 * Cloudflare D1 as an executor.
 *
 * D1 has no BEGIN: `batch()` is its one transaction. Queries without a session go to the primary, so reads are
 * never behind.
 */

import { withFewParameters } from "./d1-parameters.ts";
import type { SqlExecutor, SqlRow, Statement } from "./executor.ts";

/** What is used of a D1 binding. */
export interface D1Like {
  prepare(text: string): D1StatementLike;
  batch(statements: D1StatementLike[]): Promise<readonly { results?: unknown }[]>;
}

export interface D1StatementLike {
  bind(...params: unknown[]): D1StatementLike;
  all(): Promise<{ results?: unknown; meta?: { changes?: number } }>;
  run(): Promise<{ meta?: { changes?: number } }>;
}

export function fromD1(database: D1Like): SqlExecutor {
  const prepare = (given: Statement) => {
    const { text, params } = withFewParameters(given);
    const statement = database.prepare(text);
    return params.length > 0 ? statement.bind(...params) : statement;
  };
  return {
    dialect: "sqlite",
    all: async (statement) => rowsOf(await prepare(statement).all()),
    run: async (statement) => {
      const { meta } = await prepare(statement).run();
      return { changes: meta?.changes ?? 0 };
    },
    batch: async (statements) => {
      if (statements.length === 0) return [];
      const results = await database.batch(statements.map(prepare));
      return results.map(rowsOf);
    },
  };
}

function rowsOf(result: { results?: unknown }): SqlRow[] {
  return Array.isArray(result.results) ? (result.results as SqlRow[]) : [];
}
