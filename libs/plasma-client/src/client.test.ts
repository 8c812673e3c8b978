import { eq } from "@sh1n4ps/plasma-core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createPlasmaClient } from "./client.ts";
import type { PlasmaClient } from "./client.ts";
import { SyncClientError } from "./errors.ts";
import type { PlasmaClientOptions } from "./options.ts";
import { browserPlatform } from "./platform.ts";
import { VERSION } from "./storage/idb-stores.ts";
import { createMemoryEngine } from "./storage/memory-engine.ts";
import { freshIndexedDB } from "./testing/fake-indexeddb.ts";
import { testServer } from "./testing/test-server.ts";
import { testClientOptions, testSchema, todos } from "./testing/test-app.ts";
import type { TestMutators } from "./testing/test-app.ts";

type Options = Partial<PlasmaClientOptions<typeof testSchema, TestMutators>>;

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 5000, interval: 5 });
const opened: PlasmaClient[] = [];

function world() {
  const server = testServer();
  const indexedDB = freshIndexedDB();
  const errors: SyncClientError[] = [];
  const client = (options: Options = {}) => {
    const made = createPlasmaClient({
      ...testClientOptions,
      fetcher: server.fetch,
      pollIntervalMs: 20,
      retry: { initialDelayMs: 5, maxDelayMs: 20 },
      logLevel: "silent",
      onError: (error) => errors.push(error),
      platform: { ...browserPlatform(), indexedDB, locks: undefined },
      ...options,
    });
    opened.push(made as unknown as PlasmaClient);
    return made;
  };
  return { server, client, errors, indexedDB };
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client.dispose()));
});

describe("a client", () => {
  it("shows a mutation at once, sends it, and confirms it", async () => {
    const { server, client } = world();
    const plasma = client();
    await plasma.start();
    const made = plasma.mutate("addList", { id: "l1", name: "One" });
    await made;
    expect(plasma.status.pending).toBe(1);
    await made.confirmed;
    expect(plasma.status).toMatchObject({
      pending: 0,
      firstSync: "complete",
      connection: "online",
      durable: true,
    });
    expect(server.model.rows("lists")).toHaveLength(1);
  });

  it("takes mutations and queries before start(), and sends them after", async () => {
    const { server, client } = world();
    const plasma = client();
    await plasma.mutate("addList", { id: "l1", name: "One" });
    const made = plasma.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    await made;
    expect(await plasma.db.select().from(todos).where(eq(todos.listId, "l1"))).toHaveLength(1);
    expect(plasma.status).toMatchObject({ connection: "stopped", pending: 2 });
    expect(server.requests).toEqual([]);
    await plasma.start();
    await made.confirmed;
    expect(server.model.effects).toEqual(["addList", "addTodo"]);
  });

  it("brings two people together, through an offline hour of one of them", async () => {
    const { server, client } = world();
    const [ada, grace] = [client(), client({ dbName: "grace" })];
    await Promise.all([ada.start(), grace.start()]);
    await ada.mutate("addList", { id: "l1", name: "One" }).confirmed;
    const titles: string[][] = [];
    grace.db
      .select()
      .from(todos)
      .orderBy(todos.title)
      .live()
      .subscribe((rows) => titles.push(rows.map(({ title }) => title)));
    grace.setOffline(true);
    expect(grace.status.connection).toBe("offline");
    const offline = grace.mutate("addTodo", { id: "t2", listId: "l1", title: "From Grace" });
    await offline;
    await ada.mutate("addTodo", { id: "t1", listId: "l1", title: "From Ada" }).confirmed;
    expect(titles.at(-1)).toEqual(["From Grace"]);
    grace.setOffline(false);
    await offline.confirmed;
    await eventually(() => expect(titles.at(-1)).toEqual(["From Ada", "From Grace"]));
    await eventually(async () => expect(await ada.db.select().from(todos)).toHaveLength(2));
    expect(server.model.effects.filter((name) => name === "addTodo")).toHaveLength(2);
  });

  it("survives a server that is not there, and goes on when it is", async () => {
    const { server, client } = world();
    server.isReachable = false;
    const plasma = client();
    await plasma.start();
    const made = plasma.mutate("addList", { id: "l1", name: "One" });
    await made;
    await eventually(() => expect(plasma.status.error?.kind).toBe("network"));
    server.isReachable = true;
    await made.confirmed;
    await eventually(() => expect(plasma.status.error).toBeUndefined());
  });

  it("shows what the server refused, with decoded args, until it is retried or dismissed", async () => {
    const { client } = world();
    const plasma = client();
    await plasma.start();
    await plasma.mutate("addList", { id: "l1", name: "One" }).confirmed;
    const due = new Date(5);
    let changes = 0;
    plasma.rejected.subscribe(() => changes++);
    const args = { id: "t1", listId: "l1", title: "A", due };
    const made = plasma.mutate("addForbidden", args);
    await expect(made.confirmed).rejects.toBeInstanceOf(SyncClientError);
    const [rejected] = plasma.rejected.list();
    expect(rejected).toMatchObject({ name: "addForbidden", args, code: "too-many" });
    expect(plasma.rejected.list()).toBe(plasma.rejected.list());
    expect(changes).toBe(1);
    await expect(plasma.retryRejected(rejected?.uid ?? "").confirmed).rejects.toMatchObject({
      kind: "mutation-rejected",
    });
    await plasma.dismissRejected(plasma.rejected.list()[0]?.uid ?? "");
    expect(plasma.rejected.list()).toEqual([]);
  });

  it("keeps its status object until something in it changes, and then tells", async () => {
    const { client } = world();
    const plasma = client({ pollIntervalMs: 0 });
    let told = 0;
    plasma.subscribeStatus(() => told++);
    const before = plasma.status;
    expect(plasma.status).toBe(before);
    await plasma.start();
    await plasma.pullOnce();
    expect(told).toBeGreaterThan(0);
    const after = plasma.status;
    expect(after).not.toBe(before);
    expect(plasma.status).toBe(after);
    plasma.stop();
    expect(plasma.status.connection).toBe("stopped");
  });

  it("finds everything again after a reload, and flushes what was left", async () => {
    const { server, client } = world();
    const first = client({ offline: true });
    await first.start();
    await first.mutate("addList", { id: "l1", name: "One" });
    await first.dispose();
    const second = client();
    expect(await second.db.select().from(todos)).toEqual([]);
    expect(second.status.pending).toBe(1);
    await second.start();
    await second.flush();
    expect(server.model.effects).toEqual(["addList"]);
    expect(second.status.pending).toBe(0);
  });

  it("says that nothing survives where there is no IndexedDB, and works all the same", async () => {
    const { client } = world();
    const plasma = client({ platform: { ...browserPlatform(), indexedDB: undefined } });
    await plasma.start();
    await plasma.mutate("addList", { id: "l1", name: "One" }).confirmed;
    expect(plasma.status.durable).toBe(false);
  });

  it("refreshes its context when it asks for headers again", async () => {
    const { client } = world();
    const asked: string[] = [];
    const plasma = client({
      engine: createMemoryEngine(),
      authHeaders: () => {
        asked.push("headers");
        return { authorization: "Bearer x" };
      },
      getContext: () => {
        asked.push("context");
        return { userId: "ada" };
      },
    });
    await plasma.start();
    await plasma.pullOnce();
    expect(asked.slice(0, 3)).toEqual(["context", "headers", "context"]);
  });

  it("stops, and says why, when a newer version of the app takes the database over", async () => {
    const { client, indexedDB, errors } = world();
    const plasma = client();
    await plasma.start();
    await new Promise((resolve) => {
      indexedDB.open("db", VERSION + 1).onsuccess = resolve;
    });
    expect(plasma.status).toMatchObject({
      connection: "stopped",
      error: { kind: "storage-closed" },
    });
    expect(errors.map(({ kind }) => kind)).toContain("storage-closed");
    await expect(plasma.mutate("addList", { id: "l1", name: "One" })).rejects.toMatchObject({
      kind: "storage-closed",
    });
  });

  it("rejects start() with a typed error when storage does not open, and can be started again", async () => {
    const { client } = world();
    const engine = createMemoryEngine();
    let fails = true;
    const plasma = client({
      engine: {
        ...engine,
        open: () =>
          fails ? Promise.reject(new SyncClientError("storage-blocked", "x")) : engine.open(),
      },
    });
    await expect(plasma.start()).rejects.toMatchObject({ kind: "storage-blocked" });
    fails = false;
    await plasma.start();
    await plasma.mutate("addList", { id: "l1", name: "One" }).confirmed;
  });

  it("loads everything anew after a reset", async () => {
    const { client } = world();
    const plasma = client();
    await plasma.start();
    await plasma.mutate("addList", { id: "l1", name: "One" }).confirmed;
    await plasma.resetLocalState();
    expect(plasma.status.firstSync).toBe("complete");
    expect(await plasma.db.select().from(testSchema.tables.lists)).toHaveLength(1);
  });

  it("makes ids of its own for new rows", () => {
    const { client } = world();
    const plasma = client();
    expect(plasma.newId()).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(plasma.newId()).not.toBe(plasma.newId());
  });
});
