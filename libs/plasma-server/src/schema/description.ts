/** A schema as plain data: what the database remembers of the schema it was built for. */

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
  /** SQLite cannot require a value of a column that it has already: there, triggers do. */
  readonly requiredBy?: "triggers";
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
  /** Tables ("tasks") and columns ("todos.name") that were renamed or dropped: an older build must not bring them back. */
  readonly retired?: readonly string[];
}

const LAYOUT = 5;

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
