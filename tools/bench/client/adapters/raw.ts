/**
 * The limits: IndexedDB and plain JavaScript with nothing between, and no more than each work needs. 500 rows a record for
 * the load, a compound index for the cold query, a Map and sorted arrays for live results, a log record for a mutation.
 */

import type { Adapter, Data, Store } from "../adapter.ts";
import { matches, WINDOW } from "../queries.ts";
import type { Query, Result } from "../queries.ts";
import { runPage } from "../page.ts";
import type { Change, List, Patch, Row } from "../rows.ts";

const ROWS_PER_RECORD = 500;

interface View {
  readonly query: Query;
  readonly listener: (result: Result) => void;
}

class RawStore implements Store {
  readonly #db: IDBDatabase;
  #rows = new Map<string, Row>();
  #lists: readonly List[] = [];
  #byList = new Map<string, Row[]>();
  readonly #viewsOfList = new Map<string, Set<View>>();
  readonly #countViews = new Set<View>();
  readonly #counts = new Map<number, number>();

  constructor(db: IDBDatabase) {
    this.#db = db;
  }

  async bulkLoad({ rows, lists }: Data): Promise<void> {
    const done = this.#write(["packed", "lists"], (store) => {
      for (let at = 0; at < rows.length; at += ROWS_PER_RECORD) {
        store("packed").add(rows.slice(at, at + ROWS_PER_RECORD));
      }
      store("lists").add(lists);
    });
    this.#rows = new Map(rows.map((row) => [row.id, row]));
    await done;
  }

  async loadForColdQuery({ rows }: Data): Promise<void> {
    await this.#write(["rows"], (store) => {
      for (const row of rows) store("rows").add(row);
    });
  }

  async coldQuery(listId: string): Promise<readonly Row[]> {
    if (this.#rows.size > 0) {
      return [...this.#rows.values()]
        .filter((row) => row.listId === listId)
        .sort(byTime)
        .slice(0, WINDOW);
    }
    const range = IDBKeyRange.bound([listId], [listId, []]);
    const index = this.#db.transaction("rows").objectStore("rows").index("byListAndTime");
    return result(index.getAll(range, WINDOW) as IDBRequest<Row[]>);
  }

  async hydrate(): Promise<void> {
    const transaction = this.#db.transaction(["packed", "log", "lists"]);
    const read = <T>(store: string) =>
      result(transaction.objectStore(store).getAll() as IDBRequest<T[]>);
    const [packed, log, lists] = await Promise.all([
      read<Row[]>("packed"),
      read<Row>("log"),
      read<List[]>("lists"),
    ]);
    this.#lists = lists.flat();
    for (const rows of packed) for (const row of rows) this.#rows.set(row.id, row);
    for (const row of log) this.#rows.set(row.id, row);
    for (const row of this.#rows.values()) {
      const list = this.#byList.get(row.listId);
      if (list) list.push(row);
      else this.#byList.set(row.listId, [row]);
      this.#count(row.priority, 1);
    }
    for (const list of this.#byList.values()) list.sort(byTime);
  }

  subscribe(query: Query, listener: (result: Result) => void): () => void {
    const view = { query, listener };
    const views = query.kind === "counts" ? this.#countViews : this.#viewsOf(query.listId);
    views.add(view);
    listener(this.#answer(query));
    return () => void views.delete(view);
  }

  update(id: string, patch: Patch): Promise<void> {
    const row = this.#apply(id, patch);
    return this.#write(["log"], (store) => store("log").add(row));
  }

  /** The pull's rows take the place of the old ones, and what is pending is done again over them. */
  async pullOver(rows: readonly Row[], pending: readonly Change[]): Promise<void> {
    const touched = new Set<View>();
    for (const row of rows) this.#put(row, touched);
    for (const { id, patch } of pending) this.#put({ ...this.#row(id), ...patch }, touched);
    for (const { query, listener } of touched) listener(this.#answer(query));
    await this.#write(["log"], (store) => {
      for (const row of rows) store("log").add(this.#row(row.id));
    });
  }

  async readAll(): Promise<readonly Row[]> {
    if (this.#rows.size === 0) await this.hydrate();
    return [...this.#rows.values()];
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  #apply(id: string, patch: Patch): Row {
    const touched = new Set<View>();
    const row = { ...this.#row(id), ...patch };
    this.#put(row, touched);
    for (const { query, listener } of touched) listener(this.#answer(query));
    return row;
  }

  #put(row: Row, touched: Set<View>): void {
    const before = this.#row(row.id);
    this.#rows.set(row.id, row);
    const list = this.#byList.get(row.listId) as Row[];
    list[positionOf(list, row.createdAt)] = row;
    if (before.priority !== row.priority) {
      this.#count(before.priority, -1);
      this.#count(row.priority, 1);
      for (const view of this.#countViews) touched.add(view);
    }
    for (const view of this.#viewsOf(row.listId)) {
      const { query } = view;
      if (query.kind !== "window" || matches(query, before) || matches(query, row)) {
        touched.add(view);
      }
    }
  }

  #answer(query: Query): Result {
    if (query.kind === "counts") {
      return [...this.#counts].map(([priority, count]) => ({ priority, count }));
    }
    const list = this.#byList.get(query.listId) ?? [];
    if (query.kind === "list") return [...list];
    if (query.kind === "joined") {
      const listName = this.#lists.find(({ id }) => id === query.listId)?.name ?? "";
      return list.map(({ id, title }) => ({ id, title, listName }));
    }
    const found: Row[] = [];
    for (const row of list) {
      if (matches(query, row) && found.push(row) === WINDOW) break;
    }
    return found;
  }

  #row(id: string): Row {
    return this.#rows.get(id) as Row;
  }

  #count(priority: number, by: number): void {
    const count = (this.#counts.get(priority) ?? 0) + by;
    if (count === 0) this.#counts.delete(priority);
    else this.#counts.set(priority, count);
  }

  #viewsOf(listId: string): Set<View> {
    const views = this.#viewsOfList.get(listId) ?? new Set();
    this.#viewsOfList.set(listId, views);
    return views;
  }

  #write(stores: string[], work: (store: (name: string) => IDBObjectStore) => void): Promise<void> {
    const transaction = this.#db.transaction(stores, "readwrite", { durability: "relaxed" });
    work((name) => transaction.objectStore(name));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error as DOMException);
    });
  }
}

function byTime(one: Row, two: Row): number {
  return one.createdAt - two.createdAt;
}

function positionOf(list: readonly Row[], createdAt: number): number {
  let [from, to] = [0, list.length - 1];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((list[middle] as Row).createdAt < createdAt) from = middle + 1;
    else to = middle;
  }
  return from;
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error as DOMException);
  });
}

const adapter: Adapter = {
  async open(name) {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      const db = request.result;
      for (const store of ["packed", "log", "lists"]) {
        db.createObjectStore(store, { autoIncrement: true });
      }
      db.createObjectStore("rows", { keyPath: "id" }).createIndex("byListAndTime", [
        "listId",
        "createdAt",
      ]);
    };
    return new RawStore(await result(request));
  },
};

runPage(adapter, { ownColdLayout: true });
