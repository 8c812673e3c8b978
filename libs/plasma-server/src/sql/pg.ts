/**
 * node-postgres (`pg`) as an executor.
 *
 * A connection whose transaction could not be ended is closed, not given back: nobody gets another one's half-done
 * work. The pool's own settings for types are not used.
 */

import type { SqlExecutor, SqlRow } from "./executor.ts";
import { postgresExecutor } from "./postgres-executor.ts";
import type { PostgresQuery, PostgresResult } from "./postgres-executor.ts";
import { postgresValue } from "./postgres-values.ts";

/** What is used of a `pg` `Pool`; the package itself is the app's. */
export interface PgPoolLike {
  query(query: PgQuery): Promise<PgResultLike>;
  connect(): Promise<PgClientLike>;
}

export interface PgClientLike {
  query(query: PgQuery): Promise<PgResultLike>;
  /** With true the connection is closed. */
  release(destroy?: boolean): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

export interface PgQuery {
  text: string;
  values: (string | null)[];
  types: { getTypeParser(type: number): (text: string) => unknown };
}

export interface PgResultLike {
  readonly rows: readonly unknown[];
  readonly rowCount: number | null;
}

export function fromPg(pool: PgPoolLike): SqlExecutor {
  return postgresExecutor({
    query: async (query) => resultOf(await pool.query(pgQuery(query))),
    async transaction(mode, work) {
      const client = await pool.connect();
      // A connection that breaks between two queries says so by an event, which nobody else hears while it is lent
      // out and which would end the process. The next query fails by itself.
      client.on("error", ignore);
      const run = async (query: PostgresQuery) => resultOf(await client.query(pgQuery(query)));
      let isUsable = false;
      try {
        await run(command(`BEGIN ${mode}`));
        const result = await work(run);
        await run(command("COMMIT"));
        isUsable = true;
        return result;
      } catch (error) {
        isUsable = await run(command("ROLLBACK")).then(
          () => true,
          () => false,
        );
        throw error;
      } finally {
        // One that is closed may still say that it broke; one that goes back is the pool's to listen to.
        if (isUsable) client.off("error", ignore);
        client.release(!isUsable);
      }
    },
  });
}

function ignore(): void {}

function command(text: string): PostgresQuery {
  return { text, params: [] };
}

const TYPES: PgQuery["types"] = {
  getTypeParser: (type) => (text) => postgresValue(type, text),
};

function pgQuery({ text, params }: PostgresQuery): PgQuery {
  return { text, values: [...params], types: TYPES };
}

function resultOf({ rows, rowCount }: PgResultLike): PostgresResult {
  return { rows: rows as readonly SqlRow[], changes: rowCount ?? 0 };
}
