/** Tables that stay on the device (`changeLogSuppressed`): which they are, and what cannot hang on them. */

import { PlasmaDefinitionError } from "../errors.ts";
import type { TableInfo } from "./table.ts";

/** The server has no such table, and hears nothing of its rows. */
export function isLocalOnly({ options }: TableInfo): boolean {
  return options.changeLogSuppressed === true;
}

/** A reference that the server would have to follow into nowhere. */
export function refuseReferenceToLocal(table: TableInfo, column: string, target: TableInfo): void {
  if (!isLocalOnly(target) || isLocalOnly(table)) return;
  throw new PlasmaDefinitionError(
    `"${table.name}.${column}" refers to "${target.name}", whose rows stay on the device (changeLogSuppressed), but "${table.name}" itself is synced. Take the reference out, or let both stay on the device.`,
  );
}
