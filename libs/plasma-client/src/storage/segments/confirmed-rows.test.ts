import { boolean, defineSchema, id, table, text } from "@sh1n4ps/plasma-core";
import type { Row } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { pull } from "../../testing/engine-records.ts";
import { freshIndexedDB } from "../../testing/fake-indexeddb.ts";
import { seededRandom } from "../../testing/seeded-random.ts";
import type { Engine, PullCommit } from "../engine.ts";
import { createIdbEngine } from "../idb-engine.ts";
import { createMemoryEngine } from "../memory-engine.ts";
import { compareKeys, keyOf } from "./cluster.ts";
import { placeOf } from "./directory.ts";
import type { Directory } from "./directory.ts";
import { packRows, piecesOf, unpackRows } from "./segment.ts";

const schema = defineSchema({
  // A row moves to another segment when it is done, or has another title.
  todos: table(
    "todos",
    { id: id(), title: text(), done: boolean() },
    { indexes: [["done", "title"]] },
  ),
  lists: table("lists", { id: id(), title: text(), done: boolean() }),
});
const TABLES = ["todos", "lists"];
/** So small that rows move between segments all the time. */
const layout = { segments: { full: 60, most: 120 }, log: 12, rest: 0 };

interface Waiting {
  readonly callback: () => void;
}

/** Tabs of one database, whose folding goes on when the test says so. */
function tabs() {
  const indexedDB = freshIndexedDB();
  const waiting: Waiting[] = [];
  const timers = {
    set: (callback: () => void, delayMs: number) => {
      if (delayMs > 0) return setTimeout(callback, delayMs);
      waiting.push({ callback });
      return undefined;
    },
    clear: (handle: unknown) => clearTimeout(handle as ReturnType<typeof setTimeout>),
  };
  return {
    indexedDB,
    open: () =>
      createIdbEngine({
        schema,
        dbName: "db",
        platform: { indexedDB, timers },
        layout,
      }),
    /** Lets one of the folds do its next slice. */
    foldOn: async (at: number) => {
      const [next] = waiting.splice(at % Math.max(1, waiting.length), 1);
      next?.callback();
      // The slice takes its place in line; what is asked of the database from now on comes after it.
      await Promise.resolve();
    },
    folds: () => waiting.length,
  };
}

function rowsOf(tables: ReadonlyMap<string, ReadonlyMap<string, Row>>): Record<string, Row> {
  const all = [...tables].flatMap(([table, rows]) =>
    [...rows].map(([id, row]): [string, Row] => [`${table}/${id}`, row]),
  );
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function counts(indexedDB: IDBFactory): Promise<{
  readonly segments: number;
  readonly places: number;
  readonly log: number;
  readonly directory: Directory | undefined;
}> {
  const db = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open("db");
    request.onsuccess = () => resolve(request.result);
  });
  const count = (store: string) =>
    new Promise<number>((resolve) => {
      const request = db.transaction(store).objectStore(store).count();
      request.onsuccess = () => resolve(request.result);
    });
  const directory = await new Promise<Directory | undefined>((resolve) => {
    const request = db.transaction("meta").objectStore("meta").get("segments");
    request.onsuccess = () => resolve(request.result as Directory | undefined);
  });
  const places = [...(directory?.tables.values() ?? [])].flatMap(({ places }) => places).length;
  const found = { segments: await count("segments"), places, log: await count("log"), directory };
  db.close();
  return found;
}

describe("confirmed rows in segments", () => {
  it.each(Array.from({ length: 60 }, (_, at) => at + 1))(
    "are what pulls have brought, whoever folds and wherever it stops (seed %i)",
    async (seed) => {
      const random = seededRandom(seed);
      const upTo = (limit: number) => Math.floor(random() * limit);
      const { open, foldOn, folds, indexedDB } = tabs();
      const model = createMemoryEngine();
      const engines: Engine[] = [];
      for (let tab = 0; tab < 2; tab++) {
        engines.push(open());
        await engines[tab]?.open();
      }
      let cookie: string | null = null;
      for (let step = 0; step < 60; step++) {
        const at = upTo(engines.length);
        if (upTo(3) === 0) {
          await foldOn(upTo(4));
        } else if (upTo(12) === 0) {
          await engines[at]?.close();
          engines[at] = open();
          await engines[at].open();
        } else {
          const commit: PullCommit = pull({
            expectedCookie: cookie,
            cookie: `c${step}`,
            clear: upTo(15) === 0,
            ...patchOf(upTo),
          });
          cookie = commit.cookie;
          await model.applyPull(commit);
          await engines[at]?.applyPull(commit);
        }
        const loaded = await engines[upTo(engines.length)]?.load();
        expect(loaded?.isDamaged).toBeUndefined();
        expect(rowsOf(loaded?.base ?? new Map())).toEqual(rowsOf((await model.load()).base));
      }
      while (folds() > 0) {
        await foldOn(0);
        await engines[0]?.position();
        await engines[1]?.position();
      }
      const loaded = await engines[0]?.load();
      expect(rowsOf(loaded?.base ?? new Map())).toEqual(rowsOf((await model.load()).base));
      const { segments, places, directory } = await counts(indexedDB);
      expect(segments).toBe(places);
      for (const { places: own } of directory?.tables.values() ?? []) {
        for (const [at, { first }] of own.entries()) {
          if (at > 0) expect(compareKeys(own[at - 1]!.first, first)).toBeLessThan(0);
        }
      }
    },
  );

  it("a snapshot of many rows is few records, and a log that is folded is gone", async () => {
    const { open, foldOn, folds, indexedDB } = tabs();
    const engine = open();
    await engine.open();
    const puts = Array.from({ length: 100 }, (_, at) => ({
      table: "todos",
      row: { id: `t${String(at).padStart(3, "0")}`, title: "1234567890" },
    }));
    await engine.applyPull(pull({ clear: true, puts }));
    const stored = await counts(indexedDB);
    expect(stored.segments).toBeLessThan(30);
    expect(stored.log).toBe(0);
    await engine.applyPull(pull({ expectedCookie: "1", cookie: "2", puts: puts.slice(0, 20) }));
    expect((await counts(indexedDB)).log).toBe(1);
    while (folds() > 0) {
      await foldOn(0);
      await engine.position();
    }
    expect((await counts(indexedDB)).log).toBe(0);
  });

  it("lie together that begin with the same values of the first index, after any number of changes", async () => {
    const { open, foldOn, folds, indexedDB } = tabs();
    const engine = open();
    await engine.open();
    const rows = Array.from({ length: 60 }, (_, at) => ({
      id: `r${at}`,
      title: `${at % 7}`,
      done: at % 2 === 0,
    }));
    const putsOf = (some: readonly Row[]) => some.map((row) => ({ table: "todos", row }));
    await engine.applyPull(pull({ clear: true, puts: putsOf(rows.slice(0, 40)) }));
    const moved = rows.slice(0, 20).map((row) => ({ ...row, done: !row.done }));
    const later = pull({
      expectedCookie: "1",
      cookie: "2",
      puts: putsOf([...moved, ...rows.slice(40)]),
    });
    await engine.applyPull(later);
    while (folds() > 0) {
      await foldOn(0);
      await engine.position();
    }
    const { directory } = await counts(indexedDB);
    const firsts = directory?.tables.get("todos")?.places.map(({ first }) => first) ?? [];
    expect(firsts.length).toBeGreaterThan(4);
    expect(firsts).toEqual(firsts.toSorted(compareKeys));
    const loaded = [...((await engine.load()).base.get("todos")?.values() ?? [])];
    const keys = loaded.map((row) => keyOf(row, ["done", "title"]));
    expect(keys).toEqual(keys.toSorted(compareKeys));
    expect(loaded).toHaveLength(60);
  });

  it("that are damaged are dropped and said to be, with the outbox kept, and the next pull brings them again", async () => {
    const { open, indexedDB } = tabs();
    const engine = open();
    await engine.open();
    await engine.addClient("c1");
    await engine.applyPull(pull({ clear: true, puts: [{ table: "todos", row: { id: "a" } }] }));
    const before = await engine.load();
    const db = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open("db");
      request.onsuccess = () => resolve(request.result);
    });
    await new Promise<void>((resolve) => {
      const tx = db.transaction("segments", "readwrite");
      tx.objectStore("segments").clear();
      tx.oncomplete = () => resolve();
    });
    db.close();
    const after = await open().load();
    expect(after).toMatchObject({ isDamaged: true, cookie: null, syncedAt: null });
    expect(after.baseSeq).toBeGreaterThan(before.baseSeq);
    expect(after.clients).toEqual(before.clients);
    expect(after.base.size).toBe(0);
    await engine.applyPull(pull({ clear: true, puts: [{ table: "todos", row: { id: "a" } }] }));
    expect((await open().load()).isDamaged).toBeUndefined();
  });
});

function patchOf(upTo: (limit: number) => number): Pick<PullCommit, "puts" | "dels"> {
  const puts = new Map<string, PullCommit["puts"][number]>();
  const dels = new Map<string, PullCommit["dels"][number]>();
  const changes = upTo(8) === 0 ? 60 : upTo(6);
  for (let change = 0; change < changes; change++) {
    const table = TABLES[upTo(TABLES.length)] as string;
    const id = `r${upTo(80)}`;
    const key = `${table}/${id}`;
    puts.delete(key);
    dels.delete(key);
    if (upTo(3) === 0) dels.set(key, { table, id });
    else puts.set(key, { table, row: { id, title: "x".repeat(upTo(40)), done: upTo(2) === 0 } });
  }
  return { puts: [...puts.values()], dels: [...dels.values()] };
}

describe("a segment", () => {
  it("gives rows back as they were: every kind of value, null, and columns that some do not have", () => {
    const rows: Row[] = [
      { id: "a", text: "", at: new Date(5), bytes: new Uint8Array([1]), big: 2n ** 60n },
      { id: "b", text: null, json: { deep: [1, null] }, real: -0 },
      { id: "c", text: "t", flag: false },
    ];
    const copy = structuredClone(packRows("todos", rows));
    expect(unpackRows(copy)).toEqual(rows);
    expect(unpackRows(copy).map((row) => Object.keys(row).sort())).toEqual(
      rows.map((row) => Object.keys(row).sort()),
    );
  });

  it("is cut where it is full, and a row that is larger has one to itself", () => {
    const rows = ["aa", "bb", "c".repeat(50), "dd"].map((id) => ({ id }));
    expect(piecesOf(rows, { full: 4, most: 8 }).map((piece) => piece.length)).toEqual([2, 1, 1]);
    expect(piecesOf([], { full: 4, most: 8 })).toEqual([]);
  });

  it("is found by the keys it begins with", () => {
    const places = ["c", "f", "k"].map((first, segment) => ({ segment, first: [first], count: 1 }));
    const found = ["a", "c", "e", "f", "z"].map((id) => placeOf(places, [id]));
    expect(found).toEqual([0, 0, 0, 1, 2]);
    expect(placeOf([], ["a"])).toBe(-1);
  });
});
