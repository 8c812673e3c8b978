/** What `.live()` gives: a query whose result keeps itself up to date. */

import type { QueryAst } from "./relational-ast.ts";

/** `partial` while a first sync has not brought everything yet, then `complete`. */
export type LiveQueryStatus = "partial" | "complete";

export interface LiveQuery<T> {
  readonly ast: QueryAst;
  readonly status: LiveQueryStatus;
  /** The latest result; undefined before the first one. The same array until something in it changes. */
  readonly current: readonly T[] | undefined;
  /** Called with the first result and after every change of it. Unchanged rows keep their identity. */
  subscribe(listener: (rows: readonly T[]) => void): () => void;
  /** Resolves with the first result. */
  whenReady(): Promise<readonly T[]>;
}
