/**
 * Changes of tables that are there, for SQLite.
 *
 * 1. Triggers and indexes name columns, and SQLite keeps what they name: so they go first, and are made anew at the end.
 * 2. SQLite changes no property of a column. It is copied into a new one, which takes its place.
 * 3. Columns go before tables, and tables before those they refer to, so that no reference is left without a target.
 */

import type { Statement } from "../sql/executor.ts";
import { name, sql } from "../sql/fragment.ts";
import type { ColumnDescription, TableDescription } from "./description.ts";
import { historyTable } from "./history-names.ts";
import { referrersFirst } from "./referrers-first.ts";
import { breaksLog } from "./schema-dialect.ts";
import type { TableAlteration } from "./schema-dialect.ts";
import {
  columnDefinition,
  createSqliteHistory,
  createSqliteIndexes,
  dropSqliteIndexes,
} from "./sqlite-tables.ts";
import { dropTriggersOf, triggersOf } from "./sqlite-triggers.ts";

/** No column of an app can be called like this. */
const NEXT = name("_plasma_next");

export function alterSqliteTables(alterations: readonly TableAlteration[]): Statement[] {
  const kept = alterations.flatMap((alteration) => {
    const { after } = alteration;
    return after ? [{ ...alteration, after }] : [];
  });
  const dropped = alterations.filter(({ after }) => after === null).map(({ before }) => before);
  return [
    ...alterations.flatMap(({ before }) => [
      ...dropTriggersOf(before),
      ...dropSqliteIndexes(before),
    ]),
    ...alterations
      .filter(breaksLog)
      .map(({ before }) => sql`DROP TABLE ${name(historyTable(before.name))}`),
    ...alterations.flatMap(({ before, droppedColumns }) =>
      droppedColumns.map(
        (column) => sql`ALTER TABLE ${name(before.name)} DROP COLUMN ${name(column)}`,
      ),
    ),
    ...referrersFirst(dropped).map((table) => sql`DROP TABLE ${name(table.name)}`),
    ...kept.flatMap(renamed),
    ...kept.flatMap(({ after, alteredColumns }) =>
      alteredColumns.flatMap((column) => replaced(after, column)),
    ),
    ...kept.flatMap((alteration) => [
      ...(breaksLog(alteration) ? createSqliteHistory(alteration.after) : []),
      ...createSqliteIndexes(alteration.after),
      ...triggersOf(alteration.after),
    ]),
  ];
}

function renamed({
  before,
  after,
  renamedColumns,
}: TableAlteration & { readonly after: TableDescription }): Statement[] {
  const table = name(after.name);
  return [
    ...(before.name === after.name
      ? []
      : [sql`ALTER TABLE ${name(before.name)} RENAME TO ${table}`]),
    ...renamedColumns.map(
      ({ from, to }) => sql`ALTER TABLE ${table} RENAME COLUMN ${name(from)} TO ${name(to)}`,
    ),
  ];
}

function replaced(
  table: TableDescription,
  { before, after }: { readonly before: ColumnDescription; readonly after: ColumnDescription },
): Statement[] {
  // Being unique is an index, and of a column that was nullable, triggers ask for a value.
  const isHeld = !before.nullable && !before.requiredBy;
  if (before.default === after.default && !(isHeld && after.nullable)) return [];
  const column = name(after.name);
  const on = name(table.name);
  const next = columnDefinition({ ...after, name: "_plasma_next" });
  return [
    sql`ALTER TABLE ${on} ADD COLUMN ${next}`,
    sql`UPDATE ${on} SET ${NEXT} = ${column}`,
    sql`ALTER TABLE ${on} DROP COLUMN ${column}`,
    sql`ALTER TABLE ${on} RENAME COLUMN ${NEXT} TO ${column}`,
  ];
}
