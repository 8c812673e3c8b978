/** What of a schema client and server share: all but the tables that stay on the device. */

import { isLocalOnly } from "./local-only.ts";
import type { Schema } from "./schema.ts";
import type { TableInfo } from "./table.ts";

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
