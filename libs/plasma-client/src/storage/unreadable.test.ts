import { afterEach, describe, expect, it, vi } from "vitest";
import { createPlasmaClient } from "../client.ts";
import type { PlasmaClient } from "../client.ts";
import type { SyncClientError } from "../errors.ts";
import { browserPlatform } from "../platform.ts";
import { freshIndexedDB } from "../testing/fake-indexeddb.ts";
import { testServer } from "../testing/test-server.ts";
import { lists, testClientOptions } from "../testing/test-app.ts";
import { VERSION } from "./idb-stores.ts";

const opened: PlasmaClient[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(opened.splice(0).map((client) => client.dispose()));
});

function world() {
  const server = testServer();
  const indexedDB = freshIndexedDB();
  const errors: SyncClientError[] = [];
  const client = (offline = false) => {
    const made = createPlasmaClient({
      ...testClientOptions,
      fetcher: server.fetch,
      logLevel: "silent",
      offline,
      pollIntervalMs: 20,
      retry: { initialDelayMs: 5, maxDelayMs: 20 },
      onError: (error) => errors.push(error),
      platform: { ...browserPlatform(), indexedDB, locks: undefined, broadcast: undefined },
    });
    opened.push(made as unknown as PlasmaClient);
    return made;
  };
  const change = (store: string, body: (store: IDBObjectStore) => void) =>
    new Promise<void>((resolve) => {
      const request = indexedDB.open("db", VERSION);
      request.onsuccess = () => {
        const tx = request.result.transaction(store, "readwrite");
        body(tx.objectStore(store));
        tx.oncomplete = () => {
          request.result.close();
          resolve();
        };
      };
    });
  return { server, client, errors, change };
}

/** Chromium, where a file is missing in which it keeps a large value: the request fails, the database works. */
function failToRead(store: string, method: "get" | "getAll", isFailing: (key: unknown) => boolean) {
  const real = Reflect.get(IDBObjectStore.prototype, method) as (key?: unknown) => IDBRequest;
  vi.spyOn(IDBObjectStore.prototype, method).mockImplementation(function (
    this: IDBObjectStore,
    key?: unknown,
  ) {
    const request = real.call(this, key);
    if (this.name !== store || !isFailing(key)) return request;
    const failing = {
      error: new DOMException("Failed to read large IndexedDB value", "DataError"),
      onerror: null as ((event: Event) => void) | null,
    };
    let isHandled = false;
    request.onsuccess = () => {
      failing.onerror?.({ preventDefault: () => (isHandled = true) } as unknown as Event);
      if (!isHandled) this.transaction.abort();
    };
    return failing as unknown as IDBRequest;
  });
}

describe("records that cannot be read (T60b)", () => {
  it.each(["segments", "log"])(
    "in %s: the client starts, and the next pull brings the rows",
    async (store) => {
      const { client, errors } = world();
      const first = client();
      await first.start();
      await first.mutate("addList", { id: "l1", name: "One" }).confirmed;
      first.setOffline(true);
      await first.mutate("addList", { id: "l2", name: "Two" });
      await first.dispose();
      // Until the rows are forgotten, which empties the store.
      let count = 0;
      failToRead(store, "getAll", () => count++ === 0);
      const second = client();
      await second.start();
      expect(errors.map(({ kind }) => kind)).toEqual(["storage"]);
      await second.flush();
      await second.pullOnce();
      expect((await second.db.select().from(lists)).map(({ id }) => id).sort()).toEqual([
        "l1",
        "l2",
      ]);
    },
  );

  it("a malformed one in the outbox is put aside and told, and the others are sent", async () => {
    const { server, client, errors, change } = world();
    const first = client(true);
    for (const id of ["l1", "l2", "l3"]) await first.mutate("addList", { id, name: id });
    await first.dispose();
    await change("outbox", (store) => {
      const request = store.get(2) as IDBRequest<{
        readonly name?: string;
        readonly images?: unknown;
      }>;
      request.onsuccess = () => {
        const { name: _name, images: _images, ...rest } = request.result;
        store.put(rest);
      };
    });
    const second = client();
    await second.start();
    expect(errors).toMatchObject([{ kind: "storage", details: { quarantined: 1 } }]);
    await second.flush();
    expect(server.model.rows("lists").map((row) => row["id"])).toEqual(["l1", "l3"]);
    let kept: unknown;
    await change("meta", (store) => {
      const request = store.get(["quarantine", 2]) as IDBRequest<unknown>;
      request.onsuccess = () => (kept = request.result);
    });
    expect(kept).toMatchObject({ seq: 2, args: { id: "l2", name: "l2" } });
  });

  it("one of the outbox that the browser does not give back is left out, and the others are sent", async () => {
    const { server, client, errors } = world();
    const first = client(true);
    for (const id of ["l1", "l2", "l3"]) await first.mutate("addList", { id, name: id });
    await first.dispose();
    let count = 0;
    failToRead("outbox", "getAll", () => count++ === 0);
    failToRead("outbox", "get", (key) => key === 2);
    const second = client();
    await second.start();
    expect(errors).toMatchObject([{ kind: "storage", details: { quarantined: 1 } }]);
    await vi.waitFor(() => {
      expect(server.model.rows("lists").map((row) => row["id"])).toEqual(["l1", "l3"]);
    });
  });
});
