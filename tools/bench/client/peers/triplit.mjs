/**
 * Triplit: all rows are in memory, and subscriptions are kept up some milliseconds after a change. The server is a stand-in
 * behind the client's transport. It has no aggregates: its users count the rows of a query.
 */

import { Schema as S, TriplitClient } from "@triplit/client";
import SuperJSON from "superjson";
import { runPage } from "../page.ts";
import { WINDOW } from "../queries.ts";

const schema = S.Collections({
  todos: {
    schema: S.Schema({
      id: S.Id(),
      listId: S.String(),
      title: S.String(),
      done: S.Boolean(),
      priority: S.Number(),
      createdAt: S.Number(),
      notes: S.String(),
    }),
    relationships: { list: S.RelationById("lists", "$listId") },
  },
  lists: { schema: S.Schema({ id: S.Id(), name: S.String() }) },
});

/** Nobody looks at its signature. */
const TOKEN = ["{}", '{"sub":"me"}', "{}"].map((part) => btoa(part).replaceAll("=", "")).join(".");

function changesOf(rowsByCollection) {
  const changes = Object.entries(rowsByCollection).map(([collection, rows]) => [
    collection,
    { sets: new Map(rows.map((row) => [row.id, row])), deletes: new Set() },
  ]);
  return SuperJSON.serialize(Object.fromEntries(changes));
}

/** Confirms changes, and has an answer ready for the first query. */
class StandInServer {
  connectionStatus = "UNINITIALIZED";
  refusesChanges = false;
  #tell = () => undefined;
  #first;
  #sent = 0;

  get isOpen() {
    return this.connectionStatus === "OPEN";
  }

  connect() {
    this.connectionStatus = "CONNECTING";
    setTimeout(() => {
      this.connectionStatus = "OPEN";
      this.opened?.();
      this.#send({ type: "READY", payload: { clientId: "page" } });
    });
  }

  close() {
    this.connectionStatus = "CLOSED";
  }

  onOpen(callback) {
    this.opened = callback;
  }

  onMessage(callback) {
    this.#tell = callback;
  }

  onClose() {}
  onError() {}
  onConnectionChange() {}

  /** Makes the answer to the first query, as the text that the network would have brought. */
  offer(rowsByCollection, queryId) {
    this.#first = JSON.stringify(this.#data(rowsByCollection, [queryId]));
  }

  sendMessage({ type, payload }) {
    if (!this.isOpen) return false;
    if (type === "CONNECT_QUERY") {
      const message = this.#first?.replace("FIRST", payload.id);
      this.#first = undefined;
      setTimeout(() => (message ? this.#tell({ data: message }) : this.push({}, [payload.id])));
    }
    if (type === "CHANGES" && !this.refusesChanges) {
      setTimeout(() => this.#send({ type: "CHANGES_ACK", payload: { timestamp: this.#now() } }));
    }
    return true;
  }

  /** Somebody else has changed rows. */
  push(rowsByCollection, queryIds = []) {
    this.#send(this.#data(rowsByCollection, queryIds));
  }

  #data(rowsByCollection, forQueries) {
    const changes = changesOf(rowsByCollection);
    return { type: "ENTITY_DATA", payload: { changes, timestamp: this.#now(), forQueries } };
  }

  #send(message) {
    this.#tell({ data: JSON.stringify(message) });
  }

  #now() {
    this.#sent += 1;
    return [Date.now(), this.#sent, "server"];
  }
}

async function open(name) {
  const server = new StandInServer();
  const client = new TriplitClient({
    schema,
    storage: { type: "indexeddb", name },
    serverUrl: "https://stand-in.test",
    token: TOKEN,
    transport: server,
    logLevel: "error",
  });
  await client.ready;

  function queryOf(query) {
    switch (query.kind) {
      case "window": {
        const { done, priority } = query;
        return client
          .query("todos")
          .Where([
            ["listId", "=", query.listId],
            ...(done === undefined ? [] : [["done", "=", done]]),
            ...(priority === undefined ? [] : [["priority", "=", priority]]),
          ])
          .Order("createdAt", "ASC")
          .Limit(WINDOW);
      }
      case "list":
        return client.query("todos").Where("listId", "=", query.listId);
      case "joined":
        return client
          .query("todos")
          .Where("listId", "=", query.listId)
          .Select(["id", "title"])
          .Include("list");
      case "counts":
        return client.query("todos").Select(["id", "priority"]);
    }
  }

  function resultOf(query, rows) {
    switch (query.kind) {
      case "joined":
        return rows.map(({ id, title, list }) => ({ id, title, listName: list.name }));
      case "counts": {
        const counts = new Map();
        for (const { priority } of rows) counts.set(priority, (counts.get(priority) ?? 0) + 1);
        return [...counts].map(([priority, count]) => ({ priority, count }));
      }
      default:
        return rows;
    }
  }

  const fetch = (query) => client.fetch(query, { policy: "local-only" });

  return {
    async prepare({ rows, lists }) {
      server.offer({ lists, todos: rows }, "FIRST");
    },
    bulkLoad: () =>
      new Promise((resolve, reject) => {
        client.subscribeBackground(client.query("todos").Include("list"), {
          onFulfilled: resolve,
          onError: reject,
        });
      }),
    coldQuery: (listId) => fetch(queryOf({ kind: "window", listId })),
    hydrate: async () => undefined,
    subscribe: (query, listener) =>
      client.subscribe(queryOf(query), (rows) => listener(resultOf(query, rows)), console.error, {
        localOnly: true,
      }),
    update: async (id, patch) => void (await client.update("todos", id, patch)),
    async settle() {
      const { entityStore, kv } = client.db;
      const { doubleBuffer } = entityStore;
      const isSettled = async () =>
        (await doubleBuffer.getLockedBuffer().isEmpty(kv)) &&
        (await doubleBuffer.getUnlockedBuffer().isEmpty(kv));
      while (!(await isSettled())) {
        await client.syncEngine.syncWrites();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    holdMutations() {
      server.refusesChanges = true;
    },
    async pullOver(rows) {
      server.push({ todos: rows });
    },
    readAll: () => fetch(client.query("todos")),
    close: async () => client.disconnect(),
  };
}

runPage({ open });
