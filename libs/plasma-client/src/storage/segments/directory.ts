/** Which segments a table has, and which rows lie in which. */

import type { Row } from "@sh1n4ps/plasma-core";
import { compareKeys, keyOf } from "./cluster.ts";
import type { Cluster, SegmentKey } from "./cluster.ts";

/** From its first key to that of the next one; the first place takes what comes before as well. */
export interface Place {
  readonly segment: number;
  readonly first: SegmentKey;
  readonly count: number;
}

export interface TableSegments {
  /** What they were clustered by when they were written, whatever the schema says by now. */
  readonly by: Cluster;
  /** In the order of keys. */
  readonly places: readonly Place[];
}

export interface Directory {
  readonly tables: ReadonlyMap<string, TableSegments>;
  /** The number of the next segment. */
  readonly next: number;
}

export const EMPTY: Directory = { tables: new Map(), next: 1 };

/** The index of the place in which a key lies or would lie; -1 when there is none at all. */
export function placeOf(places: readonly Place[], key: SegmentKey): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys((places[middle] as Place).first, key) <= 0) low = middle + 1;
    else high = middle;
  }
  return places.length === 0 ? -1 : Math.max(0, low - 1);
}

export function placed(segment: number, rows: readonly Row[], by: Cluster): Place {
  return { segment, first: keyOf(rows[0] as Row, by), count: rows.length };
}
