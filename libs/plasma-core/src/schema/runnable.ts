/**
 * What can be declared but not run yet. Clients and servers ask when they start: to take such a schema and do
 * something else than it says (to store what should be encrypted in the clear, say) would be a lie nobody notices.
 */

import { PlasmaError } from "../errors.ts";
import type { AnyColumn } from "./column.ts";
import type { Schema } from "./schema.ts";
import type { TableInfo } from "./table.ts";

/** Throws `unsupported`, with everything that has to go, unless this version can run the schema. */
export function requireRunnable(schema: Schema): void {
  const parts = [...schema.byName.values()].flatMap(unsupportedParts);
  if (parts.length === 0) return;
  throw new PlasmaError(
    "unsupported",
    `This version of plasma cannot run this schema yet. Take out: ${parts.join("; ")}.`,
    { details: { parts } },
  );
}

function unsupportedParts({ name, columns, options }: TableInfo): string[] {
  const parts = Object.values(columns).flatMap(unsupportedOfColumn);
  if (options.blobs) parts.push(`blobs of table "${name}"`);
  return parts;
}

function unsupportedOfColumn(column: AnyColumn): string[] {
  const place = `"${column.table}.${column.name}"`;
  return [
    ...(column.document ? [`${place}, which is ${column.document.kind}()`] : []),
    ...(column.isEncrypted ? [`.encrypted() of ${place}`] : []),
  ];
}
