/** The result of one query, shared by everyone who watches it. */

import { encodeTagged, readingsOf, selectsOf, tablesOfSelect } from "@sh1n4ps/plasma-core";
import type { QueryAst, Row, RowChange } from "@sh1n4ps/plasma-core";
import type { Answer } from "../replica/full-scans.ts";
import { answerQuery } from "../replica/rows.ts";
import type { Rows } from "../replica/rows.ts";
import type { EqualityIndexes } from "./equality-indexes.ts";
import { keepIdentity } from "./keep-identity.ts";
import { pinOf } from "../replica/pin.ts";
import type { Pin } from "../replica/pin.ts";
import type { Interest } from "./routes.ts";
import { isRowWindow, RowWindow } from "./row-window.ts";
import { RelationalPipeline } from "./relational-pipeline.ts";
import { SelectPipeline } from "./select-pipeline.ts";

/** The rows that a view reads, what finds them, and which state of the replica they are. */
export interface Reading {
  readonly version: number;
  readonly rows: Rows;
  readonly indexes: EqualityIndexes;
}

/**
 * While it follows, a view is handed every change that can concern it, and its result is right unless it says that it
 * is stale. Otherwise the result is right for the version at which it was read.
 */
export class View {
  readonly ast: QueryAst;
  /** Queries that are the same share it. */
  readonly key: string;
  readonly interests: readonly Interest[];
  /** Every table that it reads. */
  readonly tables: ReadonlySet<string>;
  readonly #pin: Pin | null;
  readonly #answer: Answer;
  readonly #kept: RowWindow | SelectPipeline | RelationalPipeline;
  #rows: readonly Row[] | undefined;
  #version = -1;
  #follows = false;
  /** What is kept up to date is that of the rows. */
  #isKept = false;

  constructor(ast: QueryAst, key: string, answer: Answer) {
    this.ast = ast;
    this.key = key;
    this.#answer = answer;
    this.#kept = keeperOf(ast);
    this.#pin = pinOf(ast.kind === "select" ? ast : ast.query);
    this.interests = interestsOf(ast, this.#pin);
    this.tables = new Set(selectsOf(ast).flatMap((select) => [...tablesOfSelect(select)]));
  }

  /** The rows as of now. The same array as before when they are the same. */
  read(reading: Reading): readonly Row[] {
    const isRight = this.#follows ? this.#isKept : this.#version === reading.version;
    if (this.#rows && isRight) return this.#rows;
    this.#rows = this.#evaluate(reading);
    this.#version = reading.version;
    this.#isKept = true;
    return this.#rows;
  }

  follow(version: number): void {
    this.#follows = true;
    // Who does not follow evaluates, and has nothing to keep up to date.
    this.#isKept = this.#version === version && this.#kept instanceof RowWindow;
  }

  unfollow(version: number): void {
    this.#follows = false;
    this.#version = this.#isKept ? version : -1;
  }

  /** Takes in changes that can concern it. */
  apply(changes: readonly RowChange[], { rows, indexes }: Reading): void {
    if (!this.#isKept) return;
    // What throws on the way is said to those who read.
    this.#isKept = false;
    const result = this.#kept.apply(changes, indexes.over(rows));
    if (!result) return;
    this.#rows = result;
    this.#isKept = true;
  }

  #evaluate({ rows, indexes }: Reading): readonly Row[] {
    const narrowed = (all: Rows) => (this.#pin ? indexes.narrowed(all, this.#pin) : all);
    const kept = this.#kept;
    if (kept instanceof RowWindow) return kept.hydrate(narrowed(rows), this.#answer);
    const old = this.#rows ?? [];
    return this.#answer(this.ast, rows, (query, all) => {
      const indexed = indexes.over(all);
      if (this.#follows) return kept.hydrate(indexed, { first: narrowed(all), old });
      return keepIdentity(old, answerQuery(query, indexed));
    });
  }
}

function keeperOf(ast: QueryAst): RowWindow | SelectPipeline | RelationalPipeline {
  if (ast.kind === "relational") return new RelationalPipeline(ast);
  return isRowWindow(ast) ? new RowWindow(ast) : new SelectPipeline(ast);
}

/** Rows of its first table with some values, if it asks for them and does not read that table otherwise; whole tables. */
function interestsOf(ast: QueryAst, pin: Pin | null): Interest[] {
  const read = selectsOf(ast).flatMap(readingsOf);
  const isPinned = pin && read.filter((table) => table === pin.table).length === 1;
  const tables = new Set(read.filter((table) => !isPinned || table !== pin.table));
  return [...(isPinned ? [pin] : []), ...(tables.size > 0 ? [{ tables }] : [])];
}

/** Text that is equal for equal queries; undefined for one too deep to be written down, which then shares nothing. */
export function queryKey(ast: QueryAst): string | undefined {
  try {
    return JSON.stringify(encodeTagged(ast));
  } catch {
    return undefined;
  }
}
