/** Telling the app of stored rows that do not fit its schema: where they are, never what is in them. */

import type { TableInfo } from "@sh1n4ps/plasma-core";
import type { Engine } from "../engine.ts";
import { SyncServerError } from "../errors.ts";
import type { Misfit } from "../sql/row-codec.ts";

/** So many are named. A table may be full of them. */
const MAX_NAMED = 20;

export function reportMisfits(
  engine: Engine,
  { name }: TableInfo,
  misfits: readonly Misfit[],
): void {
  if (misfits.length === 0) return;
  const rows = misfits.slice(0, MAX_NAMED);
  const list = rows.map(({ id, column }) => `${JSON.stringify(id)} (${column})`).join(", ");
  const more = misfits.length > rows.length ? `, and ${misfits.length - rows.length} more` : "";
  engine.report(
    new SyncServerError(
      "invalid-rows",
      `Rows of "${name}" do not fit the schema, so no client gets them until they are repaired: ${list}${more}. Something other than plasma wrote them.`,
      { details: { table: name, rows, count: misfits.length } },
    ),
  );
}
