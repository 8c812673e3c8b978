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

export interface StepResult {
  /** By work: each time in milliseconds, or each rate. */
  readonly figures: Readonly<Record<string, readonly number[]>>;
  readonly checked: number;
  readonly changes?: readonly Change[];
}

/** What a step works with. */
export interface Bench {
  readonly store: Store;
  /** The model: every row as it has to be. */
  readonly rows: Map<string, Row>;
  readonly lists: readonly List[];
  readonly work: ReadonlySet<string>;
  readonly changes: Change[];
  record(work: string, figure: number): void;
  /** Throws if the result is not the model's. */
  check(query: Query, found: Result): void;
}
