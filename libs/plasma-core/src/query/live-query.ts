/** What `.live()` gives: a query whose result keeps itself up to date. */

import type { QueryAst } from "./relational-ast.ts";

/** `partial` while a first sync has not brought everything yet, then `complete`. */
export type LiveQueryStatus = "partial" | "complete";

/** How a result differs from the one before it. Put together, the deltas of a query give its rows again. */
export interface LiveDelta<T> {
  readonly added: readonly T[];
  readonly removed: readonly T[];
  /** Rows that hold other values than before: the same row of a table, the same group, the same pair of a join. */
  readonly changed: readonly { readonly before: T; readonly after: T }[];
  /** The whole result, in its order, after this delta. */
  readonly rows: readonly T[];
}

export interface LiveQuery<T> {
  readonly ast: QueryAst;
  readonly status: LiveQueryStatus;
  /** The latest result; undefined before the first one. The same array until something in it changes. */
  readonly current: readonly T[] | undefined;
  /**
   * Called with the first result and after every change of it. Unchanged rows keep their identity. `onError` is called
   * when the query begins to fail (a sum grows too large): `current` throws until it works again, and then the listener
   * hears of that.
   */
  subscribe(listener: (rows: readonly T[]) => void, onError?: (cause: unknown) => void): () => void;
  /** Called with what changed. The first call has the whole result as `added`, also when that is empty. */
  subscribeDelta(listener: (delta: LiveDelta<T>) => void): () => void;
  /** Resolves with the first result. */
  whenReady(): Promise<readonly T[]>;
}
