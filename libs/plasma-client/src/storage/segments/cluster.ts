/**
 * In what order the rows of a table lie in its segments: by the columns of its first index, and then by id. So what a
 * query by these columns asks for lies together, in few segments.
 */

import { compareForSort, syncedTables } from "@sh1n4ps/plasma-core";
import type { Row, Schema, Value } from "@sh1n4ps/plasma-core";
import { idOf } from "./segment.ts";

/** The columns before the id. */
export type Cluster = readonly string[];

/** By table. */
export type Clusters = ReadonlyMap<string, Cluster>;

/** The values of a cluster's columns, and the id; or the first of these, for all rows that begin with them. */
export type SegmentKey = readonly Value[];

export function clustersOf(schema: Schema): Clusters {
  return new Map(
    syncedTables(schema).map((table) => [table.name, table.options.indexes?.[0] ?? []]),
  );
}

export function keyOf(row: Row, by: Cluster): SegmentKey {
  return [...by.map((column) => (row[column] as Value | undefined) ?? null), idOf(row)];
}

/** What begins with all of a shorter key comes after it. */
export function compareKeys(left: SegmentKey, right: SegmentKey): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const order = compareForSort(left[at] as Value, right[at] as Value);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

export function inOrderOf(by: Cluster, rows: readonly Row[]): readonly Row[] {
  const keyed = rows.map((row) => ({ row, key: keyOf(row, by) }));
  const isSorted = keyed.every(
    ({ key }, at) => at === 0 || compareKeys((keyed[at - 1] as { key: SegmentKey }).key, key) < 0,
  );
  if (isSorted) return rows;
  return keyed.sort((left, right) => compareKeys(left.key, right.key)).map(({ row }) => row);
}
