/** The seam: what a library must do to be measured. One file an adapter, each bundled into a page of its own. */

import type { Query, Result } from "./queries.ts";
import type { Change, List, Patch, Row } from "./rows.ts";

export interface Adapter {
  /** Opens a database in this page, new or as an earlier page has left it. */
  open(name: string): Promise<Store>;
}

export interface Store {
  /** What a server's answer would have brought already: not measured. */
  prepare?(data: Data): Promise<void>;
  /** A first sync. Resolves when everything would survive the killing of the browser. */
  bulkLoad(data: Data): Promise<void>;
  /** For another layout than `bulkLoad` makes, if W2 is to be measured on it. */
  loadForColdQuery?(data: Data): Promise<void>;
  /** The first 50 rows of a list by `createdAt`, as the first thing in a new page. */
  coldQuery(listId: string): Promise<readonly Row[]>;
  /** Does what the library does before it can take changes; brings the rows into memory where it keeps them there. */
  hydrate(): Promise<void>;
  /** Calls with the first result and with every further one. */
  subscribe(query: Query, listener: (result: Result) => void): () => void;
  /** The columns alone, where a library puts something else on its rows. Not measured. */
  plain?(kind: Query["kind"], result: Result): Result;
  /** Changes a row: shown to subscribers at once; resolves when durable. */
  update(id: string, patch: Patch): Promise<void>;
  /** The same, but resolves when the library says so, where it writes to the disk much later than that. */
  mutate?(id: string, patch: Patch): Promise<void>;
  /** All mutations are confirmed by the server, and none is pending any more. */
  settle?(): Promise<void>;
  /** From now on mutations stay pending. */
  holdMutations?(): void;
  /** Whole rows of the server come in under the mutations that are pending. Missing where there is no such thing. */
  pullOver?(rows: readonly Row[], pending: readonly Change[]): Promise<void>;
  readAll(): Promise<readonly Row[]>;
  close(): Promise<void>;
}

export interface Data {
  readonly rows: readonly Row[];
  readonly lists: readonly List[];
}
