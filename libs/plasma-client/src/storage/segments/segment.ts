/**
 * Many rows as one record: a record costs IndexedDB about as much as a hundred rows in it do.
 *
 * A segment holds rows of one table in the order of its cluster, column by column: an array of values is cloned faster
 * than as many objects, and the rows that are made of it all have one shape.
 */

import type { Row, Value } from "@sh1n4ps/plasma-core";

export interface Segment {
  readonly table: string;
  readonly count: number;
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
}

/** In characters, roughly. LevelDB keeps values of more than 64 kB in another, slower way. */
export interface SegmentSizes {
  /** Of a new segment. */
  readonly full: number;
  /** One that has grown larger is split. */
  readonly most: number;
}

export const SEGMENT_SIZES: SegmentSizes = { full: 32_000, most: 56_000 };

export function idOf(row: Row): string {
  return row["id"] as string;
}

export function packRows(table: string, rows: readonly Row[]): Segment {
  const columns: Record<string, unknown[]> = {};
  rows.forEach((row, at) => {
    for (const [name, value] of Object.entries(row)) {
      // What a row does not have stays undefined, and is left out again.
      columns[name] ??= Array.from({ length: rows.length });
      columns[name][at] = value;
    }
  });
  return { table, count: rows.length, columns };
}

export function unpackRows(segment: Segment): Row[] {
  return Array.from({ length: segment.count }, (_, at) => rowAt(segment, at));
}

export function rowAt({ columns }: Segment, at: number): Row {
  const row: Record<string, unknown> = {};
  for (const name in columns) {
    const value = columns[name]?.[at];
    if (value !== undefined) row[name] = value;
  }
  return row;
}

export function valueAt({ columns }: Segment, column: string, at: number): Value {
  return (columns[column]?.[at] as Value | undefined) ?? null;
}

/** Cuts rows into pieces of a full segment each. */
export function piecesOf(rows: readonly Row[], { full }: SegmentSizes): Row[][] {
  const pieces: Row[][] = [];
  let room = 0;
  for (const row of rows) {
    if (room <= 0) {
      pieces.push([]);
      room = full;
    }
    pieces.at(-1)?.push(row);
    room -= sizeOf(row);
  }
  return pieces;
}

export function sizeOfRows(rows: readonly Row[]): number {
  let size = 0;
  for (const row of rows) size += sizeOf(row);
  return size;
}

const SMALL = 8;

function sizeOf(row: Row): number {
  let size = 0;
  for (const name in row) size += sizeOfValue(row[name]);
  return size;
}

function sizeOfValue(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value !== "object" || value === null || value instanceof Date) return SMALL;
  return JSON.stringify(value).length;
}
