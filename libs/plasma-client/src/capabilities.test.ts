/** What a client can do, a test each, by the names of the list of capabilities. */

import { count, eq, exists, invokeMutator, mutatorDb } from "@sh1n4ps/plasma-core";
import type { LiveQuery, Row, StandardSchemaV1 } from "@sh1n4ps/plasma-core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createPlasmaClient } from "./client.ts";
import type { PlasmaClient } from "./client.ts";
import type { SyncClientError } from "./errors.ts";
import type { PlasmaClientOptions, SubscriptionInput } from "./options.ts";
import { classifyIvm } from "./live/classify-ivm.ts";
import { browserPlatform } from "./platform.ts";
import { createIdbEngine } from "./storage/idb-engine.ts";
import { createMemoryEngine } from "./storage/memory-engine.ts";
import { memorySockets } from "./sync/testing/memory-sockets.ts";
import { createWebSocketSubscription } from "./sync/websocket-subscription.ts";
import { freshIndexedDB } from "./testing/fake-indexeddb.ts";
import { testServer } from "./testing/test-server.ts";
import { lists, testClientOptions, testMutators, testSchema, todos } from "./testing/test-app.ts";
import type { TestMutators } from "./testing/test-app.ts";

type Options = Partial<PlasmaClientOptions<typeof testSchema, TestMutators>>;
type TestClient = PlasmaClient<typeof testSchema, TestMutators>;

const opened: TestClient[] = [];
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 5000, interval: 5 });

/** A client that syncs only when it is asked to, unless the test wants more, and the server behind it. */
function world(options: Options = {}) {
  const server = testServer();
  const errors: SyncClientError[] = [];
  const plasma = createPlasmaClient({
    ...testClientOptions,
    fetcher: server.fetch,
    pollIntervalMs: 0,
    logLevel: "silent",
    onError: (error) => errors.push(error),
    platform: { ...browserPlatform(), indexedDB: freshIndexedDB(), locks: undefined },
    ...options,
  });
  opened.push(plasma);
  return { server, errors, plasma };
}

/** By hand: any Standard Schema will do. */
const listWithName: StandardSchemaV1<{ id: string; name: string }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => {
      const list = value as { id: string; name: string };
      return list.name ? { value: list } : { issues: [{ message: "Name it.", path: ["name"] }] };
    },
  },
};

const addList = (plasma: TestClient, id = "l1") => plasma.mutate("addList", { id, name: "One" });

afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client.dispose()));
});

describe("mutating", () => {
  it("Client-side one-shot mutate: applies at once, stores, enqueues", async () => {
    const { plasma, server } = world();
    await addList(plasma);
    expect(await plasma.db.select().from(lists)).toHaveLength(1);
    expect(plasma.status.pending).toBe(1);
    expect(server.requests).toEqual([]);
  });

  it("Args validation: before anything is stored", async () => {
    const { plasma } = world({
      mutators: {
        ...testMutators,
        addList: { ...testMutators.addList, args: listWithName },
      },
    });
    await expect(plasma.mutate("addList", { id: "l1", name: "" })).rejects.toMatchObject({
      code: "invalid-value",
    });
    expect(plasma.status.pending).toBe(0);
    await addList(plasma);
    expect(plasma.status.pending).toBe(1);
  });

  it("Discard a queued mutation", async () => {
    const { plasma, server } = world();
    const { id } = await addList(plasma);
    const discarded = plasma.discardMutation(id);
    await eventually(() => expect(plasma.status.pending).toBe(0));
    await plasma.flush();
    expect(await discarded).toBe("discarded");
    expect(server.model.effects).toEqual([]);
    expect(await plasma.db.select().from(lists)).toEqual([]);
  });

  it("Access the mutation origin", async () => {
    const origins: unknown[] = [];
    const watchedMutator: TestMutators["addList"] = {
      ...testMutators.addList,
      run: async (input) => {
        origins.push({ clientID: input.clientID, mutationID: input.mutationID });
        await testMutators.addList.run(input);
      },
    };
    const spied: TestMutators = { ...testMutators, addList: watchedMutator };
    const { plasma } = world({ mutators: spied });
    await addList(plasma, "a");
    await addList(plasma, "b");
    expect(origins).toEqual([
      { clientID: plasma.clientID, mutationID: 1 },
      { clientID: plasma.clientID, mutationID: 2 },
    ]);
  });
});

describe("syncing", () => {
  it("Start the sync loop", async () => {
    const { plasma, server } = world();
    await plasma.start();
    await addList(plasma).confirmed;
    expect(server.model.effects).toEqual(["addList"]);
    expect(plasma.status.connection).toBe("online");
  });

  it("Stop the sync loop", async () => {
    const { plasma, server } = world({ pollIntervalMs: 5 });
    await plasma.start();
    plasma.stop();
    const before = server.requests.length;
    await addList(plasma);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(server.requests.length).toBe(before);
    expect(plasma.status).toMatchObject({ connection: "stopped", pending: 1 });
  });

  it("Wait for outbox drain", async () => {
    const { plasma, server } = world();
    await addList(plasma, "a");
    await addList(plasma, "b");
    await plasma.flush();
    expect(plasma.status.pending).toBe(0);
    expect(server.model.effects).toEqual(["addList", "addList"]);
  });

  it("Manual push", async () => {
    const { plasma, server } = world();
    await addList(plasma);
    await plasma.pushOnce();
    expect(server.model.effects).toEqual(["addList"]);
  });

  it("Manual pull", async () => {
    const { plasma, server } = world();
    await server.model.run("addList", { id: "l1", name: "From elsewhere" });
    await plasma.pullOnce();
    expect(server.requests).toEqual(["pull"]);
    expect(await plasma.db.select({ name: lists.name }).from(lists)).toEqual([
      { name: "From elsewhere" },
    ]);
  });

  it("Poll interval", async () => {
    const { plasma, server } = world({ pollIntervalMs: 5 });
    await plasma.start();
    await eventually(() => expect(server.requests.length).toBeGreaterThan(3));
  });

  it("Retry policy: pauses between attempts, tells after so many, never drops", async () => {
    const { plasma, server, errors } = world({
      retry: { maxAttempts: 2, initialDelayMs: 1, maxDelayMs: 5 },
    });
    server.isReachable = false;
    await plasma.start();
    const made = addList(plasma);
    await eventually(() => expect(errors.map(({ kind }) => kind)).toEqual(["network"]));
    server.isReachable = true;
    await made.confirmed;
  });

  it("WebSocket subscription: what it hears makes the client pull", async () => {
    let socket: SubscriptionInput | undefined;
    const { plasma, server } = world({
      subscribe: (input) => {
        socket = input;
        return { close: () => undefined };
      },
    });
    await plasma.start();
    await eventually(() => expect(server.requests).toContain("pull"));
    await server.model.run("addList", { id: "l1", name: "One" });
    socket?.onPoke();
    await eventually(async () => expect(await plasma.db.select().from(lists)).toHaveLength(1));
  });

  it("Client-side WebSocket transport: createWebSocketSubscription({ url, protocols })", async () => {
    const sockets = memorySockets();
    const { plasma, server } = world({
      subscribe: createWebSocketSubscription({
        url: "wss://sync.test/live",
        protocols: ["app"],
        token: () => "ticket",
      }),
      platform: { ...browserPlatform(), indexedDB: undefined, WebSocket: sockets.WebSocket },
    });
    await plasma.start();
    await eventually(() => expect(sockets.ends).toHaveLength(1));
    const [end] = sockets.ends;
    expect(end).toMatchObject({ url: "wss://sync.test/live" });
    expect(end?.protocols.at(-1)).toBe("app");
    await eventually(() => expect(server.requests).toContain("pull"));
    await server.model.run("addList", { id: "l1", name: "One" });
    end?.say('{"type":"poke"}');
    await eventually(async () => expect(await plasma.db.select().from(lists)).toHaveLength(1));
  });

  it("Offline mode: from the start, and Runtime client.setOffline(bool) toggle", async () => {
    const { plasma, server } = world({ offline: true });
    await plasma.start();
    const made = addList(plasma);
    await made;
    expect(plasma.status.connection).toBe("offline");
    expect(server.requests).toEqual([]);
    plasma.setOffline(false);
    await made.confirmed;
    plasma.setOffline(true);
    expect(plasma.status.connection).toBe("offline");
  });

  it("Auth headers", async () => {
    const sent: (string | null)[] = [];
    const { plasma, server } = world({
      authHeaders: () => Promise.resolve({ authorization: "Bearer ada" }),
      fetcher: (url, init) => {
        sent.push(new Headers(init.headers).get("authorization"));
        return server.fetch(url, init);
      },
    });
    await addList(plasma);
    await plasma.flush();
    expect(sent).toEqual(["Bearer ada", "Bearer ada"]);
  });

  it("Custom fetch", async () => {
    const urls: string[] = [];
    const { plasma, server } = world({
      fetcher: (url, init) => {
        urls.push(url);
        return server.fetch(url, init);
      },
    });
    await plasma.pullOnce();
    expect(urls).toEqual(["https://sync.test/sync/pull"]);
  });

  it("Context provider", async () => {
    const { plasma } = world({ getContext: () => Promise.resolve({ userId: "grace" }) });
    await addList(plasma);
    expect(await plasma.db.select({ ownerId: lists.ownerId }).from(lists)).toEqual([
      { ownerId: "grace" },
    ]);
  });

  it("Schema mismatch handler: stay keeps all and waits, reset loads all anew, the outbox outlives both", async () => {
    for (const decision of ["stay", "reset"] as const) {
      const phases: string[] = [];
      let isOutdated = true;
      const { plasma, server } = world({
        dbName: decision,
        onSchemaMismatch: ({ phase }) => {
          phases.push(phase);
          // What a reset is for: the server of the new version takes this client from here on.
          if (decision === "reset") isOutdated = false;
          return Promise.resolve(decision);
        },
        fetcher: (url, init) =>
          isOutdated
            ? Promise.resolve(
                Response.json({ code: "schema-mismatch", message: "Reload." }, { status: 409 }),
              )
            : server.fetch(url, init),
      });
      const made = addList(plasma);
      await made;
      await plasma.start();
      await eventually(() => expect(phases).toEqual(["push"]));
      if (decision === "stay") {
        await eventually(() => expect(plasma.status.connection).toBe("paused"));
        expect(plasma.status).toMatchObject({ pending: 1, error: { kind: "schema-mismatch" } });
      } else {
        await made.confirmed;
        expect(server.model.effects).toEqual(["addList"]);
      }
    }
  });

  it("Error hook", async () => {
    const { plasma, errors } = world({
      fetcher: () =>
        Promise.resolve(Response.json({ code: "forbidden", message: "No." }, { status: 403 })),
    });
    await plasma.start();
    await eventually(() => expect(errors).toHaveLength(1));
    expect(errors[0]).toMatchObject({ kind: "pull-http", status: 403 });
  });

  it("Reset local state: forgets the rows, rotates clientID, drops unsent mutations only when told to", async () => {
    const { plasma, server } = world();
    await server.model.run("addList", { id: "l1", name: "One" });
    await plasma.pullOnce();
    await plasma.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    await expect(plasma.resetLocalState()).rejects.toMatchObject({ kind: "unsent-mutations" });
    expect(await plasma.db.select().from(lists)).toHaveLength(1);
    const before = plasma.clientID;
    await plasma.resetLocalState({ discardOutbox: true });
    expect(await plasma.db.select().from(lists)).toEqual([]);
    expect(plasma.rejected.list().map(({ name }) => name)).toEqual(["addTodo"]);
    expect(plasma.clientID).not.toBe(before);
    await plasma.mutate("addTodo", { id: "t2", listId: "l1", title: "B" });
    await plasma.flush();
    expect(server.model.rows("todos").map(({ id }) => id)).toEqual(["t2"]);
    expect(await plasma.db.select().from(todos)).toHaveLength(1);
  });
});

describe("live queries", () => {
  const watched = (live: LiveQuery<Row>) => {
    const deliveries: (readonly Row[])[] = [];
    live.subscribe((rows) => deliveries.push(rows));
    return deliveries;
  };

  it("Subscribe to snapshot", async () => {
    const { plasma } = world();
    const names = watched(plasma.db.select({ name: lists.name }).from(lists).live());
    await addList(plasma);
    expect(names.at(-1)).toEqual([{ name: "One" }]);
  });

  it("Subscribe to diffs: the first has all rows as added", async () => {
    const { plasma } = world();
    await addList(plasma, "a");
    const deltas: unknown[] = [];
    const live = plasma.db.select({ id: lists.id, name: lists.name }).from(lists).live();
    live.subscribeDelta?.(({ added, removed, changed }) =>
      deltas.push([added, removed, changed].map((rows) => rows.length)),
    );
    await live.whenReady?.();
    await addList(plasma, "b");
    expect(deltas).toEqual([
      [1, 0, 0],
      [1, 0, 0],
    ]);
  });

  it("IVM eligibility inspection: classifyIvm", () => {
    const { db } = world().plasma;
    const grouped = db.select({ listId: todos.listId, total: count() }).from(todos);
    const joined = db.select().from(todos).leftJoin(lists, eq(lists.id, todos.listId));
    const asked = db
      .select()
      .from(lists)
      .where(exists(db.select().from(todos)));
    expect(classifyIvm(db.select().from(todos).limit(3).ast)).toBe("select");
    expect(classifyIvm(joined.ast)).toBe("select");
    expect(classifyIvm(grouped.groupBy(todos.listId).ast)).toBe("aggregate");
    expect(classifyIvm(asked.ast)).toBe("select");
    expect(classifyIvm(db.query.lists.findMany({ with: { todos: true } }).ast)).toBe("select");
  });

  it("Await initial delivery (Await first live delivery)", async () => {
    const { plasma } = world();
    await addList(plasma);
    const live = plasma.db.select().from(lists).where(eq(lists.id, "l1")).live();
    const deliveries = watched(live);
    await live.whenReady?.();
    expect(deliveries).toHaveLength(1);
    expect(deliveries[0]).toHaveLength(1);
  });
});

describe("around a client", () => {
  it("Client engine against fake IDB", async () => {
    const platform = { ...browserPlatform(), indexedDB: freshIndexedDB() };
    const engine = createIdbEngine({ schema: testSchema, dbName: "db", platform });
    const { plasma } = world({ engine, platform: { ...platform, locks: undefined } });
    await addList(plasma);
    await plasma.dispose();
    const again = createIdbEngine({ schema: testSchema, dbName: "db", platform });
    await again.open();
    expect((await again.load()).outbox.map(({ name }) => name)).toEqual(["addList"]);
    await again.close();
  });

  it("Server-only mutator run: a mutator needs no client", async () => {
    const written: unknown[] = [];
    await invokeMutator(testMutators, "addList", {
      db: mutatorDb(testSchema, {
        select: () => Promise.resolve([]),
        write: (write) => {
          written.push(write.kind);
          return Promise.resolve({ rows: [], rowCount: 1 });
        },
      }),
      ctx: { userId: "ada" },
      args: { id: "l1", name: "One" },
    });
    expect(written).toEqual(["insert"]);
  });

  it("runs on memory where nothing else is to be had", async () => {
    const { plasma } = world({ engine: createMemoryEngine() });
    await plasma.mutate("addList", { id: "l1", name: "One" });
    await plasma.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    expect(await plasma.db.select().from(todos)).toHaveLength(1);
    expect(plasma.status.durable).toBe(false);
  });
});
