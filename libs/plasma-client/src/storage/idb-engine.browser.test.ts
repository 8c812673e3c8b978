import { describe, expect, it } from "vitest";
import type { Stop } from "../testing/stopping-worker.ts";
import { testSchema } from "../testing/test-app.ts";
import { entry, pull } from "../testing/engine-records.ts";
import { describeEngineContract } from "./engine.contract.ts";
import { createIdbEngine } from "./idb-engine.ts";

let databases = 0;
const freshName = () => `engine-${Date.now()}-${databases++}`;

describeEngineContract("IndexedDB engine (Chromium)", () => {
  const dbName = freshName();
  const open = () => createIdbEngine({ schema: testSchema, dbName });
  return Promise.resolve({ engine: open(), again: open });
});

describeEngineContract("IndexedDB engine (Chromium, strict)", () => {
  const dbName = freshName();
  const open = () => createIdbEngine({ schema: testSchema, dbName, durability: "strict" });
  return Promise.resolve({ engine: open(), again: open });
});

describe("IndexedDB engine (Chromium)", () => {
  it("keeps everything it acknowledged when it is killed in the middle of writing", async () => {
    const dbName = freshName();
    const url = new URL("../testing/appending-worker.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    worker.postMessage(dbName);
    const acknowledged = await new Promise<number>((resolve, reject) => {
      worker.onerror = (event) => reject(new Error(event.message));
      worker.onmessage = ({ data }: MessageEvent<number>) => {
        if (data < 40) return;
        worker.terminate();
        resolve(data);
      };
    });

    const again = createIdbEngine({ schema: testSchema, dbName });
    await again.open();
    const ids = (await again.load()).outbox.map(({ id }) => id);
    expect(ids.length).toBeGreaterThanOrEqual(acknowledged);
    expect(ids).toEqual(ids.map((_, at) => at + 1));
    expect(await again.append([entry(ids.length + 1)])).toEqual([ids.length + 1]);
  });

  it.each<Omit<Stop, "dbName">>([
    { during: "load", at: "get" },
    { during: "append", at: "add" },
    { during: "keepLocal", at: "put" },
    { during: "applyPull", at: "put" },
  ])("is not held up by another tab that stands still in $during", async (stop) => {
    const dbName = freshName();
    const url = new URL("../testing/stopping-worker.ts", import.meta.url);
    const other = new Worker(url, { type: "module" });
    await new Promise((resolve, reject) => {
      other.onerror = (event) => reject(new Error(event.message));
      other.onmessage = resolve;
      other.postMessage({ dbName, ...stop } satisfies Stop);
    });
    const engine = createIdbEngine({ schema: testSchema, dbName });
    try {
      await engine.open();
      await engine.addClient("c2");
      await engine.append([entry(1, { clientID: "c2" })]);
      const outbox = (await engine.load()).outbox.map(({ clientID }) => clientID);
      expect(outbox).toEqual(stop.during === "append" ? ["c1", "c2"] : ["c2"]);
    } finally {
      other.terminate();
    }
  });

  it("waits for a newer version's upgrade no longer than it was told, and says what to do", async () => {
    const dbName = freshName();
    // A page of the future holds version 1 open, and does not step aside.
    const holder = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open(dbName, 1);
      request.onsuccess = () => resolve(request.result);
    });
    const deletion = indexedDB.deleteDatabase(dbName);
    const engine = createIdbEngine({ schema: testSchema, dbName, openTimeoutMs: 200 });
    await expect(engine.open()).rejects.toMatchObject({ name: "SyncClientError" });
    holder.close();
    await new Promise((resolve) => {
      deletion.onsuccess = resolve;
    });
    await engine.open();
  });

  it("takes 5,000 rows in one pull, and reads them back equal", async () => {
    const engine = createIdbEngine({ schema: testSchema, dbName: freshName() });
    await engine.open();
    const puts = Array.from({ length: 5000 }, (_, at) => ({
      table: "todos",
      row: { id: `t${at}`, title: `Title ${at}`, due: new Date(at), done: at % 2 === 0 },
    }));
    await engine.applyPull(pull({ puts }));
    const rows = (await engine.load()).base.get("todos");
    expect(rows?.size).toBe(5000);
    expect(rows?.get("t4999")).toEqual(puts[4999]?.row);
  });
});
