/** Rows that keep themselves up to date. */

import { useMemo, useSyncExternalStore } from "react";
import type { DependencyList } from "react";
import { createLiveQueryStore, loadingSnapshot } from "./live-query-store.ts";
import type { LiveQueryResult, QueryFactory } from "./live-query-store.ts";
import { useClient } from "./plasma-provider.tsx";

/**
 * Watches a query. `deps` are the values that the factory uses, as in `useMemo`: when one changes, so does the query,
 * and the rows of the old one are not shown under the new one.
 *
 * ```tsx
 * const { data, status } = useLiveQuery((db) => db.select().from(todos).where(eq(todos.listId, listId)), [listId]);
 * ```
 */
export function useLiveQuery<T>(
  factory: QueryFactory<T>,
  deps: DependencyList,
): LiveQueryResult<T> {
  const client = useClient();
  // The caller names what the factory depends on.
  const store = useMemo(() => createLiveQueryStore(client, factory), [client, ...deps]);
  return useSyncExternalStore<LiveQueryResult<T>>(
    store.subscribe,
    store.getSnapshot,
    loadingSnapshot,
  );
}
