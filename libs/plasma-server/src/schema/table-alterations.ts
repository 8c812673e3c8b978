/**
 * Changes of tables that are there: the order of it, which is the same on every database.
 *
 * 1. What follows a table (its triggers, its history if that makes no sense any more) goes first and is made anew last.
 * 2. Columns go before tables, and tables before those they refer to, so that no reference is left without a target.
 */

import type { Statement } from "../sql/executor.ts";
import { name, sql } from "../sql/fragment.ts";
import type { ColumnDescription, TableDescription } from "./description.ts";
import { historyTable } from "./history-names.ts";
import { referrersFirst } from "./referrers-first.ts";

/** How a table changes that is there. Its rows keep their values. */
export interface TableAlteration {
  readonly before: TableDescription;
  /** Null: it is dropped. */
  readonly after: TableDescription | null;
  readonly renamedColumns: readonly { readonly from: string; readonly to: string }[];
  readonly droppedColumns: readonly string[];
  /** With other properties than before; by the names that they have afterwards. */
  readonly alteredColumns: readonly AlteredColumn[];
}

export interface AlteredColumn {
  readonly before: ColumnDescription;
  readonly after: ColumnDescription;
}

/** Whether what the log knows of the table makes no sense any more. */
export function breaksLog({ before, after, ...columns }: TableAlteration): boolean {
  return (
    after?.name !== before.name ||
    columns.renamedColumns.length > 0 ||
    columns.droppedColumns.length > 0
  );
}

/** What databases do in their own ways. */
export interface AlterationSteps {
  /** Drops what would stand in the way of changes of the table. */
  release(table: TableDescription): Statement[];
  alterColumn(table: TableDescription, column: AlteredColumn): Statement[];
  createHistory(table: TableDescription): Statement[];
  /** Makes anew what `release` has dropped. */
  hold(table: TableDescription): Statement[];
}

export function alterTables(
  alterations: readonly TableAlteration[],
  { release, alterColumn, createHistory, hold }: AlterationSteps,
): Statement[] {
  const dropped = alterations.filter(({ after }) => after === null).map(({ before }) => before);
  const kept = alterations.flatMap((alteration) => {
    const { after } = alteration;
    return after ? [{ ...alteration, after }] : [];
  });
  return [
    ...alterations.flatMap(({ before }) => release(before)),
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
      alteredColumns.flatMap((column) => alterColumn(after, column)),
    ),
    ...kept.flatMap((alteration) => [
      ...(breaksLog(alteration) ? createHistory(alteration.after) : []),
      ...hold(alteration.after),
    ]),
  ];
}
