/** Reading the engine's one row about the database, and the nonces of its versions. */

import type { SqlRow, Statement } from "../sql/executor.ts";
import { bindInteger, join, sql } from "../sql/fragment.ts";

export interface DatabaseMeta {
  readonly databaseId: string;
  readonly version: number;
  readonly macKey: string;
  /** The log is complete after this version only. */
  readonly horizon: number;
}

export const SELECT_META: Statement = sql`SELECT database_id, version, mac_key, horizon FROM _plasma_meta`;

export function metaFrom(rows: readonly SqlRow[]): DatabaseMeta {
  const [row] = rows;
  if (!row) throw new Error("The database has no _plasma_meta row. Run ensureSchema() first.");
  return {
    databaseId: row["database_id"] as string,
    version: row["version"] as number,
    macKey: row["mac_key"] as string,
    horizon: row["horizon"] as number,
  };
}

/** The nonces of some versions. */
export function selectNonces(versions: readonly number[]): Statement {
  const wanted = versions.length === 0 ? [-1] : versions;
  return sql`SELECT version, nonce FROM _plasma_versions WHERE region = 0 AND version IN (${join(wanted.map(bindInteger))})`;
}

/** The nonce of the version that the database stands at. */
export const SELECT_CURRENT_NONCE: Statement = sql`SELECT version, nonce FROM _plasma_versions WHERE region = 0 AND version = (SELECT version FROM _plasma_meta)`;

export function noncesFrom(rows: readonly SqlRow[]): ReadonlyMap<number, string> {
  return new Map(rows.map((row) => [row["version"] as number, row["nonce"] as string]));
}
