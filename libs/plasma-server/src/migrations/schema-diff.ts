/** What a migration changes, for people and scripts to read. */

import { changedProperties } from "../schema/additions.ts";
import type { TableDescription } from "../schema/description.ts";
import type { MigrationPlan } from "./plan-migration.ts";

/** Columns go by "table.column", under the names that they have afterwards; what was dropped by those it had. */
export interface SchemaDiff {
  readonly createdTables: readonly string[];
  readonly renamedTables: readonly { readonly from: string; readonly to: string }[];
  readonly droppedTables: readonly string[];
  readonly addedColumns: readonly string[];
  readonly renamedColumns: readonly { readonly from: string; readonly to: string }[];
  readonly droppedColumns: readonly string[];
  /** Columns that are nullable now, or unique, or have another default, or of which a value is required. */
  readonly changedColumns: readonly {
    readonly column: string;
    readonly properties: readonly string[];
  }[];
  /** Each as "table(column, column)". */
  readonly addedIndexes: readonly string[];
  /** Tables whose triggers were missing. */
  readonly repairedTables: readonly string[];
  /** How many rows have got a value. */
  readonly backfilledRows: number;
}

const NOTHING: SchemaDiff = {
  createdTables: [],
  renamedTables: [],
  droppedTables: [],
  addedColumns: [],
  renamedColumns: [],
  droppedColumns: [],
  changedColumns: [],
  addedIndexes: [],
  repairedTables: [],
  backfilledRows: 0,
};

export function createdDiff(tables: readonly TableDescription[]): SchemaDiff {
  return { ...NOTHING, createdTables: tables.map(({ name }) => name) };
}

export function plannedDiff({
  alterations,
  additions,
  required,
  unlogged,
}: MigrationPlan & { readonly unlogged: readonly string[] }): SchemaDiff {
  const kept = alterations.flatMap(({ after, ...alteration }) =>
    after ? [{ ...alteration, name: after.name }] : [],
  );
  const added = additions?.changedTables ?? [];
  const newColumns = added.flatMap(({ table, newColumns: columns }) =>
    columns.map(({ name }) => `${table.name}.${name}`),
  );
  return {
    createdTables: additions?.newTables.map(({ name }) => name) ?? [],
    renamedTables: kept.flatMap(({ before, name }) =>
      before.name === name ? [] : [{ from: before.name, to: name }],
    ),
    droppedTables: alterations.flatMap(({ before, after }) => (after ? [] : [before.name])),
    addedColumns: newColumns,
    renamedColumns: kept.flatMap(({ name, renamedColumns }) =>
      renamedColumns.map(({ from, to }) => ({ from: `${name}.${from}`, to: `${name}.${to}` })),
    ),
    droppedColumns: kept.flatMap(({ before, droppedColumns }) =>
      droppedColumns.map((column) => `${before.name}.${column}`),
    ),
    changedColumns: [
      ...kept.flatMap(({ name, alteredColumns }) =>
        alteredColumns.map(({ before, after }) => ({
          column: `${name}.${after.name}`,
          properties: changedProperties(before, after),
        })),
      ),
      ...required
        .map(({ table, column }) => `${table}.${column}`)
        .filter((column) => !newColumns.includes(column))
        .map((column) => ({ column, properties: ["nullable"] })),
    ],
    addedIndexes: added.flatMap(({ table, newIndexes }) =>
      newIndexes.map((index) => `${table.name}(${index.join(", ")})`),
    ),
    repairedTables: unlogged,
    backfilledRows: 0,
  };
}

/** What two steps did, one after the other. */
export function mergeDiffs(first: SchemaDiff, second: SchemaDiff): SchemaDiff {
  return {
    createdTables: [...first.createdTables, ...second.createdTables],
    renamedTables: [...first.renamedTables, ...second.renamedTables],
    droppedTables: [...first.droppedTables, ...second.droppedTables],
    addedColumns: [...first.addedColumns, ...second.addedColumns],
    renamedColumns: [...first.renamedColumns, ...second.renamedColumns],
    droppedColumns: [...first.droppedColumns, ...second.droppedColumns],
    changedColumns: [
      ...new Map(
        [...first.changedColumns, ...second.changedColumns].map((change) => [
          change.column,
          change,
        ]),
      ).values(),
    ],
    addedIndexes: [...first.addedIndexes, ...second.addedIndexes],
    repairedTables: [...first.repairedTables, ...second.repairedTables],
    backfilledRows: first.backfilledRows + second.backfilledRows,
  };
}
