/** What the stored rows look like: rows of another shape are not taken over, they come anew from the server. */

import type { Schema } from "@sh1n4ps/plasma-core";

/** Equal for two schemas whose rows are interchangeable. Rules, indexes and defaults do not matter. */
export function schemaFingerprint(schema: Schema): string {
  const tables = [...schema.byName.values()].map((table) => [
    table.name,
    table.columnNames.map((name) => {
      const column = table.columns[name];
      return `${name}:${column?.kind}${column?.isNullable ? "?" : ""}`;
    }),
  ]);
  return JSON.stringify(tables);
}
