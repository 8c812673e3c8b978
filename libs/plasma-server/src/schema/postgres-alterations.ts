/**
 * Changes of tables that are there, for Postgres, which follows a renamed column or table into indexes and references
 * by itself. Columns go before tables, and tables before those they refer to.
 */

import type { Statement } from "../sql/executor.ts";
import { name, sql } from "../sql/fragment.ts";
import type { SqlFragment } from "../sql/fragment.ts";
import type { ColumnDescription, TableDescription } from "./description.ts";
import { historyTable } from "./history-names.ts";
import { createPostgresHistory, createUniqueIndexes, defaultOf } from "./postgres-tables.ts";
import { dropPostgresTriggersOf, postgresTriggersOf } from "./postgres-triggers.ts";
import { referrersFirst } from "./referrers-first.ts";
import { breaksLog } from "./schema-dialect.ts";
import type { TableAlteration } from "./schema-dialect.ts";

export function alterPostgresTables(alterations: readonly TableAlteration[]): Statement[] {
  const kept = alterations.flatMap((alteration) => {
    const { after } = alteration;
    return after ? [{ ...alteration, after }] : [];
  });
  const dropped = alterations.filter(({ after }) => after === null).map(({ before }) => before);
  return [
    ...alterations.flatMap(({ before }) => dropPostgresTriggersOf(before)),
    ...alterations
      .filter(breaksLog)
      .map(({ before }) => sql`DROP TABLE ${name(historyTable(before.name))}`),
    ...alterations.flatMap(({ before, droppedColumns }) =>
      droppedColumns.map(
        (column) => sql`ALTER TABLE ${name(before.name)} DROP COLUMN ${name(column)}`,
      ),
    ),
    ...referrersFirst(dropped).map((table) => sql`DROP TABLE ${name(table.name)}`),
    ...kept.flatMap(({ before, after, renamedColumns }) => [
      ...(before.name === after.name
        ? []
        : [sql`ALTER TABLE ${name(before.name)} RENAME TO ${name(after.name)}`]),
      ...renamedColumns.map(
        ({ from, to }) =>
          sql`ALTER TABLE ${name(after.name)} RENAME COLUMN ${name(from)} TO ${name(to)}`,
      ),
    ]),
    ...kept.flatMap(({ after, alteredColumns }) =>
      alteredColumns.flatMap((column) => altered(after, column)),
    ),
    ...kept.flatMap((alteration) => [
      ...(breaksLog(alteration) ? createPostgresHistory(alteration.after) : []),
      ...postgresTriggersOf(alteration.after),
    ]),
  ];
}

function altered(
  table: TableDescription,
  { before, after }: { readonly before: ColumnDescription; readonly after: ColumnDescription },
): Statement[] {
  const column = sql`ALTER TABLE ${name(table.name)} ALTER COLUMN ${name(after.name)}`;
  const statements: Statement[] = [];
  if (before.nullable !== after.nullable) {
    statements.push(after.nullable ? sql`${column} DROP NOT NULL` : sql`${column} SET NOT NULL`);
  }
  if (before.default !== after.default) {
    const value: SqlFragment | null = after.default === null ? null : literal(after, after.default);
    statements.push(value ? sql`${column} SET DEFAULT ${value}` : sql`${column} DROP DEFAULT`);
  }
  if (after.unique && !before.unique) {
    statements.push(...createUniqueIndexes({ ...table, columns: [after] }));
  }
  return statements;
}

function literal(column: ColumnDescription, value: string): SqlFragment {
  return { text: defaultOf(column, value), params: [] };
}
