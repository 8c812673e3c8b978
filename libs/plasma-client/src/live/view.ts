/** The result of one query, shared by everyone who watches it. */

import { encodeTagged, selectsOf, tablesOfSelect } from "@sh1n4ps/plasma-core";
import type { QueryAst, Row, RowChange } from "@sh1n4ps/plasma-core";
import type { Answer } from "../replica/full-scans.ts";
import type { Rows } from "../replica/rows.ts";
import { pinOf } from "./pin.ts";
import type { Pin } from "./pin.ts";
import type { Interest } from "./routes.ts";
import { isRowWindow, RowWindow } from "./row-window.ts";

/** The rows that a view reads, and which state of the replica they are. */
export interface Reading {
  readonly version: number;
  rows(pin: Pin | null): Rows;
}

/**
 * While it follows, a view is handed every change that can concern it, and its result is right unless it says that it
 * is stale. Otherwise the result is right for the version at which it was read.
 */
export class View {
  readonly ast: QueryAst;
  /** Queries that are the same share it. */
  readonly key: string;
  readonly interest: Interest;
  /** Every table that it reads. */
  readonly tables: ReadonlySet<string>;
  readonly #pin: Pin | null;
  /** Null for a query that is evaluated anew when one of its tables changes. */
  readonly #window: RowWindow | null;
  readonly #answer: Answer;
  #rows: readonly Row[] | undefined;
  #version = -1;
  #follows = false;
  #isStale = true;

  constructor(ast: QueryAst, key: string, answer: Answer) {
    this.ast = ast;
    this.key = key;
    this.#answer = answer;
    this.#window = isRowWindow(ast) ? new RowWindow(ast) : null;
    this.#pin = isRowWindow(ast) ? pinOf(ast) : null;
    this.tables = new Set(selectsOf(ast).flatMap((select) => [...tablesOfSelect(select)]));
    this.interest = this.#pin ?? { tables: this.tables };
  }

  /** The rows as of now. The same array as before when they are the same. */
  read(reading: Reading): readonly Row[] {
    const isRight = this.#follows ? !this.#isStale : this.#version === reading.version;
    if (this.#rows && isRight) return this.#rows;
    const source = reading.rows(this.#pin);
    this.#rows = this.#window
      ? this.#window.hydrate(source, this.#answer)
      : keepIdentity(this.#rows, this.#answer(this.ast, source));
    this.#version = reading.version;
    this.#isStale = false;
    return this.#rows;
  }

  follow(version: number): void {
    this.#follows = true;
    this.#isStale = this.#version !== version;
  }

  unfollow(version: number): void {
    this.#follows = false;
    this.#version = this.#isStale ? -1 : version;
  }

  /** Takes in changes that can concern it. */
  apply(changes: readonly RowChange[], source: Rows): void {
    if (this.#isStale) return;
    // Stale first: what throws on the way is said to those who read.
    this.#isStale = true;
    const rows = this.#window?.apply(changes, source);
    if (!rows) return;
    this.#rows = rows;
    this.#isStale = false;
  }
}

/** Text that is equal for equal queries; undefined for one too deep to be written down, which then shares nothing. */
export function queryKey(ast: QueryAst): string | undefined {
  try {
    return JSON.stringify(encodeTagged(ast));
  } catch {
    return undefined;
  }
}

/** The new rows, with the old object in place of each that holds the same; the old list if nothing differs. */
function keepIdentity(old: readonly Row[] | undefined, rows: readonly Row[]): readonly Row[] {
  if (!old) return rows;
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
