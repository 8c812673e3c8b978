/**
 * The engine's own tables.
 *
 * `_plasma_meta`              one row: database id, current version, key of the cookies, horizon, schema
 * `_plasma_versions`          every version with its random nonce: a cookie from another past is recognised by it
 * `_plasma_changes`           which rows each version touched, and on whose behalf
 * `_plasma_origin_context`    SQLite: inside an engine commit its origin; empty otherwise
 * `_plasma_clients`           who owns a client id, and its last mutation id
 * `_plasma_client_mutations`  the outcome of each mutation, until its client has seen it
 * `_plasma_attempts`          mutations that failed for no reason of their own: how often, and those given up with args
 * `_plasma_guard`             always empty: an insert fails by a named constraint, and its batch with it
 * `_plasma_tickets`           hashes of tickets for sockets
 */

import type { Statement } from "../sql/executor.ts";
import { sql } from "../sql/fragment.ts";
import type { SqlFragment } from "../sql/fragment.ts";

/** Why a commit is called off. Each has its constraint, whose name shows in the database's error. */
export type GuardKind = "reference" | "taken" | "schema";

const GUARD_CONSTRAINT = /plasma_guard_(reference|taken|schema)\b/;

/**
 * Whether an error of the database means that a commit was overtaken: a value that is only found where everything is as
 * it was read is missing, and its column cannot be null. The names are in the error whatever language it has.
 */
export function isOvertaken(message: string): boolean {
  return /_plasma_(versions|clients|client_mutations)/.test(message);
}

/** The guard that an error of the database speaks of. */
export function guardOf(message: string): GuardKind | null {
  return (GUARD_CONSTRAINT.exec(message)?.[1] as GuardKind | undefined) ?? null;
}

/** What they are made of on a database. */
export interface SystemTypes {
  readonly integer: SqlFragment;
  /** Compared by code point. */
  readonly text: SqlFragment;
  /** What ends the definition of a table, and of one that lies in the order of its key. */
  readonly end: SqlFragment;
  readonly endKeyed: SqlFragment;
}

export function systemTables({ integer, text, end, endKeyed }: SystemTypes): Statement[] {
  return [
    sql`CREATE TABLE IF NOT EXISTS _plasma_meta (
    id ${integer} PRIMARY KEY CHECK (id = 1),
    database_id ${text} NOT NULL,
    version ${integer} NOT NULL,
    mac_key ${text} NOT NULL,
    horizon ${integer} NOT NULL,
    schema_json ${text} NOT NULL
  )${end}`,
    sql`CREATE TABLE IF NOT EXISTS _plasma_versions (
    version ${integer} NOT NULL,
    region ${integer} NOT NULL DEFAULT 0,
    nonce ${text} NOT NULL,
    time ${integer} NOT NULL,
    PRIMARY KEY (region, version)
  )${endKeyed}`,
    sql`CREATE TABLE IF NOT EXISTS _plasma_changes (
    version ${integer} NOT NULL,
    region ${integer} NOT NULL DEFAULT 0,
    table_name ${text} NOT NULL,
    row_id ${text} NOT NULL,
    op ${text} NOT NULL,
    time ${integer} NOT NULL,
    origin_client ${text},
    origin_mutation ${integer},
    PRIMARY KEY (region, version, table_name, row_id)
  )${endKeyed}`,
    sql`CREATE TABLE IF NOT EXISTS _plasma_origin_context (
    id ${integer} PRIMARY KEY CHECK (id = 1),
    client_id ${text},
    mutation_id ${integer}
  )${end}`,
    sql`CREATE TABLE IF NOT EXISTS _plasma_clients (
    client_id ${text} PRIMARY KEY NOT NULL,
    principal ${text} NOT NULL,
    client_group_id ${text} NOT NULL,
    last_mutation_id ${integer} NOT NULL,
    seen_at ${integer} NOT NULL
  )${endKeyed}`,
    sql`CREATE TABLE IF NOT EXISTS _plasma_client_mutations (
    client_id ${text} NOT NULL,
    mutation_id ${integer} NOT NULL,
    principal ${text} NOT NULL,
    uid ${text},
    status ${text} NOT NULL,
    code ${text},
    message ${text},
    details ${text},
    version ${integer} NOT NULL,
    time ${integer} NOT NULL,
    PRIMARY KEY (client_id, mutation_id)
  )${endKeyed}`,
    sql`CREATE UNIQUE INDEX IF NOT EXISTS _plasma_client_mutations_uid
    ON _plasma_client_mutations (principal, uid) WHERE uid IS NOT NULL`,
    sql`CREATE INDEX IF NOT EXISTS _plasma_client_mutations_reasons
    ON _plasma_client_mutations (client_id, mutation_id) WHERE message IS NOT NULL`,
    sql`CREATE TABLE IF NOT EXISTS _plasma_attempts (
    principal ${text} NOT NULL,
    uid ${text} NOT NULL,
    client_id ${text} NOT NULL,
    mutation_id ${integer} NOT NULL,
    name ${text} NOT NULL,
    args ${text} NOT NULL,
    attempts ${integer} NOT NULL,
    first_at ${integer} NOT NULL,
    last_at ${integer} NOT NULL,
    quarantined_at ${integer},
    PRIMARY KEY (principal, uid)
  )${endKeyed}`,
    // Always empty, and older layouts know fewer kinds.
    sql`DROP TABLE IF EXISTS _plasma_guard`,
    sql`CREATE TABLE _plasma_guard (
    kind ${text} NOT NULL,
    -- For builds of earlier layouts, which may still be running.
    CONSTRAINT plasma_guard_conflict CHECK (kind <> 'conflict'),
    CONSTRAINT plasma_guard_client CHECK (kind <> 'client'),
    CONSTRAINT plasma_guard_reference CHECK (kind <> 'reference'),
    CONSTRAINT plasma_guard_taken CHECK (kind <> 'taken'),
    CONSTRAINT plasma_guard_schema CHECK (kind <> 'schema')
  )${end}`,
    // Nothing in it is older than half a minute.
    sql`DROP TABLE IF EXISTS _plasma_tickets`,
    sql`CREATE TABLE _plasma_tickets (
    hash ${text} PRIMARY KEY NOT NULL,
    room ${text} NOT NULL,
    principal ${text} NOT NULL,
    client_id ${text} NOT NULL,
    client_group_id ${text} NOT NULL,
    expires_at ${integer} NOT NULL,
    session_expires_at ${integer}
  )${endKeyed}`,
  ];
}
