/**
 * RxDB on the storage for IndexedDB that is free, Dexie's: documents by a schema, and queries that are kept up by its
 * event-reduce. It has neither joins nor groups: two queries are put together, and each group is a counting query.
 */

import { createRxDatabase } from "rxdb/plugins/core";
import { getRxStorageDexie } from "rxdb/plugins/storage-dexie";
import { combineLatest, map } from "rxjs";
import { runPage } from "../page.ts";
import { WINDOW } from "../queries.ts";

const text = { type: "string" };
const key = { type: "string", maxLength: 20 };
const whole = (maximum) => ({ type: "integer", minimum: 0, maximum, multipleOf: 1 });

const todoSchema = {
  version: 0,
  primaryKey: "id",
  type: "object",
  properties: {
    id: key,
    listId: key,
    title: text,
    done: { type: "boolean" },
    priority: whole(9),
    createdAt: whole(10_000_000_000_000),
    notes: text,
  },
  required: ["id", "listId", "title", "done", "priority", "createdAt", "notes"],
  indexes: [["listId", "createdAt"], "priority"],
};

const listSchema = {
  version: 0,
  primaryKey: "id",
  type: "object",
  properties: { id: key, name: text },
  required: ["id", "name"],
};

const PRIORITIES = Array.from({ length: 10 }, (_, priority) => priority);

async function open(name) {
  const db = await createRxDatabase({ name, storage: getRxStorageDexie() });
  const { todos, lists } = await db.addCollections({
    todos: { schema: todoSchema },
    lists: { schema: listSchema },
  });

  const ofList = (listId) => todos.find({ selector: { listId } });
  const windowOf = ({ listId, done, priority }) =>
    todos.find({
      selector: {
        listId,
        ...(done === undefined ? {} : { done }),
        ...(priority === undefined ? {} : { priority }),
      },
      sort: [{ createdAt: "asc" }],
      limit: WINDOW,
    });

  function resultsOf(query) {
    switch (query.kind) {
      case "window":
        return windowOf(query).$;
      case "list":
        return ofList(query.listId).$;
      case "joined":
        return combineLatest([ofList(query.listId).$, lists.findOne(query.listId).$]).pipe(
          map(([rows, list]) => rows.map(({ id, title }) => ({ id, title, listName: list.name }))),
        );
      case "counts": {
        const counted = PRIORITIES.map((priority) => todos.count({ selector: { priority } }).$);
        return combineLatest(counted).pipe(
          map((counts) =>
            counts.map((count, priority) => ({ priority, count })).filter(({ count }) => count > 0),
          ),
        );
      }
    }
  }

  return {
    async bulkLoad(data) {
      const inserted = await Promise.all([
        lists.bulkInsert([...data.lists]),
        todos.bulkInsert([...data.rows]),
      ]);
      const [failed] = inserted.flatMap(({ error }) => error);
      if (failed) throw new Error(`A row was not inserted: ${JSON.stringify(failed)}.`);
    },
    async coldQuery(listId) {
      return plain("window", await windowOf({ listId }).exec());
    },
    hydrate: async () => undefined,
    subscribe(query, listener) {
      const subscription = resultsOf(query).subscribe(listener);
      return () => subscription.unsubscribe();
    },
    plain,
    async update(id, patch) {
      const row = await todos.findOne(id).exec();
      await row.incrementalPatch(patch);
    },
    async readAll() {
      return plain("list", await todos.find().exec());
    },
    close: async () => void (await db.close()),
  };
}

/** Results are documents of RxDB, where they are rows. */
function plain(kind, rows) {
  return kind === "window" || kind === "list" ? rows.map((row) => row.toJSON()) : rows;
}

runPage(
  { open },
  {
    without: {
      W5: "a row with a mutation that is pending takes nothing of a pull before the mutation is pushed",
    },
  },
);
