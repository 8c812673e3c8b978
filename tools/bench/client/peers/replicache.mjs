/**
 * Replicache: a server's answer is patched into its B-tree, mutators work on that, and a subscription runs its function
 * anew when a key that it has read has changed. The server is a stand-in in the page.
 */

import { ReplicacheImpl } from "replicache/impl";
import { runPage } from "../page.ts";
import { matches, WINDOW } from "../queries.ts";

const TODOS = "todo/";

const mutators = {
  async update(tx, { id, patch }) {
    const row = await tx.get(TODOS + id);
    await tx.set(TODOS + id, { ...row, ...patch });
  },
};

/** It writes to the disk in the background, and tells nobody when; this does. */
class Replicache extends ReplicacheImpl {
  #applied = 0;
  #waiting = [];

  /** Resolves when everything that has been applied by now would survive the killing of the browser. */
  durable() {
    this.#applied += 1;
    const applied = this.#applied;
    return new Promise((resolve) => this.#waiting.push({ applied, resolve }));
  }

  async persist() {
    const applied = this.#applied;
    await super.persist();
    const done = this.#waiting.filter((one) => one.applied <= applied);
    this.#waiting = this.#waiting.filter((one) => one.applied > applied);
    for (const { resolve } of done) resolve();
  }
}

/** Has no rows of its own: a mutation's patch is all that a client needs to be told. */
function standInServer() {
  const http = { httpStatusCode: 200, errorMessage: "" };
  let patch = [];
  let lastMutationIDChanges = {};
  const server = {
    refusesPushes: false,
    poke: () => undefined,
    offer(operations) {
      patch.push(...operations);
    },
    async puller({ cookie }) {
      const hasNews = patch.length > 0 || Object.keys(lastMutationIDChanges).length > 0;
      const next = (cookie ?? 0) + (hasNews ? 1 : 0);
      const response = { cookie: next, lastMutationIDChanges, patch };
      [patch, lastMutationIDChanges] = [[], {}];
      return { response, httpRequestInfo: http };
    },
    async pusher({ mutations }) {
      if (server.refusesPushes) {
        return { httpRequestInfo: { httpStatusCode: 503, errorMessage: "Not now." } };
      }
      for (const { clientID, id, args } of mutations) {
        patch.push({ op: "update", key: TODOS + args.id, merge: args.patch });
        lastMutationIDChanges[clientID] = id;
      }
      server.poke();
      return { httpRequestInfo: http };
    },
  };
  return server;
}

/** An index has one field, so that the order within a list needs one. */
const stored = (row) => ({ ...row, listAndTime: `${row.listId}/${row.createdAt}` });

function plain(kind, rows) {
  if (kind === "joined" || kind === "counts") return rows;
  return rows.map(({ listAndTime: _, ...row }) => row);
}

const put = (key, value) => ({ op: "put", key, value });

const byList = (listId) => ({ indexName: "byListAndTime", prefix: `${listId}/` });

async function answerOf(tx, query) {
  switch (query.kind) {
    case "window": {
      const { done, priority } = query;
      if (done === undefined && priority === undefined) {
        return tx
          .scan({ ...byList(query.listId), limit: WINDOW })
          .values()
          .toArray();
      }
      const found = [];
      for await (const row of tx.scan(byList(query.listId)).values()) {
        if (matches(query, row) && found.push(row) === WINDOW) break;
      }
      return found;
    }
    case "list":
      return tx.scan(byList(query.listId)).values().toArray();
    case "joined": {
      const { name: listName } = await tx.get(`list/${query.listId}`);
      const rows = await tx.scan(byList(query.listId)).values().toArray();
      return rows.map(({ id, title }) => ({ id, title, listName }));
    }
    case "counts": {
      const counts = new Map();
      for await (const { priority } of tx.scan({ prefix: TODOS }).values()) {
        counts.set(priority, (counts.get(priority) ?? 0) + 1);
      }
      return [...counts].map(([priority, count]) => ({ priority, count }));
    }
  }
}

const readAll = (tx) => tx.scan({ prefix: TODOS }).values().toArray();

async function open(name) {
  const server = standInServer();
  const replicache = new Replicache({
    name,
    mutators,
    puller: server.puller,
    pusher: server.pusher,
    pullInterval: null,
    // It tells of each push that is refused.
    logSinks: [],
    indexes: { byListAndTime: { prefix: TODOS, jsonPointer: "/listAndTime" } },
  });
  server.poke = () => void replicache.pull().catch(() => undefined);
  let latest = Promise.resolve();

  async function mutate(id, patch) {
    await replicache.mutate.update({ id, patch });
    latest = replicache.durable();
  }

  async function update(id, patch) {
    await mutate(id, patch);
    await latest;
  }

  return {
    async prepare({ rows, lists }) {
      // The pull that it begins with is to have been.
      await replicache.pull({ now: true });
      server.offer([
        ...lists.map((list) => put(`list/${list.id}`, list)),
        ...rows.map((row) => put(TODOS + row.id, stored(row))),
      ]);
    },
    async bulkLoad() {
      await replicache.pull({ now: true });
      await replicache.durable();
    },
    async coldQuery(listId) {
      const query = { kind: "window", listId };
      return plain(query.kind, await replicache.query((tx) => answerOf(tx, query)));
    },
    hydrate: () => replicache.query(readAll).then(() => undefined),
    subscribe: (query, listener) => replicache.subscribe((tx) => answerOf(tx, query), listener),
    plain,
    update,
    mutate,
    async settle() {
      while ((await replicache.experimentalPendingMutations()).length > 0) {
        await replicache.push({ now: true });
        await replicache.pull({ now: true });
      }
    },
    holdMutations() {
      server.refusesPushes = true;
    },
    async pullOver(rows) {
      server.offer(rows.map((row) => put(TODOS + row.id, stored(row))));
      await replicache.pull({ now: true });
      await replicache.durable();
    },
    readAll: async () => plain("list", await replicache.query(readAll)),
    async close() {
      await latest;
      await replicache.close();
    },
  };
}

runPage({ open });
