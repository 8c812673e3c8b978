/** What the stored rows look like: rows of another shape are not taken over, they come anew from the server. */

import { syncedTables } from "@sh1n4ps/plasma-core";
import type { Schema } from "@sh1n4ps/plasma-core";

/**
 * Equal for two schemas whose rows are interchangeable. Rules, indexes and defaults do not matter, nor do local-only
 * tables, whose rows no server could bring again.
 */
export function schemaFingerprint(schema: Schema): string {
  const tables = syncedTables(schema).map((table) => [
    table.name,
    table.columnNames.map((name) => {
      const column = table.columns[name];
      return `${name}:${column?.kind}${column?.isNullable ? "?" : ""}`;
    }),
  ]);
  return JSON.stringify(tables);
}
