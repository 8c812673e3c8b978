/**
 * PGlite, Postgres in one process, as an executor: for tests and small apps.
 *
 * It has one connection. Inside `transaction` only its own session may be used: the executor waits for it to end.
 */

import type { SqlExecutor, SqlRow } from "./executor.ts";
import { postgresExecutor } from "./postgres-executor.ts";
import type { PostgresQuery, PostgresResult } from "./postgres-executor.ts";
import { postgresValue } from "./postgres-values.ts";

/** What is used of a `PGlite`; the package itself is the app's. */
export interface PgliteLike extends PgliteSessionLike {
  transaction<T>(work: (session: PgliteSessionLike) => Promise<T>): Promise<T>;
}

export interface PgliteSessionLike {
  query(
    text: string,
    params: (string | null)[],
    options: PgliteQueryOptions,
  ): Promise<PgliteResultLike>;
}

export interface PgliteQueryOptions {
  parsers: Record<number, (text: string) => unknown>;
}

export interface PgliteResultLike {
  readonly rows: readonly unknown[];
  readonly rowCount?: number;
}

export function fromPglite(database: PgliteLike): SqlExecutor {
  return postgresExecutor({
    query: (query) => run(database, query),
    transaction: (mode, work) =>
      database.transaction(async (session) => {
        await run(session, { text: `SET TRANSACTION ${mode}`, params: [] });
        return work((query) => run(session, query));
      }),
  });
}

async function run(
  session: PgliteSessionLike,
  { text, params }: PostgresQuery,
): Promise<PostgresResult> {
  const { rows, rowCount } = await session.query(text, [...params], OPTIONS);
  return { rows: rows as readonly SqlRow[], changes: rowCount ?? 0 };
}

/**
 * The scalar types for which PGlite has parsers of its own: bool, bytea, int8, int2, int4, text, oid, json, float4,
 * float8, bpchar, varchar, date, timestamp, timestamptz, jsonb.
 */
const PARSED = [
  16, 17, 20, 21, 23, 25, 26, 114, 700, 701, 1042, 1043, 1082, 1114, 1184, 3802,
] as const;

const OPTIONS: PgliteQueryOptions = {
  parsers: Object.fromEntries(
    PARSED.map((type) => [type, (text: string) => postgresValue(type, text)]),
  ),
};
