/** Storing again what a tab still has of a database that the browser has thrown away. */

import type { HeldState, OutboxEntry } from "./engine.ts";
import { wrap } from "./idb-request.ts";
import { missingOf } from "./outbox-entry.ts";

/** Over the stores `outbox`, `local` and `rejected`. */
export async function restoreHeld(tx: IDBTransaction, held: HeldState): Promise<void> {
  const [outbox, local, rejected] = ["outbox", "local", "rejected"].map((name) =>
    tx.objectStore(name),
  ) as [IDBObjectStore, IDBObjectStore, IDBObjectStore];
  const [stored, places, refused] = await Promise.all([
    wrap<OutboxEntry[]>(outbox.getAll()),
    wrap(local.getAllKeys()),
    wrap(rejected.getAllKeys()),
  ]);
  const refusedUids = new Set(refused as string[]);
  for (const entry of missingOf(held, stored, refusedUids)) outbox.add(entry);
  const there = new Set((places as [string, string][]).map((place) => place.join("/")));
  for (const { table, id, row } of held.local) {
    if (row && !there.has(`${table}/${id}`)) local.put(row, [table, id]);
  }
  for (const rejection of held.rejected) {
    if (!refusedUids.has(rejection.uid)) rejected.put(rejection);
  }
}
