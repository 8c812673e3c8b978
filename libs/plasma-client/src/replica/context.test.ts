import { afterEach, describe, expect, it, vi } from "vitest";
import { createPlasmaClient } from "../client.ts";
import type { PlasmaClient } from "../client.ts";
import type { SyncClientError } from "../errors.ts";
import type { PlasmaClientOptions } from "../options.ts";
import { browserPlatform } from "../platform.ts";
import { pull } from "../testing/engine-records.ts";
import { createIdbEngine } from "../storage/idb-engine.ts";
import { freshIndexedDB } from "../testing/fake-indexeddb.ts";
import { testServer } from "../testing/test-server.ts";
import { lists, testClientOptions, testSchema } from "../testing/test-app.ts";
import type { TestCtx, TestMutators } from "../testing/test-app.ts";

type Options = Partial<PlasmaClientOptions<typeof testSchema, TestMutators>>;

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 5000, interval: 5 });
const opened: PlasmaClient[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client.dispose()));
});

function world() {
  const server = testServer();
  const indexedDB = freshIndexedDB();
  const errors: SyncClientError[] = [];
  const { timers } = browserPlatform();
  const client = (options: Options = {}) => {
    const made = createPlasmaClient({
      ...testClientOptions,
      fetcher: server.fetch,
      pollIntervalMs: 20,
      retry: { initialDelayMs: 5, maxDelayMs: 20 },
      logLevel: "silent",
      onError: (error) => errors.push(error),
      platform: {
        ...browserPlatform(),
        indexedDB,
        locks: undefined,
        broadcast: undefined,
        // How long it waits for an answer.
        timers: { ...timers, set: (callback, ms) => timers.set(callback, ms === 10_000 ? 50 : ms) },
      },
      ...options,
    });
    opened.push(made as unknown as PlasmaClient);
    return made;
  };
  const engine = () =>
    createIdbEngine({
      schema: testSchema,
      dbName: "db",
      platform: { ...browserPlatform(), indexedDB },
    });
  return { server, client, engine, errors };
}

const never = () => new Promise<TestCtx>(() => undefined);

describe("getContext", () => {
  it("that never answers holds up no start, read or pull; a mutation rejects with a typed error", async () => {
    const { client, errors } = world();
    const other = client({ dbName: "other" });
    await other.start();
    await other.mutate("addList", { id: "l1", name: "One" }).confirmed;
    const plasma = client({ getContext: never, authHeaders: () => ({ authorization: "x" }) });
    await plasma.start();
    await eventually(async () => expect(await plasma.db.select().from(lists)).toHaveLength(1));
    const made = plasma.mutate("addList", { id: "l2", name: "Two" });
    await expect(made).rejects.toMatchObject({ kind: "context" });
    await expect(made.confirmed).rejects.toMatchObject({ kind: "context" });
    expect(errors.map(({ kind }) => kind)).toEqual(["context"]);
  });

  it("that fails holds up no cold start offline, and is asked again by the next mutation", async () => {
    const { client } = world();
    let answer = () => Promise.reject<TestCtx>(new TypeError("Failed to fetch"));
    const plasma = client({ offline: true, getContext: () => answer() });
    await plasma.start();
    expect(await plasma.db.select().from(lists)).toEqual([]);
    const made = plasma.mutate("addList", { id: "l1", name: "One" });
    await expect(made).rejects.toMatchObject({ kind: "context" });
    answer = () => Promise.resolve({ userId: "ada" });
    await plasma.mutate("addList", { id: "l1", name: "One" });
    expect(await plasma.db.select().from(lists)).toMatchObject([{ ownerId: "ada" }]);
  });

  it("keeps mutations in the order in which they were made while it is awaited", async () => {
    const { client } = world();
    let answer: (ctx: TestCtx) => void = () => undefined;
    const plasma = client({
      offline: true,
      getContext: () => new Promise((resolve) => (answer = resolve)),
    });
    await plasma.start();
    const first = plasma.mutate("addList", { id: "l1", name: "One" });
    answer({ userId: "ada" });
    const second = plasma.mutate("renameList", { id: "l1", name: "Two" });
    await Promise.all([first, second]);
    expect(await plasma.db.select().from(lists)).toMatchObject([{ name: "Two" }]);
  });

  it("pending mutations show what they have written until it answers, and are run again then", async () => {
    const { client, engine } = world();
    const first = client({ offline: true });
    await first.mutate("addList", { id: "l1", name: "One" });
    await first.mutate("renameList", { id: "l2", name: "Renamed" });
    await first.dispose();
    const between = engine();
    await between.open();
    const row = { id: "l2", name: "Old", ownerId: "ada" };
    const { clients } = await between.load();
    const known = clients.map(({ id }) => id);
    await between.applyPull(pull({ puts: [{ table: "lists", row }], known }));
    await between.close();
    let answer: (ctx: TestCtx) => void = () => undefined;
    const plasma = client({
      offline: true,
      getContext: () => new Promise((resolve) => (answer = resolve)),
    });
    await plasma.start();
    const names = async () => {
      const rows = await plasma.db.select().from(lists).orderBy(lists.id);
      return rows.map(({ name }) => name);
    };
    expect(await names()).toEqual(["One", "Old"]);
    answer({ userId: "ada" });
    await eventually(async () => expect(await names()).toEqual(["One", "Renamed"]));
  });
});
