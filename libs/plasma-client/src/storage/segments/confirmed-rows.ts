/**
 * The confirmed rows in IndexedDB: segments, and a log of what has changed since they were written.
 *
 *   segments  number    → Segment
 *   log       1, 2, 3 … → what a pull has changed, in order
 *   meta      "segments" → Directory
 *
 * 1. What the log says of a row is its truth, whatever the segments hold. So a pull is written as one record more, and
 *    the segments follow when there is time (`fold.ts`).
 * 2. A snapshot is written as segments at once.
 * 3. Every function works within a transaction of its caller over these three stores, and awaits nothing else.
 */

import type { Row } from "@sh1n4ps/plasma-core";
import { tolerant, wrap } from "../idb-request.ts";
import { inOrderOf } from "./cluster.ts";
import type { Clusters } from "./cluster.ts";
import { EMPTY, placed } from "./directory.ts";
import type { Directory, Place, TableSegments } from "./directory.ts";
import { idOf, packRows, piecesOf, unpackRows } from "./segment.ts";
import type { Segment, SegmentSizes } from "./segment.ts";

/** How rows are laid out that are written now. */
export interface Packing {
  readonly sizes: SegmentSizes;
  readonly clusters: Clusters;
}

export interface RowPatch {
  readonly puts: readonly { readonly table: string; readonly row: Row }[];
  readonly dels: readonly { readonly table: string; readonly id: string }[];
}

/** A row as it is now, or null where it is gone. */
export type LoggedChange = readonly [table: string, id: string, row: Row | null];

/** What the log says of rows, by table and id. */
export type LoggedRows = ReadonlyMap<string, ReadonlyMap<string, Row | null>>;

export const DIRECTORY_KEY = "segments";
/** A record of the log is read as a whole, and more than this is no longer a small one. */
const MAX_CHANGES = 250;

export interface ConfirmedRows {
  /** The rows of each table. */
  readonly tables: Map<string, Map<string, Row>>;
  /** Whether some that are gone may still be in a segment or in the log. */
  readonly hasDeletions: boolean;
}

/** Null: records are missing or damaged. */
export async function readConfirmed(tx: IDBTransaction): Promise<ConfirmedRows | null> {
  const [directory, numbers, segments, log] = await Promise.all([
    readDirectory(tx),
    wrap(tx.objectStore("segments").getAllKeys()),
    tolerant<Segment[]>(tx.objectStore("segments").getAll()),
    readLog(tx),
  ]);
  if (!segments || !log) return null;
  const found = new Map(numbers.map((number, at) => [number, segments[at] as Segment]));
  const tables = new Map<string, Map<string, Row>>();
  for (const [table, { places }] of directory.tables) {
    const rows = new Map<string, Row>();
    tables.set(table, rows);
    for (const place of places) {
      const segment = found.get(place.segment);
      if (!segment || !isWhole(segment, table, place)) return null;
      for (const row of unpackRows(segment)) rows.set(idOf(row), row);
    }
  }
  for (const [table, changes] of log.rows) {
    let rows = tables.get(table);
    if (!rows) tables.set(table, (rows = new Map()));
    for (const [id, row] of changes) {
      if (row) rows.set(id, row);
      else rows.delete(id);
    }
  }
  return { tables, hasDeletions: log.records.some((record) => record.hasDeletions) };
}

/** Puts these rows in the place of all others. */
export function replaceConfirmed(
  tx: IDBTransaction,
  puts: RowPatch["puts"],
  { sizes, clusters }: Packing,
): void {
  clearConfirmed(tx);
  const rowsOf = new Map<string, Row[]>();
  for (const { table, row } of puts) {
    const rows = rowsOf.get(table);
    if (rows) rows.push(row);
    else rowsOf.set(table, [row]);
  }
  let { next } = EMPTY;
  const tables = new Map<string, TableSegments>();
  for (const [table, rows] of rowsOf) {
    const by = clusters.get(table) ?? [];
    const places = piecesOf(inOrderOf(by, rows), sizes).map((piece) => {
      const segment = next++;
      tx.objectStore("segments").put(packRows(table, piece), segment);
      return placed(segment, piece, by);
    });
    tables.set(table, { by, places });
  }
  writeDirectory(tx, { tables, next });
}

export function clearConfirmed(tx: IDBTransaction): void {
  tx.objectStore("segments").clear();
  tx.objectStore("log").clear();
  tx.objectStore("meta").delete(DIRECTORY_KEY);
}

/** Adds to the log. Answers with how many changes it has added. */
export function logPatch(tx: IDBTransaction, { puts, dels }: RowPatch): number {
  const changes: LoggedChange[] = [
    ...dels.map(({ table, id }): LoggedChange => [table, id, null]),
    ...puts.map(({ table, row }): LoggedChange => [table, idOf(row), row]),
  ];
  for (let at = 0; at < changes.length; at += MAX_CHANGES) {
    tx.objectStore("log").add(changes.slice(at, at + MAX_CHANGES));
  }
  return changes.length;
}

export async function readDirectory(tx: IDBTransaction): Promise<Directory> {
  return (await wrap<Directory | undefined>(tx.objectStore("meta").get(DIRECTORY_KEY))) ?? EMPTY;
}

export function writeDirectory(tx: IDBTransaction, directory: Directory): void {
  tx.objectStore("meta").put(directory, DIRECTORY_KEY);
}

interface LogRecord {
  readonly key: number;
  /** How many changes it has. */
  readonly count: number;
  readonly hasDeletions: boolean;
}

export interface Log {
  readonly rows: LoggedRows;
  readonly records: readonly LogRecord[];
}

/** Null: records are damaged. */
export async function readLog(tx: IDBTransaction): Promise<Log | null> {
  const store = tx.objectStore("log");
  const [keys, records] = await Promise.all([
    wrap(store.getAllKeys()),
    tolerant<LoggedChange[][]>(store.getAll()),
  ]);
  if (!records?.every((record) => Array.isArray(record))) return null;
  const rows = new Map<string, Map<string, Row | null>>();
  for (const [table, id, row] of records.flat()) {
    let ofTable = rows.get(table);
    if (!ofTable) rows.set(table, (ofTable = new Map()));
    ofTable.set(id, row);
  }
  return {
    rows,
    records: records.map((changes, at) => ({
      key: keys[at] as number,
      count: changes.length,
      hasDeletions: changes.some(([, , row]) => row === null),
    })),
  };
}

export function isWhole(segment: Segment, table: string, { count }: Place): boolean {
  const ids = segment.columns?.["id"];
  return segment.table === table && segment.count === count && ids?.length === count;
}
