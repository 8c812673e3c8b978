/** `defineSchema()`: the tables of an app as one value, and safe look-ups in it. */

import { PlasmaDefinitionError, PlasmaError } from "../errors.ts";
import { isColumn } from "./column.ts";
import type { AnyColumn, OnDelete, Reference } from "./column.ts";
import { refuseReferenceToLocal } from "./local-only.ts";
import { checkDistinct } from "./name.ts";
import { isTable, tableInfo } from "./table.ts";
import type { AnyTable, TableInfo } from "./table.ts";

export type SchemaTables = Record<string, AnyTable>;

/** A column of another table that refers to this one. */
export interface IncomingReference {
  readonly table: string;
  readonly column: string;
  readonly isNullable: boolean;
  readonly onDelete: OnDelete;
}

export interface Schema<T extends SchemaTables = SchemaTables> {
  readonly tables: T;
  /** The declarations, by table name. A `Map`, so that no name can reach a prototype. */
  readonly byName: ReadonlyMap<string, TableInfo>;
  /** Who refers to a table: what a delete in it has to follow. */
  readonly references: ReadonlyMap<string, readonly IncomingReference[]>;
}

/** Groups tables into a schema. Each key must equal its table's name. */
export function defineSchema<T extends SchemaTables>(tables: T): Schema<T> {
  if (typeof tables !== "object" || tables === null) {
    throw new PlasmaDefinitionError(
      "defineSchema() takes an object of tables: defineSchema({ lists, todos }).",
    );
  }
  const byName = new Map<string, TableInfo>();
  for (const [key, candidate] of Object.entries(tables)) {
    if (!isTable(candidate)) {
      throw new PlasmaDefinitionError(
        `"${key}" is not a table. Declare it with table("${key}", { … }).`,
      );
    }
    const info = tableInfo(candidate);
    if (info.name !== key) {
      throw new PlasmaDefinitionError(
        `The schema calls a table "${key}", but it was declared as table("${info.name}", …). Use the same name in both places.`,
      );
    }
    if (info.alias !== info.name) {
      throw new PlasmaDefinitionError(
        `"${key}" is an alias of a table. Put the table itself into the schema, and use the alias in queries only.`,
      );
    }
    byName.set(key, info);
  }
  checkDistinct("tables", byName.keys());
  const references = new Map<string, IncomingReference[]>();
  for (const name of byName.keys()) references.set(name, []);
  for (const info of byName.values()) {
    for (const column of Object.values(info.columns)) {
      const reference = column.reference;
      if (!reference) continue;
      const target = targetOf(column, reference);
      if (!isColumn(target) || target.name !== "id" || !byName.has(target.table)) {
        throw new PlasmaDefinitionError(
          `"${info.name}.${column.name}" refers to something that is not the id of a table in this schema. Write ref(() => other.id) and add that table to defineSchema().`,
        );
      }
      refuseReferenceToLocal(info, column.name, byName.get(target.table) as TableInfo);
      if (reference.onDelete === "setNull" && !column.isNullable) {
        throw new PlasmaDefinitionError(
          `"${info.name}.${column.name}" is set to null when its target is deleted, but it is not nullable. Add .nullable(), or choose another onDelete.`,
        );
      }
      references.get(target.table)?.push({
        table: info.name,
        column: column.name,
        isNullable: column.isNullable,
        onDelete: reference.onDelete,
      });
    }
  }
  return Object.freeze({ tables: Object.freeze({ ...tables }), byName, references });
}

function targetOf(column: AnyColumn, reference: Reference): AnyColumn | undefined {
  try {
    return reference.column();
  } catch (cause) {
    // Two modules that import each other: `other` does not exist yet, or is undefined for good.
    throw new PlasmaDefinitionError(
      `"${column.table}.${column.name}" refers to a table that could not be reached. If two files import each other, declare their tables in one file.`,
      { cause },
    );
  }
}

/** The table of that name, or a typed error: names from outside go through here. */
export function requireTable(schema: Schema, name: string): TableInfo {
  const info = schema.byName.get(name);
  if (!info) throw new PlasmaError("unknown-table", `There is no table "${name}" in this schema.`);
  return info;
}

/** The column of that name, or a typed error: names from outside go through here. */
export function requireColumn(info: TableInfo, name: string): AnyColumn {
  const column = Object.hasOwn(info.columns, name) ? info.columns[name] : undefined;
  if (!column)
    throw new PlasmaError("unknown-column", `Table "${info.name}" has no column "${name}".`);
  return column;
}
