/** Which segments a table has, and which ids lie in which. */

import type { Row } from "@sh1n4ps/plasma-core";
import { idOf } from "./segment.ts";

/** From its first id to that of the next one; the first place takes what comes before as well. */
export interface Place {
  readonly segment: number;
  readonly first: string;
  readonly count: number;
}

export interface Directory {
  /** By table, in the order of ids. */
  readonly tables: ReadonlyMap<string, readonly Place[]>;
  /** The number of the next segment. */
  readonly next: number;
}

export const EMPTY: Directory = { tables: new Map(), next: 1 };

/** The index of the place in which an id lies or would lie; -1 when there is none at all. */
export function placeOf(places: readonly Place[], id: string): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle] as Place).first <= id) low = middle + 1;
    else high = middle;
  }
  return places.length === 0 ? -1 : Math.max(0, low - 1);
}

export function placed(segment: number, rows: readonly Row[]): Place {
  return { segment, first: idOf(rows[0] as Row), count: rows.length };
}

export function byId(rows: readonly Row[]): readonly Row[] {
  const isSorted = rows.every((row, at) => at === 0 || idOf(rows[at - 1] as Row) < idOf(row));
  return isSorted ? rows : rows.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}
