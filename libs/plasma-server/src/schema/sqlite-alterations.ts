/**
 * Changes of tables that are there, for SQLite.
 *
 * 1. Triggers and indexes name columns, and SQLite keeps what they name: they stand in the way of every change.
 * 2. SQLite changes no property of a column. It is copied into a new one, which takes its place.
 */

import type { Statement } from "../sql/executor.ts";
import { name, sql } from "../sql/fragment.ts";
import type { TableDescription } from "./description.ts";
import {
  columnDefinition,
  createSqliteHistory,
  createSqliteIndexes,
  dropSqliteIndexes,
} from "./sqlite-tables.ts";
import { dropTriggersOf, triggersOf } from "./sqlite-triggers.ts";
import type { AlterationSteps, AlteredColumn } from "./table-alterations.ts";

export const sqliteAlterations: AlterationSteps = {
  release: (table) => [...dropTriggersOf(table), ...dropSqliteIndexes(table)],
  alterColumn: replaceColumn,
  createHistory: createSqliteHistory,
  hold: (table) => [...createSqliteIndexes(table), ...triggersOf(table)],
};

/** No column of an app can be called like this. */
const NEXT = "_plasma_next";

function replaceColumn(table: TableDescription, { before, after }: AlteredColumn): Statement[] {
  // Being unique is an index, and of a column that was nullable, triggers ask for a value.
  const isHeld = !before.nullable && !before.requiredBy;
  if (before.default === after.default && !(isHeld && after.nullable)) return [];
  const on = name(table.name);
  const column = name(after.name);
  const next = name(NEXT);
  return [
    sql`ALTER TABLE ${on} ADD COLUMN ${columnDefinition({ ...after, name: NEXT })}`,
    sql`UPDATE ${on} SET ${next} = ${column}`,
    sql`ALTER TABLE ${on} DROP COLUMN ${column}`,
    sql`ALTER TABLE ${on} RENAME COLUMN ${next} TO ${column}`,
  ];
}
