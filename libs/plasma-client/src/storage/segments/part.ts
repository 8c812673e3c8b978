/**
 * A part of the confirmed rows, for who cannot wait for all of them: the segments in which rows with certain values lie.
 *
 * It takes two transactions, because one that stood open between its reads would hold up other tabs: the first finds the
 * segments, the second reads them, and looks whether they are still where they were and the rows still those of one pull.
 */

import type { Row, Value } from "@sh1n4ps/plasma-core";
import type { PartAsked, PartWindow } from "../engine.ts";
import { compareKeys } from "./cluster.ts";
import { isWhole } from "./confirmed-rows.ts";
import type { LoggedRows } from "./confirmed-rows.ts";
import { placeOf } from "./directory.ts";
import type { Directory, Place } from "./directory.ts";
import { idOf, unpackRows } from "./segment.ts";
import type { Segment } from "./segment.ts";

/** More than these are no part: to read them twice would cost more than it gains. */
const MAX_SEGMENTS = 40;
/** The same where they are all that a table has. */
const MAX_SEGMENTS_OF_ALL = 4;

export interface PlacesOfPart {
  readonly places: readonly Place[];
  readonly until: readonly Value[] | null;
}

/** Where rows of a table with these values lie. Null: anywhere, or in too many places. */
export function placesWith(
  { tables }: Directory,
  { table, values, window }: PartAsked,
): PlacesOfPart | null {
  const { by, places } = tables.get(table) ?? { by: [], places: [] };
  const prefix: Value[] = [];
  for (const column of by) {
    const value = values.get(column);
    if (value === undefined) break;
    prefix.push(value);
  }
  const from = Math.max(0, placeOf(places, prefix));
  const isAfter = ({ first }: Place) => compareKeys(first.slice(0, prefix.length), prefix) > 0;
  const end = places.findIndex((place, at) => at > from && isAfter(place));
  const found = places.slice(from, end < 0 ? places.length : end);
  const columns = [...by.slice(prefix.length), "id"];
  const isOrdered = window?.columns.every((column, at) => column === columns[at]);
  if (window && isOrdered && prefix.length === values.size) {
    return windowOf(found, window, prefix.length);
  }
  const most = prefix.length > 0 ? MAX_SEGMENTS : MAX_SEGMENTS_OF_ALL;
  return found.length <= most ? { places: found, until: null } : null;
}

/** What holds the window, by the counts of its places: in the first and the last one there may be others' rows too. */
function windowOf(
  places: readonly Place[],
  { columns, descending, count }: PartWindow,
  prefix: number,
): PlacesOfPart {
  const beyond = ({ first }: Place) => first.slice(prefix, prefix + columns.length);
  let rows = 0;
  if (descending) {
    let from = places.length - 1;
    while (from > 0 && rows < count) rows += (places[--from] as Place).count;
    const isAll = from <= 0;
    return { places: places.slice(Math.max(0, from)), until: isAll ? null : beyond(places[from]!) };
  }
  let end = 1;
  while (end < places.length && rows < count) rows += (places[end++] as Place).count;
  const isAll = end >= places.length;
  return { places: places.slice(0, end), until: isAll ? null : beyond(places[end]!) };
}

export function isSame(part: PlacesOfPart, other: PlacesOfPart | null): boolean {
  return (
    part.places.length === other?.places.length &&
    part.places.every(({ segment, count }, at) => {
      const place = other.places[at] as Place;
      return segment === place.segment && count === place.count;
    })
  );
}

/** Null: a segment is missing or damaged. */
export function rowsIn(
  places: readonly Place[],
  segments: readonly (Segment | undefined)[],
  { table, logged }: { readonly table: string; readonly logged: LoggedRows },
): ReadonlyMap<string, Row> | null {
  const rows = new Map<string, Row>();
  for (const [at, place] of places.entries()) {
    const segment = segments[at];
    if (!segment || !isWhole(segment, table, place)) return null;
    for (const row of unpackRows(segment)) rows.set(idOf(row), row);
  }
  for (const [id, row] of logged.get(table) ?? []) {
    if (row) rows.set(id, row);
    else rows.delete(id);
  }
  return rows;
}
