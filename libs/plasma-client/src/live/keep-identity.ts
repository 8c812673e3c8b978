/** Rows that were evaluated anew, and look as they did before, stay the same objects. */

import { encodeTagged } from "@sh1n4ps/plasma-core";
import type { Row } from "@sh1n4ps/plasma-core";

/** The new rows, with the old object in place of each that holds the same; the old list if nothing differs. */
export function keepIdentity(old: readonly Row[], rows: readonly Row[]): readonly Row[] {
  if (old.length === 0) return rows.length === 0 ? old : rows;
  const kept = withKnownRows(old, rows);
  return old.length === kept.length && old.every((row, at) => row === kept[at]) ? old : kept;
}

/** Rows of a table are the table's own objects; joined, projected and nested ones are built anew each time. */
function withKnownRows(old: readonly Row[], rows: readonly Row[]): readonly Row[] {
  const known = new Set(old);
  if (rows.every((row) => known.has(row))) return rows;
  const byContent = new Map(old.map((row) => [JSON.stringify(encodeTagged(row)), row]));
  return rows.map((row) => byContent.get(JSON.stringify(encodeTagged(row))) ?? row);
}
