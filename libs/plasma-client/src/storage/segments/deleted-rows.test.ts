import { defineSchema, id, table, text } from "@sh1n4ps/plasma-core";
import { describe, expect, it, vi } from "vitest";
import { pull } from "../../testing/engine-records.ts";
import { freshIndexedDB } from "../../testing/fake-indexeddb.ts";
import { createIdbEngine } from "../idb-engine.ts";
import { createFolding } from "./folding.ts";

const columns = { id: id(), body: text() };
const schema = defineSchema({
  notes: table("notes", columns),
  sorted: table("sorted", columns, { indexes: [["body"]] }),
});
const SECRET = "nobody may read this";

const timers = {
  set: (callback: () => void, delayMs: number) => setTimeout(callback, delayMs),
  clear: (handle: unknown) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};

function world() {
  const indexedDB = freshIndexedDB();
  return {
    open: (rest: number) =>
      createIdbEngine({
        schema,
        dbName: "db",
        platform: { indexedDB, timers },
        layout: { segments: { full: 200, most: 400 }, log: 1000, rest },
      }),
    /** The names of the stores in which the text is. */
    find: async (words: string) => {
      const db = await answerOf(indexedDB.open("db"));
      const found: string[] = [];
      for (const name of db.objectStoreNames) {
        const records = await answerOf(db.transaction(name).objectStore(name).getAll());
        if (JSON.stringify(records, unfolded).includes(words)) found.push(name);
      }
      db.close();
      return found;
    },
  };
}

const unfolded = (_key: string, value: unknown) => (value instanceof Map ? [...value] : value);

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error as DOMException);
  });
}

const rows = (name: string) =>
  Array.from({ length: 60 }, (_, at) => ({
    table: name,
    row: { id: `r${10 + at}`, body: at === 30 ? SECRET : `text ${at}` },
  }));

describe("a row that a pull has deleted (T38, C7)", () => {
  it.each(["notes", "sorted"])("is soon nowhere in IndexedDB any more (%s)", async (name) => {
    const { open, find } = world();
    const engine = open(1);
    await engine.open();
    await engine.applyPull(pull({ clear: true, puts: rows(name) }));
    const changed = { table: name, row: { id: "r41", body: `later: ${SECRET}` } };
    await engine.applyPull(pull({ expectedCookie: "1", cookie: "2", puts: [changed] }));
    expect(await find(SECRET)).not.toEqual([]);
    const dels = ["r40", "r41"].map((id) => ({ table: name, id }));
    await engine.applyPull(pull({ expectedCookie: "2", cookie: "3", dels }));
    await vi.waitFor(async () => expect(await find(SECRET)).toEqual([]));
    expect((await engine.load()).base.get(name)?.size).toBe(58);
    await engine.close();
  });

  it("is removed by the next start, where the tab was closed before", async () => {
    const { open, find } = world();
    const engine = open(60_000);
    await engine.open();
    await engine.applyPull(pull({ clear: true, puts: rows("sorted") }));
    const dels = [{ table: "sorted", id: "r40" }];
    await engine.applyPull(pull({ expectedCookie: "1", cookie: "2", dels }));
    await engine.close();
    expect(await find(SECRET)).not.toEqual([]);
    const again = open(1);
    await again.open();
    expect((await again.load()).base.get("sorted")?.size).toBe(59);
    await vi.waitFor(async () => expect(await find(SECRET)).toEqual([]));
    await again.close();
  });
});

describe("folding after deletions", () => {
  it("happens once for many of them, and waits longer where it has much to go through", async () => {
    const waits: { readonly callback: () => void; readonly delayMs: number }[] = [];
    const slices: unknown[] = [];
    const folding = createFolding({
      timers: {
        set: (callback, delayMs) => waits.push({ callback, delayMs }),
        clear: () => undefined,
      },
      restMs: 1000,
      slice: (from) => {
        slices.push(from);
        if (slices.length % 3 !== 0) {
          return Promise.resolve({ kind: "sliced", fold: { until: 1, left: new Set([1]) } });
        }
        return Promise.resolve({ kind: "done", logged: 0, hasDeletions: slices.length === 3 });
      },
    });
    const next = async () => {
      const { callback, delayMs } = waits.shift() ?? { callback: () => undefined, delayMs: -1 };
      callback();
      await Promise.resolve();
      await Promise.resolve();
      return delayMs;
    };
    for (let deletion = 0; deletion < 5; deletion++) folding.beginSoon();
    expect(await next()).toBe(1000);
    for (let slice = 0; slice < 3; slice++) expect(await next()).toBe(0);
    // One more was deleted meanwhile.
    expect(await next()).toBe(3000);
    expect(slices).toHaveLength(3);
    expect(await next()).toBe(0);
    expect(slices).toHaveLength(4);
  });
});
