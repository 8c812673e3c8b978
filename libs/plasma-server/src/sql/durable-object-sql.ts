/**
 * A Durable Object's own SQLite as an executor: `fromDurableObjectSql(ctx.storage)`.
 *
 * It is synchronous, and only the object itself reaches it: a batch runs from its first statement to its last without
 * giving way. Its SQL has the limits of D1 (parameters, patterns, sizes), which is why statements are made for both.
 */

import { withFewParameters } from "./d1-parameters.ts";
import type { SqlExecutor, SqlRow, Statement } from "./executor.ts";

/** What is used of a `DurableObjectStorage`. */
export interface DurableObjectStorageLike {
  readonly sql: { exec(query: string, ...bindings: unknown[]): { toArray(): unknown[] } };
  transactionSync<T>(work: () => T): T;
}

export function fromDurableObjectSql(storage: DurableObjectStorageLike): SqlExecutor {
  const all = (statement: Statement): SqlRow[] => {
    const { text, params } = withFewParameters(statement);
    const rows = storage.sql.exec(text, ...params).toArray() as Record<string, unknown>[];
    return rows.map(withBytes);
  };
  return {
    dialect: "sqlite",
    all: async (statement) => all(statement),
    run: async (statement) => {
      all(statement);
      const [row] = all({ text: "SELECT changes() AS changes", params: [] });
      return { changes: row?.["changes"] as number };
    },
    batch: async (statements) => storage.transactionSync(() => statements.map(all)),
  };
}

/** A blob comes as an `ArrayBuffer`, which has no elements of its own. */
function withBytes(row: Record<string, unknown>): SqlRow {
  for (const [column, value] of Object.entries(row)) {
    if (value instanceof ArrayBuffer) row[column] = new Uint8Array(value);
  }
  return row;
}
