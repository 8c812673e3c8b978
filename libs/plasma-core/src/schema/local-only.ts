/** Tables that stay on the device (`changeLogSuppressed`): which they are, and what cannot hang on them. */

import { PlasmaDefinitionError } from "../errors.ts";
import type { Schema } from "./schema.ts";
import type { TableInfo } from "./table.ts";

/** The server has no such table, and hears nothing of its rows. */
export function isLocalOnly({ options }: TableInfo): boolean {
  return options.changeLogSuppressed === true;
}

/** The tables that client and server share. */
export function syncedTables(schema: Schema): TableInfo[] {
  return [...schema.byName.values()].filter((table) => !isLocalOnly(table));
}

const synced = new WeakMap<Schema, Schema>();

/** The schema as the server's database has it: the same one, if nothing in it is local. */
export function syncedSchema(schema: Schema): Schema {
  let found = synced.get(schema);
  if (!found) synced.set(schema, (found = withoutLocal(schema)));
  return found;
}

function withoutLocal(schema: Schema): Schema {
  const byName = new Map(syncedTables(schema).map((table) => [table.name, table]));
  if (byName.size === schema.byName.size) return schema;
  const references = new Map(
    [...byName.keys()].map((name) => [
      name,
      (schema.references.get(name) ?? []).filter(({ table }) => byName.has(table)),
    ]),
  );
  const tables = Object.fromEntries(
    Object.entries(schema.tables).filter(([name]) => byName.has(name)),
  );
  return Object.freeze({ tables: Object.freeze(tables), byName, references });
}

/** A reference that the server would have to follow into nowhere. */
export function refuseReferenceToLocal(table: TableInfo, column: string, target: TableInfo): void {
  if (!isLocalOnly(target) || isLocalOnly(table)) return;
  throw new PlasmaDefinitionError(
    `"${table.name}.${column}" refers to "${target.name}", whose rows stay on the device (changeLogSuppressed), but "${table.name}" itself is synced. Take the reference out, or let both stay on the device.`,
  );
}
