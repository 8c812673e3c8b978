/** Opening that fails for a passing reason, in time that passes when a test says so. */

import { describe, expect, it } from "vitest";
import { createPlasmaClient } from "../client.ts";
import { virtualPlatform } from "../sync/testing/virtual-platform.ts";
import { entry } from "../testing/engine-records.ts";
import { freshIndexedDB } from "../testing/fake-indexeddb.ts";
import { testClientOptions, testSchema } from "../testing/test-app.ts";
import { createIdbEngine } from "./idb-engine.ts";
import { VERSION } from "./idb-stores.ts";

const LONG_MS = 60_000;

function world() {
  const indexedDB = freshIndexedDB();
  const time = virtualPlatform();
  const platform = { ...time, indexedDB };
  const failures: string[] = [];
  let opens = 0;
  let last: IDBDatabase | undefined;
  const openRaw = indexedDB.open.bind(indexedDB);
  indexedDB.open = (name, version) => {
    opens += 1;
    const failure = failures.shift();
    if (failure !== undefined) return failedRequest(failure);
    const request = openRaw(name, version);
    request.addEventListener("success", () => void (last = request.result));
    return request;
  };
  return {
    ...{ indexedDB, time },
    /** What the next opens fail with, by name. */
    fail: (...names: string[]) => void failures.push(...names),
    opens: () => opens,
    /** The browser drops the connection that was opened last. */
    cut: () => last?.close(),
    engine: (openTimeoutMs = 8000) =>
      createIdbEngine({ schema: testSchema, dbName: "db", platform, openTimeoutMs }),
    client: () =>
      createPlasmaClient({
        ...testClientOptions,
        offline: true,
        platform,
      }),
  };
}

/** Answers as Chromium does: nothing is thrown, the request fails. */
function failedRequest(name: string): IDBOpenDBRequest {
  const message = "Internal error opening backing store for indexedDB.open.";
  const request = {
    error: new DOMException(message, name),
    onerror: undefined as (() => void) | undefined,
  };
  queueMicrotask(() => request.onerror?.());
  return request as unknown as IDBOpenDBRequest;
}

const always = Array.from({ length: 100 }, () => "UnknownError");

describe("an open that fails with UnknownError", () => {
  it("is tried again a moment later, and all that was kept is there", async () => {
    const { engine, fail, opens, time } = world();
    const before = engine();
    await before.open();
    await before.addClient("c1");
    await before.append([entry(1)]);
    await before.close();

    const again = engine();
    fail("UnknownError");
    const opening = again.open();
    await time.advance(99);
    expect(opens()).toBe(2);
    await time.advance(1);
    expect(opens()).toBe(3);
    await opening;
    expect((await again.load()).outbox).toMatchObject([entry(1)]);
    expect(time.pendingTimers()).toBe(0);
  });

  it("lets a client start by itself, with its unsent mutations", async () => {
    const { client, fail, time } = world();
    const before = client();
    await before.start();
    await before.mutate("addList", { id: "l1", name: "One" });
    await before.dispose();

    fail("UnknownError", "UnknownError");
    const again = client();
    const starting = again.start();
    await time.advance(1100);
    await starting;
    expect(again.status.pending).toBe(1);
    expect(await again.db.select().from(testSchema.tables.lists)).toMatchObject([{ name: "One" }]);
    await again.dispose();
  });

  it("is the typed error after two more tries, and a later start tries anew", async () => {
    const { client, fail, opens, time } = world();
    fail("UnknownError", "UnknownError", "UnknownError");
    const plasma = client();
    const starting = plasma.start();
    const failed = expect(starting).rejects.toMatchObject({
      kind: "storage",
      message: expect.stringMatching(/UnknownError.*reload/) as string,
      cause: { name: "UnknownError" },
    });
    await time.advance(1100);
    await failed;
    expect(opens()).toBe(3);
    // The client's own next try.
    expect(time.pendingTimers()).toBe(1);
    await plasma.start();
    await plasma.dispose();
    expect(time.pendingTimers()).toBe(0);
  });

  it("is not tried beyond the time that opening may take in all", async () => {
    const { engine, fail, opens, time } = world();
    fail(...always);
    const failed = expect(engine(500).open()).rejects.toMatchObject({ kind: "storage" });
    await time.advance(500);
    await failed;
    expect(time.pendingTimers()).toBe(0);
    await time.advance(LONG_MS);
    expect(opens()).toBe(2);
  });

  it("is not tried again when the client was disposed of meanwhile, which takes no time", async () => {
    const { client, fail, opens, time } = world();
    fail(...always);
    const plasma = client();
    const failed = expect(plasma.start()).rejects.toMatchObject({ kind: "disposed" });
    await time.settle();
    await plasma.dispose();
    await failed;
    expect(time.pendingTimers()).toBe(0);
    await time.advance(LONG_MS);
    expect(opens()).toBe(1);
  });

  it("is not tried again when it was closed before it failed", async () => {
    const { engine, fail, opens, time } = world();
    const closed = engine();
    fail(...always);
    const failed = expect(closed.open()).rejects.toMatchObject({ kind: "disposed" });
    await closed.close();
    await failed;
    expect(time.pendingTimers()).toBe(0);
    expect(opens()).toBe(1);
  });

  it("leaves a client that was stopped meanwhile stopped", async () => {
    const { client, fail, time } = world();
    fail("UnknownError");
    const plasma = client();
    const starting = plasma.start();
    await time.settle();
    plasma.stop();
    await time.advance(100);
    await starting;
    expect(plasma.status).toMatchObject({ connection: "stopped", durable: true });
    await plasma.dispose();
  });
});

describe("an open that fails with another error", () => {
  it.each([
    ["VersionError", "storage-closed"],
    ["QuotaExceededError", "quota"],
    ["SecurityError", "storage"],
    ["InvalidStateError", "storage"],
    ["AbortError", "storage"],
  ])("is not tried again: %s", async (name, kind) => {
    const { engine, fail, opens, time } = world();
    fail(name);
    await expect(engine().open()).rejects.toMatchObject({ kind });
    expect(time.pendingTimers()).toBe(0);
    expect(opens()).toBe(1);
  });

  it("is not tried again after one that was", async () => {
    const { engine, fail, opens, time } = world();
    fail("UnknownError", "QuotaExceededError");
    const failed = expect(engine().open()).rejects.toMatchObject({ kind: "quota" });
    await time.advance(100);
    await failed;
    expect(time.pendingTimers()).toBe(0);
    expect(opens()).toBe(2);
  });
});

describe("an open that the browser has not answered yet", () => {
  it("ends at once when it is closed, and holds up nobody when it arrives", async () => {
    const { engine, indexedDB, time } = world();
    const closed = engine();
    const failed = expect(closed.open()).rejects.toMatchObject({ kind: "disposed" });
    await closed.close();
    await failed;
    expect(time.pendingTimers()).toBe(0);
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.open("db", VERSION + 1);
      request.onblocked = () => reject(new Error("The connection was left open."));
      request.onsuccess = () => resolve();
    });
  });
});

describe("a connection that the browser has dropped", () => {
  it("is opened again once, however many transactions have met that", async () => {
    const { engine, cut, opens } = world();
    const dropped = engine();
    await dropped.open();
    await dropped.addClient("c1");
    cut();
    const [seqs, , position] = await Promise.all([
      dropped.append([entry(1)]),
      dropped.load(),
      dropped.position(),
    ]);
    expect(seqs).toEqual([1]);
    expect(position.pending).toBe(1);
    expect(opens()).toBe(2);
    await dropped.close();
  });
});
