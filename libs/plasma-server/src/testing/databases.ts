/** Empty databases for tests in Node, one of each kind. */

import { PGlite } from "@electric-sql/pglite";
import Database from "better-sqlite3";
import pg from "pg";
import { inject } from "vitest";
import { fromBetterSqlite3 } from "../sql/better-sqlite3.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { fromPg } from "../sql/pg.ts";
import { fromPglite } from "../sql/pglite.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** See tools/vitest/postgres.ts. */
    postgres: { readonly host: string; readonly user: string; readonly database: string } | null;
  }
}

export interface TestDatabase {
  readonly engine: "better-sqlite3" | "D1" | "Postgres" | "PGlite";
  readonly executor: SqlExecutor;
  close(): Promise<void>;
}

export function hasPostgres(): boolean {
  return inject("postgres") !== null;
}

export async function openSqlite(): Promise<TestDatabase> {
  const database = new Database(":memory:");
  return {
    engine: "better-sqlite3",
    executor: fromBetterSqlite3(database),
    close: async () => void database.close(),
  };
}

export async function openPglite(): Promise<TestDatabase> {
  const database = await PGlite.create();
  return {
    engine: "PGlite",
    executor: fromPglite(database),
    close: () => database.close(),
  };
}

/** Postgres where it is installed, and PGlite elsewhere. */
export async function openPostgres(): Promise<TestDatabase> {
  if (!hasPostgres()) return openPglite();
  const pool = await openPool();
  return { engine: "Postgres", executor: fromPg(pool), close: () => pool.end() };
}

/** Connections to a new database of the Postgres that runs beside the tests. */
export async function openPool(): Promise<pg.Pool> {
  const server = inject("postgres");
  if (!server) throw new Error("Postgres is not installed: ask hasPostgres() first.");
  const admin = new pg.Client(server);
  await admin.connect();
  try {
    const { rows } = await admin.query<{ name: string }>("SELECT gen_random_uuid()::text AS name");
    const database = `test-${rows[0]!.name}`;
    // Its own order of text is another than ours ("a" < "B" < "c"), so that no query may rely on it.
    await admin.query(
      `CREATE DATABASE "${database}" TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'`,
    );
    return new pg.Pool({ ...server, database, max: 8 });
  } finally {
    await admin.end();
  }
}
