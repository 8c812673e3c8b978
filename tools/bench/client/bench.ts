/** What a page is asked for, what it answers, and what its work is done with. */

import type { Store } from "./adapter.ts";
import type { Query, Result } from "./queries.ts";
import type { Change, List, Row } from "./rows.ts";

export interface Step {
  readonly step: "load" | "load-for-cold-query" | "cold-query" | "changes" | "verify" | "heap";
  readonly name: string;
  readonly size: number;
  readonly work: readonly string[];
  /** What has been changed since the load, in order. */
  readonly changes?: readonly Change[];
}

/** What is to be known of an adapter before its steps. */
export interface Plan {
  /** Whether the adapter's cold query needs rows that were loaded for it. */
  readonly ownColdLayout?: boolean;
  /** By work: why the library has nothing of the kind. */
  readonly without?: Readonly<Record<string, string>>;
}

export interface StepResult {
  /** By work: each time in milliseconds, or each rate. */
  readonly figures: Readonly<Record<string, readonly number[]>>;
  readonly checked: number;
  /** All changes since the load. */
  readonly changes?: readonly Change[];
  /** The work that needs no further page, by a figure or by a failure. */
  readonly done?: readonly string[];
  /** By work: what was wrong, or took too long. */
  readonly failures?: Readonly<Record<string, string>>;
}

/** The patience with one piece of work, and the words that a table has for what took longer. */
export const LIMIT_MS = 60_000;
export const TOO_SLOW = `> ${LIMIT_MS / 1000} s`;

/** What a step works with. */
export interface Bench {
  readonly store: Store;
  /** The model: every row as it has to be. */
  readonly rows: Map<string, Row>;
  readonly lists: readonly List[];
  readonly work: ReadonlySet<string>;
  /** Every change since the load: the steps before have made some. */
  readonly changes: Change[];
  record(work: string, figure: number): void;
  /** Throws if the result is not the model's. */
  check(query: Query, found: Result): void;
}
