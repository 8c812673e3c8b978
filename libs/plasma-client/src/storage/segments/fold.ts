/**
 * Folding: brings what the log says into the segments, and empties the log.
 *
 * 1. In slices of a few segments, each a transaction of its own, so that nobody waits long for one.
 * 2. It goes through every segment of a table that the log speaks of, because a row may have moved from anywhere: the log
 *    does not say where it was. (Where they are in the order of ids, only those that hold these.) A segment gets what the log has for it, and loses whatever else the log speaks of. It is
 *    written only if that changes it.
 * 3. Each slice reads the log anew and writes what it says by then. So a segment is never older than the log was, whoever
 *    else folds at the same time and wherever it is stopped; folding a row twice does no harm. A segment that appears
 *    meanwhile was written by such another one, and agrees with the log already.
 * 4. Only the last slice takes records from the log: those that were there at the beginning. What came later stays, and
 *    is the truth about its rows wherever older copies of them lie.
 */

import type { Row } from "@sh1n4ps/plasma-core";
import { wrap } from "../idb-request.ts";
import { damaged } from "../storage-error.ts";
import { inOrderOf, keyOf } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { readDirectory, readLog, writeDirectory } from "./confirmed-rows.ts";
import type { Log, Packing } from "./confirmed-rows.ts";
import { placed, placeOf } from "./directory.ts";
import type { Directory, Place, TableSegments } from "./directory.ts";
import { idOf, packRows, piecesOf, sizeOfRows, unpackRows } from "./segment.ts";
import type { Segment } from "./segment.ts";

/** Where a fold is between two slices. */
export interface Fold {
  /** The last record of the log that it brings in. */
  readonly until: number;
  /** The segments that it has not gone through yet. */
  readonly left: ReadonlySet<number>;
}

export type Folded =
  | { readonly kind: "sliced"; readonly fold: Fold }
  /** `logged`: how many changes the log has from now on. */
  | { readonly kind: "done"; readonly logged: number; readonly hasDeletions: boolean };

/** What the log says of a table's rows. */
type Changes = ReadonlyMap<string, Row | null>;

const SEGMENTS_A_SLICE = 8;

/** Does one slice. `fold`: what the one before has answered; null at the beginning. */
export async function foldSlice(
  tx: IDBTransaction,
  fold: Fold | null,
  packing: Packing,
): Promise<Folded> {
  const [directory, log] = await Promise.all([readDirectory(tx), readLog(tx)]);
  if (!log) throw damaged();
  const { until, left } = fold ?? begun(directory, log);
  const now = [...left].slice(0, SEGMENTS_A_SLICE);
  const segments = await Promise.all(
    now.map((number) => wrap<Segment | undefined>(tx.objectStore("segments").get(number))),
  );
  const found = new Map(now.map((number, at) => [number, segments[at]]));
  const folded = new SliceOfFold(tx, packing, directory.next);
  const tables = new Map(directory.tables);
  for (const [table, changes] of log.rows) {
    const old = tables.get(table);
    const isThere = old && old.places.length > 0;
    const next = isThere ? folded.bringInto(old, changes, found) : folded.begin(table, changes);
    if (next) tables.set(table, next);
  }
  if (folded.hasChanged) writeDirectory(tx, { tables, next: folded.next });
  const rest = new Set([...left].slice(SEGMENTS_A_SLICE));
  if (rest.size > 0) return { kind: "sliced", fold: { until, left: rest } };
  if (until > 0) tx.objectStore("log").delete(IDBKeyRange.upperBound(until));
  const stays = log.records.filter(({ key }) => key > until);
  return {
    kind: "done",
    logged: stays.reduce((sum, { count }) => sum + count, 0),
    hasDeletions: stays.some((record) => record.hasDeletions),
  };
}

const EMPTY_TABLE: TableSegments = { by: [], places: [] };

/** In the order of ids it is known where a row lies; in another it may have moved from anywhere. */
function begun({ tables }: Directory, log: Log): Fold {
  const places = [...log.rows].flatMap(([table, changes]) => {
    const { by, places: all } = tables.get(table) ?? EMPTY_TABLE;
    if (by.length > 0 || all.length === 0) return all;
    return [...changes.keys()].map((id) => all[placeOf(all, [id])] as Place);
  });
  return {
    until: log.records.at(-1)?.key ?? 0,
    left: new Set(places.map(({ segment }) => segment)),
  };
}

/** Writes segments, and gives numbers to new ones. */
class SliceOfFold {
  readonly #store: IDBObjectStore;
  readonly #packing: Packing;
  next: number;
  hasChanged = false;

  constructor(tx: IDBTransaction, packing: Packing, next: number) {
    this.#store = tx.objectStore("segments");
    this.#packing = packing;
    this.next = next;
  }

  /** The first segments of a table. Undefined: the log has no row for it. */
  begin(table: string, changes: Changes): TableSegments | undefined {
    const by = this.#packing.clusters.get(table) ?? [];
    const rows = [...changes.values()].filter((row) => row !== null);
    if (rows.length === 0) return undefined;
    return { by, places: this.#write(table, { rows: inOrderOf(by, rows), by, place: undefined }) };
  }

  /** Goes through those segments of the table that were found. */
  bringInto(
    { by, places }: TableSegments,
    changes: Changes,
    found: ReadonlyMap<number, Segment | undefined>,
  ): TableSegments {
    const added = rowsByPlace(places, by, changes);
    const next = places.flatMap((place, at) => {
      const segment = found.get(place.segment);
      // What is missing is noticed by whoever loads; folding must not hide it.
      if (!segment) return [place];
      const own = added.get(at) ?? [];
      const isConcerned = segment.columns["id"]?.some((id) => changes.has(id as string));
      if (own.length === 0 && !isConcerned) return [place];
      const kept = unpackRows(segment).filter((row) => !changes.has(idOf(row)));
      const rows = inOrderOf(by, [...kept, ...own]);
      return this.#write(segment.table, { rows, by, place });
    });
    return { by, places: next };
  }

  #write(
    table: string,
    content: {
      readonly rows: readonly Row[];
      readonly by: Cluster;
      readonly place: Place | undefined;
    },
  ): Place[] {
    const { rows, by, place } = content;
    const { sizes } = this.#packing;
    this.hasChanged = true;
    if (place && rows.length === 0) this.#store.delete(place.segment);
    const pieces = sizeOfRows(rows) > sizes.most || !place ? piecesOf(rows, sizes) : [rows];
    return pieces
      .filter((piece) => piece.length > 0)
      .map((piece, nth) => {
        const number = place && nth === 0 ? place.segment : this.next++;
        this.#store.put(packRows(table, piece), number);
        return placed(number, piece, by);
      });
  }
}

function rowsByPlace(
  places: readonly Place[],
  by: Cluster,
  changes: Changes,
): ReadonlyMap<number, readonly Row[]> {
  const rows = new Map<number, Row[]>();
  for (const row of changes.values()) {
    if (!row) continue;
    const at = placeOf(places, keyOf(row, by));
    const others = rows.get(at);
    if (others) others.push(row);
    else rows.set(at, [row]);
  }
  return rows;
}
