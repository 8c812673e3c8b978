/** TanStack DB over its own IndexedDB collection: all rows are in memory, and live queries are kept up incrementally. */

import {
  and,
  BTreeIndex,
  count,
  createCollection,
  createIndexedDB,
  createLiveQueryCollection,
  eq,
  indexedDBCollectionOptions,
} from "@tanstack/db";
import { runPage } from "../page.ts";
import { WINDOW } from "../queries.ts";

const TODO = ["id", "listId", "title", "done", "priority", "createdAt", "notes"];
const COLUMNS = {
  window: TODO,
  list: TODO,
  joined: ["id", "title", "listName"],
  counts: ["priority", "count"],
};

async function open(name) {
  const db = await createIndexedDB({ name, version: 1, stores: ["todos", "lists"] });
  const collection = (store) =>
    createCollection({
      ...indexedDBCollectionOptions({ db, name: store, getKey: (row) => row.id }),
      autoIndex: "eager",
      defaultIndexType: BTreeIndex,
    });
  const todos = collection("todos");
  const lists = collection("lists");
  const preload = () => Promise.all([todos.preload(), lists.preload()]);

  function liveOf(query) {
    return createLiveQueryCollection({
      startSync: true,
      query: (q) => {
        const from = q.from({ todo: todos });
        switch (query.kind) {
          case "window": {
            const { done, priority } = query;
            return from
              .where(({ todo }) =>
                [
                  ...(done === undefined ? [] : [eq(todo.done, done)]),
                  ...(priority === undefined ? [] : [eq(todo.priority, priority)]),
                ].reduce((one, two) => and(one, two), eq(todo.listId, query.listId)),
              )
              .orderBy(({ todo }) => todo.createdAt)
              .limit(WINDOW);
          }
          case "list":
            return from.where(({ todo }) => eq(todo.listId, query.listId));
          case "joined":
            return from
              .innerJoin({ list: lists }, ({ todo, list }) => eq(todo.listId, list.id))
              .where(({ todo }) => eq(todo.listId, query.listId))
              .select(({ todo, list }) => ({
                id: todo.id,
                title: todo.title,
                listName: list.name,
              }));
          case "counts":
            return from
              .groupBy(({ todo }) => todo.priority)
              .select(({ todo }) => ({ priority: todo.priority, count: count(todo.id) }));
        }
      },
    });
  }

  return {
    async bulkLoad(data) {
      await preload();
      const writes = [lists.insert([...data.lists]), todos.insert([...data.rows])];
      await Promise.all(writes.map((write) => write.isPersisted.promise));
    },
    async coldQuery(listId) {
      const live = liveOf({ kind: "window", listId });
      return plain("window", await live.toArrayWhenReady());
    },
    hydrate: preload,
    subscribe(query, listener) {
      const live = liveOf(query);
      const tell = () => listener(live.toArray);
      let isReady = false;
      const subscription = live.subscribeChanges(() => isReady && tell());
      live.toArrayWhenReady().then(() => {
        isReady = true;
        tell();
      }, console.error);
      return () => {
        subscription.unsubscribe();
        void live.cleanup();
      };
    },
    plain,
    async update(id, patch) {
      await todos.update(id, (row) => void Object.assign(row, patch)).isPersisted.promise;
    },
    async readAll() {
      await preload();
      return plain("list", todos.toArray);
    },
    close: async () => db.close(),
  };
}

/** Without the `$synced` and the like that the library puts on its rows, which cannot be told from columns otherwise. */
function plain(kind, rows) {
  return rows.map((row) => Object.fromEntries(COLUMNS[kind].map((name) => [name, row[name]])));
}

runPage({ open }, { without: { W5: "its collection in IndexedDB has no server, and so no pull" } });
