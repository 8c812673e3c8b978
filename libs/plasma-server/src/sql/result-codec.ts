/** The rows of a compiled select as the rows of its result. */

import { overflow } from "@sh1n4ps/plasma-core";
import type { AnalyzedSelect, ColumnKind, Row } from "@sh1n4ps/plasma-core";
import type { SqlRow } from "./executor.ts";
import { cellFromSql } from "./row-codec.ts";

export function resultFromSql(analyzed: AnalyzedSelect, stored: SqlRow): Row {
  const { shape, outputs, sources } = analyzed;
  const row: Row = {};
  for (const [at, { path, type, overflows }] of outputs.entries()) {
    const value = stored[`c${at}`];
    const cell = overflows ? sumFromSql(value, type) : cellFromSql(value, type);
    const [field, column] = path;
    if (column === undefined) row[field] = cell;
    else nested(row, field)[column] = cell;
  }
  if (shape.kind === "fields") {
    for (const field of shape.fields) {
      if (field.kind !== "row") continue;
      const optional = sources.some((source) => source.alias === field.alias && source.optional);
      // Every row has an id: without one it is a left join's missing partner.
      if (optional && (row[field.name] as Row)["id"] === null) row[field.name] = null;
    }
  }
  return row;
}

/** Own ones only: an output may be called like something that objects inherit. */
function nested(row: Row, field: string): Row {
  if (!Object.hasOwn(row, field)) row[field] = {};
  return row[field] as Row;
}

/** A sum that did not fit is infinite (see core's `aggregate-values.ts`), or text that says so. */
function sumFromSql(value: unknown, type: ColumnKind): unknown {
  if (typeof value === "string" && /^-?infinit/i.test(value)) throw overflow();
  const cell = cellFromSql(value, type);
  if (typeof cell === "number" && !Number.isFinite(cell)) throw overflow();
  return cell;
}
