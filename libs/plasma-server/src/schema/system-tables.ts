/**
 * The engine's own tables.
 *
 * `_plasma_meta`              one row: database id, current version, key of the cookies, horizon, schema
 * `_plasma_versions`          every version with its random nonce: a cookie from another past is recognised by it
 * `_plasma_changes`           which rows each version touched, and on whose behalf
 * `_plasma_origin_context`    inside an engine commit: its version and origin; empty otherwise
 * `_plasma_clients`           who owns a client id, and its last mutation id
 * `_plasma_client_mutations`  the outcome of each mutation, until its client has seen it
 * `_plasma_guard`             always empty: an insert fails by a named constraint, and its batch with it
 * `_plasma_tickets`           hashes of tickets for sockets
 */

import type { Statement } from "../sql/executor.ts";
import { sql } from "../sql/fragment.ts";

/** Why a commit is called off. Each has its constraint, whose name shows in the database's error. */
export type GuardKind = "conflict" | "client" | "reference" | "schema";

const GUARD_CONSTRAINT = /plasma_guard_(conflict|client|reference|schema)\b/;

/** The guard that an error of the database speaks of. */
export function guardOf(message: string): GuardKind | null {
  return (GUARD_CONSTRAINT.exec(message)?.[1] as GuardKind | undefined) ?? null;
}

export const SYSTEM_TABLES: readonly Statement[] = [
  sql`CREATE TABLE IF NOT EXISTS _plasma_meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    database_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    mac_key TEXT NOT NULL,
    horizon INTEGER NOT NULL,
    schema_json TEXT NOT NULL
  ) STRICT`,
  sql`CREATE TABLE IF NOT EXISTS _plasma_versions (
    version INTEGER NOT NULL,
    region INTEGER NOT NULL DEFAULT 0,
    nonce TEXT NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (region, version)
  ) STRICT, WITHOUT ROWID`,
  sql`CREATE TABLE IF NOT EXISTS _plasma_changes (
    version INTEGER NOT NULL,
    region INTEGER NOT NULL DEFAULT 0,
    table_name TEXT NOT NULL,
    row_id TEXT NOT NULL,
    op TEXT NOT NULL,
    time INTEGER NOT NULL,
    origin_client TEXT,
    origin_mutation INTEGER,
    PRIMARY KEY (region, version, table_name, row_id)
  ) STRICT, WITHOUT ROWID`,
  sql`CREATE TABLE IF NOT EXISTS _plasma_origin_context (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    client_id TEXT,
    mutation_id INTEGER
  ) STRICT`,
  sql`CREATE TABLE IF NOT EXISTS _plasma_clients (
    client_id TEXT PRIMARY KEY NOT NULL,
    principal TEXT NOT NULL,
    client_group_id TEXT NOT NULL,
    last_mutation_id INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  sql`CREATE TABLE IF NOT EXISTS _plasma_client_mutations (
    client_id TEXT NOT NULL,
    mutation_id INTEGER NOT NULL,
    principal TEXT NOT NULL,
    uid TEXT,
    status TEXT NOT NULL,
    code TEXT,
    message TEXT,
    details TEXT,
    version INTEGER NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (client_id, mutation_id)
  ) STRICT, WITHOUT ROWID`,
  sql`CREATE UNIQUE INDEX IF NOT EXISTS _plasma_client_mutations_uid
    ON _plasma_client_mutations (principal, uid) WHERE uid IS NOT NULL`,
  sql`CREATE TABLE IF NOT EXISTS _plasma_guard (
    kind TEXT NOT NULL,
    CONSTRAINT plasma_guard_conflict CHECK (kind <> 'conflict'),
    CONSTRAINT plasma_guard_client CHECK (kind <> 'client'),
    CONSTRAINT plasma_guard_reference CHECK (kind <> 'reference'),
    CONSTRAINT plasma_guard_schema CHECK (kind <> 'schema')
  ) STRICT`,
  sql`CREATE TABLE IF NOT EXISTS _plasma_tickets (
    hash TEXT PRIMARY KEY NOT NULL,
    room TEXT NOT NULL,
    principal TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_group_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
];
