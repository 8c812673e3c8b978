/** The object stores, and how those of an older version become today's. */

import type { Row } from "@sh1n4ps/plasma-core";
import { DIRECTORY_KEY, replaceConfirmed } from "./segments/confirmed-rows.ts";
import type { Packing } from "./segments/confirmed-rows.ts";
import type { Directory } from "./segments/directory.ts";

export const VERSION = 4;
export const STORES = [
  "meta",
  "segments",
  "log",
  "local",
  "outbox",
  "clients",
  "rejected",
] as const;

/** In the transaction of the upgrade. */
export function createStores(tx: IDBTransaction, oldVersion: number, packing: Packing): void {
  const { db } = tx;
  if (oldVersion < 1) {
    db.createObjectStore("meta");
    db.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true }).createIndex(
      "client",
      ["clientID", "id"],
      { unique: true },
    );
    db.createObjectStore("clients", { keyPath: "id" });
    db.createObjectStore("rejected", { keyPath: "uid" });
  }
  if (oldVersion < 2) db.createObjectStore("local");
  if (oldVersion < 3) {
    db.createObjectStore("segments");
    db.createObjectStore("log", { autoIncrement: true });
    if (oldVersion >= 1) packRowRecords(tx, packing);
  }
  if (oldVersion === 3) nameOrderOfSegments(tx);
}

/** Version 2 had a record for each confirmed row, under its table and id. */
function packRowRecords(tx: IDBTransaction, packing: Packing): void {
  const base = tx.objectStore("base");
  const keys = base.getAllKeys();
  const rows = base.getAll() as IDBRequest<Row[]>;
  // Answered after the keys, because it was asked after them.
  rows.onsuccess = () => {
    const puts = rows.result.map((row, at) => ({
      table: (keys.result[at] as [string, string])[0],
      row,
    }));
    replaceConfirmed(tx, puts, packing);
    tx.db.deleteObjectStore("base");
  };
}

interface DirectoryOfVersion3 {
  readonly tables: ReadonlyMap<
    string,
    readonly { readonly segment: number; readonly first: string; readonly count: number }[]
  >;
  readonly next: number;
}

/** Version 3 had all tables in the order of ids. */
function nameOrderOfSegments(tx: IDBTransaction): void {
  const meta = tx.objectStore("meta");
  const request = meta.get(DIRECTORY_KEY) as IDBRequest<DirectoryOfVersion3 | undefined>;
  request.onsuccess = () => {
    if (!request.result) return;
    const { tables, next } = request.result;
    const named = [...tables].map(([table, places]) => {
      const byId = places.map((place) => ({ ...place, first: [place.first] }));
      return [table, { by: [], places: byId }] as const;
    });
    meta.put({ tables: new Map(named), next } satisfies Directory, DIRECTORY_KEY);
  };
}
