/** What a client says and keeps when the browser's own IndexedDB refuses: a full disk, and other versions of the app. */

import { afterEach, describe, expect, it } from "vitest";
import { cdp } from "vitest/browser";
import { createPlasmaClient } from "./client.ts";
import type { PlasmaClient } from "./client.ts";
import type { SyncClientError } from "./errors.ts";
import { createIdbEngine } from "./storage/idb-engine.ts";
import { VERSION } from "./storage/idb-stores.ts";
import { testServer } from "./testing/test-server.ts";
import { testMutators, testSchema, todos } from "./testing/test-app.ts";
import type { TestMutators } from "./testing/test-app.ts";

type TestClient = PlasmaClient<typeof testSchema, TestMutators>;

/** What the tests use of the browser's debugging protocol. */
interface Protocol {
  send(method: string, params: Readonly<Record<string, unknown>>): Promise<unknown>;
}

let databases = 0;
const opened: TestClient[] = [];
const openTimeoutMs = 300;

function world() {
  const server = testServer();
  const dbName = `trouble-${Date.now()}-${databases++}`;
  const errors: SyncClientError[] = [];
  const client = (): TestClient => {
    const made = createPlasmaClient({
      schema: testSchema,
      mutators: testMutators,
      dbName,
      endpoint: "https://sync.test/sync",
      schemaVersion: "1",
      clientGroupID: "ada",
      getContext: () => ({ userId: "ada" }),
      fetcher: server.fetch,
      engine: createIdbEngine({ schema: testSchema, dbName, openTimeoutMs }),
      onError: (error) => errors.push(error),
      logLevel: "silent",
    });
    opened.push(made);
    return made;
  };
  return { dbName, client, errors };
}

function open(dbName: string, version?: number): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(dbName, version);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("It does not open."));
  });
}

const titles = async (client: TestClient) =>
  (await client.db.select().from(todos).orderBy(todos.title)).map(({ title }) => title);

afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client.dispose()));
});

describe("a disk that is nearly full", () => {
  const setQuota = async (quotaSize?: number) => {
    const { origin } = location;
    const protocol = cdp() as unknown as Protocol;
    await protocol.send("Storage.overrideQuotaForOrigin", {
      origin,
      ...(quotaSize !== undefined && { quotaSize }),
    });
  };
  afterEach(() => setQuota());

  it("refuses the mutation that does not fit, takes its rows back, and keeps all that was kept", async () => {
    const { client } = world();
    const { usage = 0 } = await navigator.storage.estimate();
    // Before the database is opened: Chromium remembers for a while how much room it has found.
    await setQuota(usage + 1_000_000);
    const plasma = client();
    plasma.setOffline(true);
    await plasma.start();
    await plasma.mutate("addList", { id: "l1", name: "One" });

    const kept: string[] = [];
    let refusal: unknown;
    for (let at = 0; refusal === undefined && at < 500; at++) {
      const title = `${String(at).padStart(3, "0")} ${incompressible(20_000)}`;
      await plasma.mutate("addTodo", { id: `t${at}`, listId: "l1", title }).then(
        () => kept.push(title),
        (error: unknown) => (refusal = error),
      );
    }
    expect(refusal).toMatchObject({ name: "SyncClientError", kind: "quota" });
    expect((refusal as Error).message).toMatch(/no room left/);
    expect(kept.length).toBeGreaterThan(0);
    expect(await titles(plasma)).toEqual(kept);
    expect(plasma.status.pending).toBe(kept.length + 1);

    // With room again it goes on, under the next id, as if nothing had been.
    await setQuota();
    const next = await plasma.mutate("addTodo", { id: "next", listId: "l1", title: "next" });
    expect(next.id).toBe(kept.length + 2);
    await plasma.dispose();
    const again = client();
    await again.start();
    await again.flush();
    expect(await titles(again)).toEqual([...kept, "next"]);
    expect(again.rejected.list()).toEqual([]);
  });
});

describe("another version of the app", () => {
  it("that is older and blocks the upgrade is named as the reason", async () => {
    const { dbName, client } = world();
    const older = await openOlder(dbName);
    const plasma = client();
    await expect(plasma.start()).rejects.toMatchObject({
      kind: "storage-blocked",
      message: expect.stringMatching(/close the other tabs/i) as string,
    });
    older.close();
    await plasma.start();
    await plasma.mutate("addList", { id: "l1", name: "One" }).confirmed;
  });

  it("that is newer is let in at once, and the older tab says that it has to be reloaded", async () => {
    const { dbName, client, errors } = world();
    const older = client();
    await older.start();
    await older.mutate("addList", { id: "l1", name: "One" });
    const newer = await open(dbName, VERSION + 1);
    await expect.poll(() => errors.map(({ kind }) => kind)).toContain("storage-closed");
    expect(errors.find(({ kind }) => kind === "storage-closed")?.message).toMatch(/reload/i);
    await expect(older.mutate("addList", { id: "l2", name: "Two" })).rejects.toMatchObject({
      kind: "storage-closed",
    });
    // What it had shown stays to be read.
    expect(await older.db.select().from(testSchema.tables.lists)).toHaveLength(1);
    newer.close();
  });
});

function incompressible(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length / 2));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A database of version 2, in a tab that does not react to an upgrade. */
function openOlder(dbName: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(dbName, 2);
    request.onupgradeneeded = () => {
      const db = request.result;
      for (const name of ["meta", "base", "local"]) db.createObjectStore(name);
      db.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true }).createIndex(
        "client",
        ["clientID", "id"],
        { unique: true },
      );
      db.createObjectStore("clients", { keyPath: "id" });
      db.createObjectStore("rejected", { keyPath: "uid" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("It does not open."));
  });
}
