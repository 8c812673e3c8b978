/** The object stores, and how those of an older version become today's. */

import type { Row } from "@sh1n4ps/plasma-core";
import { replaceConfirmed } from "./segments/confirmed-rows.ts";
import type { SegmentSizes } from "./segments/segment.ts";

export const VERSION = 3;
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
export function createStores(tx: IDBTransaction, oldVersion: number, sizes: SegmentSizes): void {
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
    if (oldVersion >= 1) packRowRecords(tx, sizes);
  }
}

/** Version 2 had a record for each confirmed row, under its table and id. */
function packRowRecords(tx: IDBTransaction, sizes: SegmentSizes): void {
  const base = tx.objectStore("base");
  const keys = base.getAllKeys();
  const rows = base.getAll() as IDBRequest<Row[]>;
  // Answered after the keys, because it was asked after them.
  rows.onsuccess = () => {
    const puts = rows.result.map((row, at) => ({
      table: (keys.result[at] as [string, string])[0],
      row,
    }));
    replaceConfirmed(tx, puts, sizes);
    tx.db.deleteObjectStore("base");
  };
}
