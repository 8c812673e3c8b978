/**
 * A schema as plain data: what the database remembers of the schema it was built for, and how two of them merge.
 *
 * Old and new builds of an app run side by side for a while, so a database may know more than a build does, as long
 * as that build can still insert rows: what it does not know must be nullable or have a default.
 */

import { syncedTables } from "@sh1n4ps/plasma-core";
import type { AnyColumn, ColumnKind, Schema } from "@sh1n4ps/plasma-core";
import { MigrationRefused } from "../errors.ts";

export interface ColumnDescription {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly nullable: boolean;
  /** As an SQL literal. */
  readonly default: string | null;
  readonly unique: boolean;
  /** The table whose id this column holds. */
  readonly references: string | null;
}

export interface TableDescription {
  readonly name: string;
  readonly columns: readonly ColumnDescription[];
  /** Each a list of columns; single-column indexes for references included. */
  readonly indexes: readonly (readonly string[])[];
}

export interface SchemaDescription {
  /** The layout of the engine's own tables and triggers. */
  readonly layout: number;
  readonly tables: readonly TableDescription[];
}

const LAYOUT = 4;

export function describeSchema(schema: Schema): SchemaDescription {
  const tables = syncedTables(schema).map((table): TableDescription => {
    const columns = table.columnNames.map((name) =>
      describeColumn(table.columns[name] as AnyColumn),
    );
    const indexes = [...(table.options.indexes ?? [])];
    for (const { name, references, unique } of columns) {
      // Cascades and rules look rows up by what they refer to.
      if (references && !unique && !indexes.some(([first]) => first === name)) indexes.push([name]);
    }
    return { name: table.name, columns, indexes };
  });
  return { layout: LAYOUT, tables: tables.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}

function describeColumn(column: AnyColumn): ColumnDescription {
  return {
    name: column.name,
    kind: column.kind,
    nullable: column.isNullable,
    default: column.hasDefault ? literal(column, column.defaultValue) : null,
    unique: column.isUnique,
    references: column.reference ? column.reference.column().table : null,
  };
}

function literal(column: AnyColumn, value: unknown): string {
  if (column.kind === "json") return quotedText(JSON.stringify(value));
  switch (typeof value) {
    case "string":
      return quotedText(value);
    case "number":
    case "bigint":
      return value.toString();
    case "boolean":
      return value ? "1" : "0";
  }
  if (value instanceof Date) return value.getTime().toString();
  if (value instanceof Uint8Array) {
    return `x'${[...value].map((byte) => byte.toString(16).padStart(2, "0")).join("")}'`;
  }
  throw new MigrationRefused(`The default of "${column.table}.${column.name}" cannot be stored.`);
}

function quotedText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

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

/** What has to be added to `stored` for `wanted` to work, or null when nothing is missing. */
export function additionsFor(
  stored: SchemaDescription,
  wanted: SchemaDescription,
): SchemaChange | null {
  if (stored.layout > wanted.layout) {
    throw new MigrationRefused(
      `This database has layout ${stored.layout} of the engine's tables, and this version of plasma knows ${wanted.layout}. Deploy the newer version.`,
    );
  }
  const newTables: TableDescription[] = [];
  const changedTables: SchemaChange["changedTables"][number][] = [];
  const merged = new Map(stored.tables.map((table) => [table.name, table]));
  for (const table of wanted.tables) {
    const before = merged.get(table.name);
    if (!before) {
      newTables.push(table);
      merged.set(table.name, table);
      continue;
    }
    const newColumns = columnsToAdd(before, table);
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
  const isNewLayout = stored.layout < wanted.layout;
  if (newTables.length === 0 && changedTables.length === 0 && !isNewLayout) return null;
  const tables = [...merged.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { isNewLayout, newTables, changedTables, merged: { layout: wanted.layout, tables } };
}

function columnsToAdd(stored: TableDescription, wanted: TableDescription): ColumnDescription[] {
  const storedColumns = new Map(stored.columns.map((column) => [column.name, column]));
  const added: ColumnDescription[] = [];
  for (const column of wanted.columns) {
    const before = storedColumns.get(column.name);
    storedColumns.delete(column.name);
    const place = `"${wanted.name}.${column.name}"`;
    if (before) {
      for (const property of ["kind", "nullable", "default", "unique", "references"] as const) {
        if (before[property] === column[property]) continue;
        throw new MigrationRefused(
          `The database has ${place} with ${property} ${String(before[property])}, and the schema has ${String(column[property])}. Add a new column instead, or migrate the database.`,
        );
      }
    } else if (
      !column.nullable &&
      (column.default === null || column.unique || column.references)
    ) {
      throw new MigrationRefused(
        `${place} is new, and the rows that exist need a value for it. Make it .nullable(), or give it a .default().`,
      );
    } else {
      added.push(column);
    }
  }
  for (const column of storedColumns.values()) {
    if (column.nullable || column.default !== null) continue;
    throw new MigrationRefused(
      `The database requires a value for "${wanted.name}.${column.name}", which the schema no longer has. Migrate the database.`,
    );
  }
  return added;
}

function sameIndex(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((column, at) => column === right[at]);
}
