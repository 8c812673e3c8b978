/** Tables and log on SQLite and D1. A batch has the database to itself, so nothing needs a lock. */

import { bind, sql } from "../sql/fragment.ts";
import type { SchemaDialect } from "./schema-dialect.ts";
import { sqliteAlterations } from "./sqlite-alterations.ts";
import { addToSqliteTable, createSqliteTable } from "./sqlite-tables.ts";
import { triggerNamesOf, triggersOf } from "./sqlite-triggers.ts";
import { systemTables } from "./system-tables.ts";

export const sqliteSchema: SchemaDialect = {
  lock: [],
  tableNames: sql`SELECT name FROM sqlite_master WHERE type = 'table'`,
  systemTables: systemTables({
    integer: sql`INTEGER`,
    text: sql`TEXT`,
    end: sql` STRICT`,
    endKeyed: sql` STRICT, WITHOUT ROWID`,
  }),
  triggerNames: sql`SELECT name FROM sqlite_master WHERE type = 'trigger'`,
  triggersOf: (table) => ({ names: triggerNamesOf(table), make: triggersOf(table) }),
  objectionTo: () => null,
  createTables: (tables) => tables.flatMap(createSqliteTable),
  addToTable: addToSqliteTable,
  alterations: sqliteAlterations,
  required: (column) => ({ ...column, nullable: false, requiredBy: "triggers" }),
  begin: (_version, { clientID, mutationID }) => [
    sql`INSERT INTO _plasma_origin_context (id, client_id, mutation_id) VALUES (1, ${bind(clientID)}, ${bind(mutationID)})`,
  ],
  end: [sql`DELETE FROM _plasma_origin_context`],
};
