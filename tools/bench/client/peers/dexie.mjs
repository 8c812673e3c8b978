/** Dexie: the rows are in IndexedDB, and a live query asks anew when what it has read has changed. */

import { Dexie, liveQuery } from "dexie";
import { runPage } from "../page.ts";
import { WINDOW } from "../queries.ts";

function answerOf(db, query) {
  switch (query.kind) {
    case "window": {
      const list = db.todos
        .where("[listId+createdAt]")
        .between([query.listId, Dexie.minKey], [query.listId, Dexie.maxKey]);
      const { done, priority } = query;
      if (done === undefined && priority === undefined) return list.limit(WINDOW).toArray();
      return list
        .filter(
          (row) =>
            (done === undefined || row.done === done) &&
            (priority === undefined || row.priority === priority),
        )
        .limit(WINDOW)
        .toArray();
    }
    case "list":
      return db.todos.where("listId").equals(query.listId).toArray();
    case "joined":
      return db.transaction("r", db.todos, db.lists, async () => {
        const [rows, list] = await Promise.all([
          db.todos.where("listId").equals(query.listId).toArray(),
          db.lists.get(query.listId),
        ]);
        return rows.map(({ id, title }) => ({ id, title, listName: list.name }));
      });
    case "counts":
      return db.transaction("r", db.todos, async () => {
        const priorities = await db.todos.orderBy("priority").uniqueKeys();
        return Promise.all(
          priorities.map(async (priority) => ({
            priority,
            count: await db.todos.where("priority").equals(priority).count(),
          })),
        );
      });
  }
}

async function open(name) {
  const db = new Dexie(name, { chromeTransactionDurability: "relaxed" });
  db.version(1).stores({ todos: "id, [listId+createdAt], listId, priority", lists: "id" });
  await db.open();
  return {
    async bulkLoad({ rows, lists }) {
      await db.transaction("rw", db.todos, db.lists, async () => {
        await db.lists.bulkAdd(lists);
        await db.todos.bulkAdd(rows);
      });
    },
    coldQuery: (listId) => answerOf(db, { kind: "window", listId }),
    hydrate: async () => undefined,
    subscribe(query, listener) {
      const subscription = liveQuery(() => answerOf(db, query)).subscribe({
        next: listener,
        error: (error) => console.error(error),
      });
      return () => subscription.unsubscribe();
    },
    update: async (id, patch) => void (await db.todos.update(id, patch)),
    readAll: () => db.todos.toArray(),
    close: async () => db.close(),
  };
}

runPage({ open }, { without: { W5: "it has no server, and so no mutations that are pending" } });
