/**
 * What has to be added to a database for a build to work, and how the two schemas merge.
 *
 * 1. Old and new builds of an app run side by side for a while, so a database may know more than a build does, as long as
 *    that build can still insert rows: what it does not know must be nullable or have a default.
 * 2. What a migration has renamed or dropped is not added again: a build that asks for it is older than the database.
 */

import { MigrationRefused } from "../errors.ts";
import type { ColumnDescription, SchemaDescription, TableDescription } from "./description.ts";

export interface SchemaChange {
  /** The engine's own tables are those of an older version. */
  readonly isNewLayout: boolean;
  readonly newTables: readonly TableDescription[];
  readonly changedTables: readonly {
    /** As it is after the change. */
    readonly table: TableDescription;
    readonly newColumns: readonly ColumnDescription[];
    readonly newIndexes: readonly (readonly string[])[];
  }[];
  /** What the database holds afterwards. */
  readonly merged: SchemaDescription;
}

/**
 * What has to be added to `stored` for `wanted` to work, or null when nothing is missing.
 *
 * @throws MigrationRefused with every reason why additions are not enough.
 */
export function additionsFor(
  stored: SchemaDescription,
  wanted: SchemaDescription,
): SchemaChange | null {
  if (stored.layout > wanted.layout) {
    throw new MigrationRefused(
      `This database has layout ${stored.layout} of the engine's tables, and this version of plasma knows ${wanted.layout}. Deploy the newer version.`,
    );
  }
  const retired = new Set(stored.retired ?? []);
  const refusals: string[] = [];
  const newTables: TableDescription[] = [];
  const changedTables: SchemaChange["changedTables"][number][] = [];
  const merged = new Map(stored.tables.map((table) => [table.name, table]));
  for (const table of wanted.tables) {
    const before = merged.get(table.name);
    if (!before) {
      if (retired.has(table.name)) refusals.push(isRetired(table.name));
      newTables.push(table);
      merged.set(table.name, table);
      continue;
    }
    refusals.push(...objectionsTo(before, table, retired));
    const newColumns = missingColumns(before, table);
    const newIndexes = table.indexes.filter(
      (index) => !before.indexes.some((other) => sameIndex(index, other)),
    );
    if (newColumns.length === 0 && newIndexes.length === 0) continue;
    const after = {
      name: table.name,
      columns: [...before.columns, ...newColumns],
      indexes: [...before.indexes, ...newIndexes],
    };
    changedTables.push({ table: after, newColumns, newIndexes });
    merged.set(table.name, after);
  }
  if (refusals.length > 0) throw new MigrationRefused(refusals);
  const isNewLayout = stored.layout < wanted.layout;
  if (newTables.length === 0 && changedTables.length === 0 && !isNewLayout) return null;
  const tables = [...merged.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    isNewLayout,
    newTables,
    changedTables,
    merged: { ...stored, layout: wanted.layout, tables },
  };
}

function missingColumns(stored: TableDescription, wanted: TableDescription): ColumnDescription[] {
  const names = new Set(stored.columns.map(({ name }) => name));
  return wanted.columns.filter(({ name }) => !names.has(name));
}

const PROPERTIES = ["kind", "nullable", "default", "unique", "references"] as const;

export function changedProperties(
  before: ColumnDescription,
  after: ColumnDescription,
): (typeof PROPERTIES)[number][] {
  return PROPERTIES.filter((property) => before[property] !== after[property]);
}

function objectionsTo(
  stored: TableDescription,
  wanted: TableDescription,
  retired: ReadonlySet<string>,
): string[] {
  const objections: string[] = [];
  const known = new Map(stored.columns.map((column) => [column.name, column]));
  for (const column of wanted.columns) {
    const place = `${wanted.name}.${column.name}`;
    const before = known.get(column.name);
    known.delete(column.name);
    if (before) {
      for (const property of changedProperties(before, column)) {
        objections.push(
          `The database has "${place}" with ${property} ${String(before[property])}, and the schema has ${String(column[property])}. Add a new column instead, or migrate the database with runMigrations().`,
        );
      }
    } else if (retired.has(place)) {
      objections.push(isRetired(place));
    } else if (
      !column.nullable &&
      (column.default === null || column.unique || column.references)
    ) {
      objections.push(
        `"${place}" is new, and the rows that exist need a value for it. Make it .nullable(), give it a .default(), or migrate the database with runMigrations() and a backfill for it.`,
      );
    }
  }
  for (const column of known.values()) {
    if (column.nullable || column.default !== null) continue;
    objections.push(
      `The database requires a value for "${wanted.name}.${column.name}", which the schema no longer has. Migrate the database with runMigrations(): rename the column, or drop it.`,
    );
  }
  return objections;
}

function isRetired(place: string): string {
  return `"${place}" was renamed or dropped by a newer build. Deploy that one; if it is to come back, run its migration again with runMigrations().`;
}

export function sameIndex(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((column, at) => column === right[at]);
}
