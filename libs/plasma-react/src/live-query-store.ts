/**
 * A live query as a store for React.
 *
 * 1. A snapshot keeps its identity until its rows or its status change.
 * 2. The query is opened when the browser first asks for it: on the server nobody does.
 */

import type { AnyPlasmaClient } from "@sh1n4ps/plasma-client";
import type { LiveQuery, LiveQueryStatus, ReadDb, SelectQuery } from "@sh1n4ps/plasma-core";

export interface LiveQueryResult<T> {
  /** Empty until the first result. Unchanged rows keep their identity. */
  readonly data: readonly T[];
  /** `loading`: no result yet. `partial`: rows of this device, while a first sync has not brought everything. */
  readonly status: "loading" | LiveQueryStatus;
}

export type QueryFactory<T> = (db: ReadDb) => SelectQuery<T> | LiveQuery<T>;

export interface LiveQueryStore<T> {
  subscribe(onChange: () => void): () => void;
  getSnapshot(): LiveQueryResult<T>;
}

const LOADING: LiveQueryResult<never> = Object.freeze({
  data: Object.freeze([]),
  status: "loading",
});

export function loadingSnapshot(): LiveQueryResult<never> {
  return LOADING;
}

export function createLiveQueryStore<T>(
  client: AnyPlasmaClient | null,
  factory: QueryFactory<T>,
): LiveQueryStore<T> {
  if (!client) return { subscribe: () => () => undefined, getSnapshot: loadingSnapshot };

  let opened: LiveQuery<T> | undefined;
  let snapshot: LiveQueryResult<T> = LOADING;
  const live = (): LiveQuery<T> => (opened ??= toLive(factory(client.db)));

  return {
    // What fails is thrown by the next snapshot, into the nearest error boundary.
    subscribe: (onChange) => live().subscribe(onChange, onChange),
    getSnapshot: () => {
      const { current, status } = live();
      if (current === undefined) snapshot = LOADING;
      else if (snapshot.data !== current || snapshot.status !== status)
        snapshot = { data: current, status };
      return snapshot;
    },
  };
}

function toLive<T>(query: SelectQuery<T> | LiveQuery<T>): LiveQuery<T> {
  return "subscribe" in query ? query : query.live();
}
