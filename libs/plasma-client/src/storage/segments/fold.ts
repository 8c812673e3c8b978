/**
 * Folding: brings what the log says into the segments, and empties the log.
 *
 * 1. In slices of a few segments, each a transaction of its own, so that nobody waits long for one.
 * 2. Each slice reads the log anew and writes what it says by then. So a segment is never older than the log was, whoever
 *    else folds at the same time and wherever it is stopped; folding a row twice does no harm.
 * 3. Only the last slice takes records from the log: those whose changes it has seen brought in, all of them.
 */

import type { Row } from "@sh1n4ps/plasma-core";
import { wrap } from "idb";
import { readDirectory, readLog, writeDirectory } from "./confirmed-rows.ts";
import { byId, placed, placeOf } from "./directory.ts";
import type { Directory, Place } from "./directory.ts";
import { idOf, packRows, piecesOf, sizeOfRows, unpackRows } from "./segment.ts";
import type { Segment, SegmentSizes } from "./segment.ts";

/** Where a fold is between two slices. */
export interface Fold {
  /** The last record of the log that it brings in. */
  readonly until: number;
  /** By table, the ids that are still to be brought in. */
  readonly left: ReadonlyMap<string, ReadonlySet<string>>;
}

export type Folded =
  | { readonly kind: "sliced"; readonly fold: Fold }
  /** `logged`: how many changes the log has from now on. */
  | { readonly kind: "done"; readonly logged: number };

/** A place of a table and what changes there. Without a place: the table has no segment yet. */
interface Slice {
  readonly table: string;
  readonly place: Place | undefined;
  readonly changes: ReadonlyMap<string, Row | null>;
}

const SEGMENTS_A_SLICE = 8;

/** Does one slice. `fold`: what the one before has answered; null at the beginning. */
export async function foldSlice(
  tx: IDBTransaction,
  fold: Fold | null,
  sizes: SegmentSizes,
): Promise<Folded> {
  const [directory, log] = await Promise.all([readDirectory(tx), readLog(tx)]);
  const until = fold?.until ?? log.records.at(-1)?.key ?? 0;
  const slices: Slice[] = [];
  for (const [table, changes] of log.rows) {
    const wanted = fold?.left.get(table);
    const own = fold ? [...changes].filter(([id]) => wanted?.has(id)) : [...changes];
    slices.push(...slicesOf(table, own, directory));
  }
  const now = slices.splice(0, SEGMENTS_A_SLICE);
  if (now.length > 0) writeDirectory(tx, await bringIn(tx, now, { directory, sizes }));
  if (slices.length > 0) return { kind: "sliced", fold: { until, left: idsOf(slices) } };
  if (until > 0) tx.objectStore("log").delete(IDBKeyRange.upperBound(until));
  const stays = log.records.filter(({ key }) => key > until);
  return { kind: "done", logged: stays.reduce((sum, { count }) => sum + count, 0) };
}

function slicesOf(
  table: string,
  changes: readonly (readonly [string, Row | null])[],
  { tables }: Directory,
): Slice[] {
  const places = tables.get(table) ?? [];
  const found = new Map<number, Map<string, Row | null>>();
  for (const [id, row] of changes) {
    const at = placeOf(places, id);
    const others = found.get(at);
    if (others) others.set(id, row);
    else found.set(at, new Map([[id, row]]));
  }
  return [...found].map(([at, own]) => ({ table, place: places[at], changes: own }));
}

function idsOf(slices: readonly Slice[]): Fold["left"] {
  const left = new Map<string, Set<string>>();
  for (const { table, changes } of slices) {
    const ids = left.get(table) ?? new Set();
    left.set(table, ids);
    for (const id of changes.keys()) ids.add(id);
  }
  return left;
}

async function bringIn(
  tx: IDBTransaction,
  slices: readonly Slice[],
  { directory, sizes }: { readonly directory: Directory; readonly sizes: SegmentSizes },
): Promise<Directory> {
  const store = tx.objectStore("segments");
  const segments = await Promise.all(
    slices.map(({ place }) =>
      place ? wrap<Segment | undefined>(store.get(place.segment)) : Promise.resolve(undefined),
    ),
  );
  const tables = new Map(directory.tables);
  let { next } = directory;
  slices.forEach(({ table, place, changes }, at) => {
    const segment = segments[at];
    // What is missing is noticed by whoever loads; folding must not hide it.
    if (place && !segment) return;
    const kept = segment ? unpackRows(segment).filter((row) => !changes.has(idOf(row))) : [];
    const added = [...changes.values()].filter((row) => row !== null);
    const rows = byId([...kept, ...added]);
    const pieces = sizeOfRows(rows) > sizes.most || !place ? piecesOf(rows, sizes) : [rows];
    const places = pieces
      .filter((piece) => piece.length > 0)
      .map((piece, nth) => {
        const number = place && nth === 0 ? place.segment : next++;
        store.put(packRows(table, piece), number);
        return placed(number, piece);
      });
    if (place && places.length === 0) store.delete(place.segment);
    tables.set(table, replaced(tables.get(table) ?? [], place, places));
  });
  return { tables, next };
}

function replaced(
  places: readonly Place[],
  old: Place | undefined,
  by: readonly Place[],
): readonly Place[] {
  return old ? places.flatMap((place) => (place === old ? by : [place])) : by;
}
