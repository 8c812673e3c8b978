/**
 * A part of the confirmed rows, for who cannot wait for all of them: the segments in which rows with certain values lie.
 *
 * It takes two transactions, because one that stood open between its reads would hold up other tabs: the first finds the
 * segments, the second reads them, and looks whether they are still where they were and the rows still those of one pull.
 */

import { compareForSort } from "@sh1n4ps/plasma-core";
import type { Row, Value } from "@sh1n4ps/plasma-core";
import type { PartAsked, PartWindow, StoredPart } from "../engine.ts";
import { compareKeys } from "./cluster.ts";
import { isWhole } from "./confirmed-rows.ts";
import type { LoggedRows } from "./confirmed-rows.ts";
import { placeOf } from "./directory.ts";
import type { Directory, Place } from "./directory.ts";
import { idOf, rowAt, valueAt } from "./segment.ts";
import type { Segment } from "./segment.ts";

/** More than these are no part: to read them twice would cost more than it gains. */
const MAX_SEGMENTS = 40;
/** The same where they are all that a table has. */
const MAX_SEGMENTS_OF_ALL = 4;

export interface PlacesOfPart {
  readonly places: readonly Place[];
  /** The first columns of the table's order, with the values that its rows must have. */
  readonly lead: readonly (readonly [column: string, value: Value])[];
  /** Where rows in its order are all that is wanted. */
  readonly window: PartWindow | null;
  /** What the places do not hold, as in `StoredPart`. */
  readonly until: readonly Value[] | null;
}

/** Where rows of a table with these values lie. Null: anywhere, or in too many places. */
export function placesWith(
  { tables }: Directory,
  { table, values, window }: PartAsked,
): PlacesOfPart | null {
  const { by, places } = tables.get(table) ?? { by: [], places: [] };
  const lead: [string, Value][] = [];
  for (const column of by) {
    const value = values.get(column);
    if (value === undefined) break;
    lead.push([column, value]);
  }
  const prefix = lead.map(([, value]) => value);
  const from = Math.max(0, placeOf(places, prefix));
  const isAfter = ({ first }: Place) => compareKeys(first.slice(0, prefix.length), prefix) > 0;
  const end = places.findIndex((place, at) => at > from && isAfter(place));
  const found = places.slice(from, end < 0 ? places.length : end);
  const columns = [...by.slice(prefix.length), "id"];
  const isOrdered = window?.columns.every((column, at) => column === columns[at]);
  if (window && isOrdered && prefix.length === values.size) {
    return { lead, window, ...windowOf(found, window, prefix.length) };
  }
  const most = prefix.length > 0 ? MAX_SEGMENTS : MAX_SEGMENTS_OF_ALL;
  return found.length <= most ? { places: found, lead, window: null, until: null } : null;
}

/** What holds the window, by the counts of its places: in the first and the last one there may be others' rows too. */
function windowOf(
  places: readonly Place[],
  { columns, descending, count }: PartWindow,
  prefix: number,
): Pick<PlacesOfPart, "places" | "until"> {
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

/**
 * The rows of a part. Of a window only as many as it wants, and as many more as could have gone since they were written.
 * Null: a segment is missing or damaged.
 */
export function rowsIn(
  part: PlacesOfPart,
  segments: readonly (Segment | undefined)[],
  { table, logged, pending }: Since & { readonly table: string },
): Pick<StoredPart, "rows" | "until"> | null {
  const found: Segment[] = [];
  for (const [at, place] of part.places.entries()) {
    const segment = segments[at];
    if (!segment || !isWhole(segment, table, place)) return null;
    found.push(segment);
  }
  const changes = logged.get(table) ?? new Map<string, Row | null>();
  const { window } = part;
  const wanted = window ? window.count + changes.size + pending : Infinity;
  const rows = new Map<string, Row>();
  let { until } = part;
  let last: readonly Value[] = [];
  for (const [segment, at] of rowsWith(part, found)) {
    const place = window?.columns.map((column) => valueAt(segment, column, at)) ?? [];
    // Those that tie have an order among them that is not looked at here.
    if (rows.size >= wanted && compareKeys(place, last) !== 0) {
      until = place;
      break;
    }
    last = place;
    const row = rowAt(segment, at);
    rows.set(idOf(row), row);
  }
  for (const [id, row] of changes) {
    if (row) rows.set(id, row);
    else rows.delete(id);
  }
  return { rows, until };
}

/** What was written after the segments. */
interface Since {
  readonly logged: LoggedRows;
  /** How many rows pending mutations have written. */
  readonly pending: number;
}

/** Where rows with the values of the lead are, in order. */
function* rowsWith(
  { lead, window }: PlacesOfPart,
  segments: readonly Segment[],
): Generator<readonly [Segment, number]> {
  for (const segment of window?.descending ? segments.toReversed() : segments) {
    for (let nth = 0; nth < segment.count; nth++) {
      const at = window?.descending ? segment.count - 1 - nth : nth;
      const isOne = ([column, value]: (typeof lead)[number]) =>
        compareForSort(valueAt(segment, column, at), value) === 0;
      if (lead.every(isOne)) yield [segment, at];
    }
  }
}
