/**
 * Tables and log on Postgres.
 *
 * Commits follow each other: each takes one lock of the database first, and has it until it is over. So the order of
 * versions is the order of commits, and a reader who has seen a version has seen all before it. (A sequence would give
 * numbers in another order than that in which they become visible, and a reader would skip the late ones.)
 */

import { bindInteger, bindText, sql } from "../sql/fragment.ts";
import { postgresAlterations } from "./postgres-alterations.ts";
import { addToPostgresTable, createPostgresTables } from "./postgres-tables.ts";
import {
  LOCK,
  LOG_FUNCTIONS,
  postgresTriggerNamesOf,
  postgresTriggersOf,
} from "./postgres-triggers.ts";
import type { SchemaDialect } from "./schema-dialect.ts";
import { systemTables } from "./system-tables.ts";

/** Postgres cuts names after 63 bytes. Histories and functions have the table's name and up to 17 bytes before it. */
const MAX_TABLE_NAME = 46;

export const postgresSchema: SchemaDialect = {
  lock: [sql`SELECT ${LOCK}`],
  tableNames: sql`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()`,
  systemTables: [
    ...systemTables({
      integer: sql`bigint`,
      text: sql`text COLLATE "C"`,
      end: sql``,
      endKeyed: sql``,
    }),
    ...LOG_FUNCTIONS,
  ],
  triggerNames: sql`SELECT class.relname || '.' || trigger.tgname AS name
    FROM pg_trigger AS trigger JOIN pg_class AS class ON class.oid = trigger.tgrelid
    WHERE class.relnamespace = CAST(current_schema() AS regnamespace) AND NOT trigger.tgisinternal AND trigger.tgenabled <> 'D'`,
  triggersOf: (table) => ({
    names: postgresTriggerNamesOf(table),
    make: postgresTriggersOf(table),
  }),
  objectionTo: ({ name }) =>
    name.length <= MAX_TABLE_NAME
      ? null
      : `The name of the table "${name}" is too long for Postgres. Use at most ${MAX_TABLE_NAME} characters.`,
  createTables: createPostgresTables,
  addToTable: addToPostgresTable,
  alterations: postgresAlterations,
  required: (column) => ({ ...column, nullable: false }),
  begin: (version, { clientID, mutationID }) => [
    sql`SELECT ${LOCK}, set_config('plasma.version', ${bindText(String(version))}, true),
      set_config('plasma.client', coalesce(${bindText(clientID)}, ''), true),
      set_config('plasma.mutation', coalesce(CAST(${bindInteger(mutationID)} AS text), ''), true)`,
  ],
  // The settings end with the transaction.
  end: [],
};
