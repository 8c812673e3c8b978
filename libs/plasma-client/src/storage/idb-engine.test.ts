import { defineSchema, id, table, text } from "@sh1n4ps/plasma-core";
import type { Schema } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { freshIndexedDB } from "../testing/fake-indexeddb.ts";
import { testSchema } from "../testing/test-app.ts";
import { entry, pull } from "../testing/engine-records.ts";
import { describeEngineContract } from "./engine.contract.ts";
import { createIdbEngine } from "./idb-engine.ts";
import { createStores, VERSION } from "./idb-stores.ts";
import { packRows, SEGMENT_SIZES } from "./segments/segment.ts";
import { schemaFingerprint } from "./schema-fingerprint.ts";

const timers = {
  set: (callback: () => void, delayMs: number) => setTimeout(callback, delayMs),
  clear: (handle: unknown) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};

function world() {
  const indexedDB = freshIndexedDB();
  const platform = { indexedDB, timers };
  const open = (schema: Schema = testSchema, openTimeoutMs = 8000) =>
    createIdbEngine({ schema, dbName: "db", platform, openTimeoutMs });
  return { indexedDB, open };
}

describeEngineContract("IndexedDB engine (fake)", () => {
  const { open } = world();
  return Promise.resolve({ engine: open(), again: () => open() });
});

const grown = defineSchema({
  todos: table("todos", { id: id(), title: text(), note: text().nullable() }),
});

describeEngineContract(
  "IndexedDB engine (fake, segments of few rows that are always folded)",
  () => {
    const platform = { indexedDB: freshIndexedDB(), timers };
    const layout = { segments: { full: 40, most: 60 }, log: 0 };
    const open = () => createIdbEngine({ schema: testSchema, dbName: "db", platform, layout });
    return Promise.resolve({ engine: open(), again: open });
  },
);

describe("IndexedDB engine", () => {
  it("drops the rows of another schema when it opens, and keeps the outbox for it to run again", async () => {
    const { open } = world();
    const old = open();
    await old.open();
    await old.addClient("c1");
    await old.append([entry(1)]);
    await old.applyPull(pull({ puts: [{ table: "todos", row: { id: "a" } }] }));
    const before = await old.load();

    const next = open(grown);
    await next.open();
    const state = await next.load();
    expect(state).toMatchObject({ cookie: null, syncedAt: null, outbox: before.outbox });
    expect(state.base.size).toBe(0);
    expect(state.baseSeq).toBeGreaterThan(before.baseSeq);
  });

  it("tells the older version of the app that the rows are not its own any more", async () => {
    const { open } = world();
    const old = open();
    await old.open();
    await open(grown).open();
    await expect(old.load()).rejects.toMatchObject({ kind: "storage-closed" });
    await expect(old.applyPull(pull({}))).rejects.toMatchObject({ kind: "storage-closed" });
  });

  it("changeLogSuppressed: rows of local-only tables outlive another schema, fitted to it", async () => {
    const { open } = world();
    const old = open();
    await old.open();
    await old.applyPull(pull({ puts: [{ table: "todos", row: { id: "a" } }] }));
    const row = { id: "d", todoId: null, text: "mine", opened: 1 };
    const image = (id: string, text: unknown) =>
      ({ table: "drafts", id, row: { ...row, id, text }, local: true }) as const;
    await old.keepLocal([image("d", "mine"), image("e", null)]);
    const drafts = table(
      "drafts",
      { id: id(), text: text(), tag: text().default("none") },
      { changeLogSuppressed: true },
    );
    const next = open(defineSchema({ ...testSchema.tables, drafts }));
    await next.open();
    const state = await next.load();
    expect(Object.fromEntries(state.base.get("drafts") ?? [])).toEqual({
      d: { id: "d", text: "mine", tag: "none" },
    });
    expect(state.unfit).toEqual([{ table: "drafts", id: "e" }]);
    // The synced tables are the same, so their rows and the cookie stay as well.
    expect(state.cookie).toBe("1");
    expect(state.base.get("todos")?.size).toBe(1);
    await open(grown).open();
    const back = open();
    await back.open();
    expect((await back.load()).base.get("drafts")?.get("d")).toEqual(row);
  });

  it("brings a database of the first version up to date, with all that is in it", async () => {
    const { indexedDB, open } = world();
    const stores = ["meta", "base", "clients", "rejected"];
    await new Promise<void>((resolve) => {
      const request = indexedDB.open("db", 1);
      request.onupgradeneeded = () => {
        const db = request.result;
        for (const store of stores) {
          if (store === "clients") db.createObjectStore(store, { keyPath: "id" });
          else if (store === "rejected") db.createObjectStore(store, { keyPath: "uid" });
          else db.createObjectStore(store);
        }
        const outbox = db.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true });
        outbox.createIndex("client", ["clientID", "id"], { unique: true });
        const schema = schemaFingerprint(testSchema);
        const meta = { cookie: "c", baseSeq: 7, syncedAt: 1, schema };
        request.transaction?.objectStore("meta").put(meta, "state");
        request.transaction?.objectStore("clients").put({ id: "c1", confirmed: 0 });
        for (const row of [{ id: "b" }, { id: "a", due: new Date(1) }]) {
          request.transaction?.objectStore("base").put(row, ["todos", row.id]);
        }
        outbox.add(entry(1));
      };
      request.onsuccess = () => {
        request.result.close();
        resolve();
      };
    });
    const engine = open();
    await engine.open();
    expect(await engine.load()).toMatchObject({ cookie: "c", baseSeq: 7, localSeq: 0 });
    expect((await engine.load()).outbox).toMatchObject([entry(1)]);
    const rows = [...((await engine.load()).base.get("todos")?.values() ?? [])];
    expect(rows).toEqual([{ id: "a", due: new Date(1) }, { id: "b" }]);
    expect((await engine.keepLocal([])).localSeq).toBe(1);
  });

  it("brings a database of version 3 up to date, whose segments are in the order of ids", async () => {
    const { indexedDB, open } = world();
    await new Promise<void>((resolve) => {
      const request = indexedDB.open("db", 3);
      request.onupgradeneeded = () => {
        const tx = request.transaction as IDBTransaction;
        createStores(tx, 0, { sizes: SEGMENT_SIZES, clusters: new Map() });
        const schema = schemaFingerprint(testSchema);
        tx.objectStore("meta").put({ cookie: "c", baseSeq: 7, syncedAt: 1, schema }, "state");
        const tables = new Map([["todos", [{ segment: 1, first: "a", count: 2 }]]]);
        tx.objectStore("meta").put({ tables, next: 2 }, "segments");
        tx.objectStore("segments").put(packRows("todos", [{ id: "a" }, { id: "b" }]), 1);
        tx.objectStore("log").add([["todos", "b", { id: "b", title: "B" }]]);
      };
      request.onsuccess = () => {
        request.result.close();
        resolve();
      };
    });
    const engine = open();
    await engine.open();
    expect(await engine.load()).toMatchObject({ cookie: "c", baseSeq: 7 });
    const rows = [...((await engine.load()).base.get("todos")?.values() ?? [])];
    expect(rows).toEqual([{ id: "a" }, { id: "b", title: "B" }]);
  });

  it("steps aside when a newer version wants to upgrade, says so once, and stays closed", async () => {
    const { indexedDB, open } = world();
    const engine = open();
    await engine.open();
    const told: string[] = [];
    engine.subscribeClosed((error) => told.push(error.kind));
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.open("db", VERSION + 1);
      request.onsuccess = () => resolve();
      request.onerror = () => reject(new Error("not opened"));
    });
    expect(told).toEqual(["storage-closed"]);
    await expect(engine.load()).rejects.toMatchObject({ kind: "storage-closed" });
    await expect(open().open()).rejects.toMatchObject({ kind: "storage-closed" });
  });

  it("does not hang while another tab holds an older version, and opens once that is gone", async () => {
    const { indexedDB, open } = world();
    // An older version whose tab does not step aside. Version 0.x does not exist: an upgrade from nothing blocks alike.
    const holder = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open("db", 1);
      request.onupgradeneeded = () => undefined;
      request.onsuccess = () => resolve(request.result);
    });
    const deletion = indexedDB.deleteDatabase("db");
    const engine = open(testSchema, 30);
    await expect(engine.open()).rejects.toMatchObject({
      kind: expect.stringMatching(/^storage/) as string,
    });
    holder.close();
    await new Promise<void>((resolve) => {
      deletion.onsuccess = () => resolve();
      if (deletion.readyState === "done") resolve();
    });
    await engine.open();
    expect((await engine.load()).outbox).toEqual([]);
  });

  it("opens again and repeats the operation once when the connection was lost", async () => {
    const { indexedDB, open } = world();
    const connections: IDBDatabase[] = [];
    const openRaw = indexedDB.open.bind(indexedDB);
    indexedDB.open = (name, version) => {
      const request = openRaw(name, version);
      request.addEventListener("success", () => connections.push(request.result));
      return request;
    };
    const engine = open();
    await engine.open();
    await engine.addClient("c1");
    connections[0]?.close();
    expect(await engine.append([entry(1)])).toEqual([1]);
    expect(connections).toHaveLength(2);
  });

  it("does not append twice when the connection was lost after the commit", async () => {
    const { indexedDB, open } = world();
    const engine = open();
    await engine.open();
    await engine.addClient("c1");
    await engine.append([entry(1)]);
    // What a lost answer looks like: the same call again, on a connection that fails first.
    let failed = false;
    const openRaw = indexedDB.open.bind(indexedDB);
    const again = open();
    indexedDB.open = (name, version) => {
      const request = openRaw(name, version);
      request.addEventListener("success", () => {
        if (failed) return;
        failed = true;
        request.result.close();
      });
      return request;
    };
    expect(await again.append([entry(1)])).toEqual([1]);
    expect((await again.load()).outbox).toHaveLength(1);
  });

  it("says that there is no room, and half-writes nothing, when the quota is exceeded", async () => {
    const { indexedDB, open } = world();
    const engine = open();
    await engine.open();
    await engine.addClient("c1");
    const store = Object.getPrototypeOf(await rawStore(indexedDB)) as IDBObjectStore;
    const { add } = store;
    let count = 0;
    store.add = function (this: IDBObjectStore, ...args) {
      count++;
      if (count === 2) throw new DOMException("full", "QuotaExceededError");
      return add.apply(this, args);
    };
    try {
      await expect(engine.append([entry(1), entry(2)])).rejects.toMatchObject({ kind: "quota" });
    } finally {
      store.add = add;
    }
    expect((await engine.load()).outbox).toEqual([]);
    expect(await engine.append([entry(1)])).toEqual([1]);
  });

  it("needs an IndexedDB, and says what to use without one", () => {
    const platform = { indexedDB: undefined, timers };
    expect(() => createIdbEngine({ schema: testSchema, dbName: "db", platform })).toThrow(
      /createMemoryEngine/,
    );
  });
});

async function rawStore(indexedDB: IDBFactory): Promise<IDBObjectStore> {
  const db = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open("db");
    request.onsuccess = () => resolve(request.result);
  });
  const store = db.transaction("outbox").objectStore("outbox");
  db.close();
  return store;
}
