/**
 * Changes of tables that are there, for Postgres, which follows a renamed column or table into indexes and references
 * by itself.
 */

import type { Statement } from "../sql/executor.ts";
import { name, sql } from "../sql/fragment.ts";
import type { TableDescription } from "./description.ts";
import { createPostgresHistory, createUniqueIndexes, defaultOf } from "./postgres-tables.ts";
import { dropPostgresTriggersOf, postgresTriggersOf } from "./postgres-triggers.ts";
import type { AlterationSteps, AlteredColumn } from "./table-alterations.ts";

export const postgresAlterations: AlterationSteps = {
  release: dropPostgresTriggersOf,
  alterColumn,
  createHistory: createPostgresHistory,
  hold: postgresTriggersOf,
};

function alterColumn(table: TableDescription, { before, after }: AlteredColumn): Statement[] {
  const column = sql`ALTER TABLE ${name(table.name)} ALTER COLUMN ${name(after.name)}`;
  const statements: Statement[] = [];
  if (before.nullable !== after.nullable) {
    statements.push(after.nullable ? sql`${column} DROP NOT NULL` : sql`${column} SET NOT NULL`);
  }
  if (before.default !== after.default) {
    statements.push(
      after.default === null
        ? sql`${column} DROP DEFAULT`
        : sql`${column} SET DEFAULT ${{ text: defaultOf(after, after.default), params: [] }}`,
    );
  }
  if (after.unique && !before.unique) {
    statements.push(...createUniqueIndexes({ ...table, columns: [after] }));
  }
  return statements;
}
