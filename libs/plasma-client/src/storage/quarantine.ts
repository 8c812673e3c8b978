/**
 * Records of the outbox that cannot be used: something else than this program has written them, or the browser does not give
 * them back. They are put aside, so that what lies beside them can be sent.
 *
 * A client's ids must have no holes, for the server waits for each. So what was put aside leaves one in its place that does
 * nothing, as a discarded mutation does; where not even its place is known, the push finds the hole and renews the client.
 */

import { NOOP_MUTATOR } from "@sh1n4ps/plasma-core";
import type { OutboxEntry } from "./engine.ts";
import { tolerant, wrap } from "./idb-request.ts";

/** Kept for who wants to look, under this and its `seq`. */
const QUARANTINE = "quarantine";

export function isEntry(record: unknown): record is OutboxEntry {
  const { seq, clientID, id, uid, name, timestamp, images, baseSeq } = record as OutboxEntry;
  return (
    [seq, id, timestamp, baseSeq].every((part) => typeof part === "number") &&
    [clientID, uid, name].every((part) => typeof part === "string") &&
    Array.isArray(images) &&
    images.every((image) => typeof image?.table === "string" && typeof image.id === "string")
  );
}

/** Over the stores `meta` and `outbox`. Answers with how many records were put aside. */
export async function quarantine(tx: IDBTransaction, newUid: () => string): Promise<number> {
  const outbox = tx.objectStore("outbox");
  const places = await placesIn(outbox);
  let count = 0;
  for (const seq of await wrap(outbox.getAllKeys())) {
    const record = await tolerant<unknown>(outbox.get(seq));
    if (record && isEntry(record)) continue;
    count++;
    tx.objectStore("meta").put(record ?? null, [QUARANTINE, seq]);
    const place = places.get(seq as number);
    const { uid } = (record ?? {}) as Partial<OutboxEntry>;
    if (place) {
      const [clientID, id] = place;
      const kept = typeof uid === "string" ? uid : newUid();
      outbox.put({
        ...{ seq: seq as number, clientID, id, uid: kept, name: NOOP_MUTATOR, args: null },
        ...{ timestamp: 0, images: [], baseSeq: 0 },
      } satisfies OutboxEntry);
    } else {
      outbox.delete(seq);
    }
  }
  return count;
}

type Place = readonly [clientID: string, id: number];

/** By `seq`, out of the index: it can be read where a record cannot. */
async function placesIn(outbox: IDBObjectStore): Promise<ReadonlyMap<number, Place>> {
  const places = new Map<number, Place>();
  const request = outbox.index("client").openKeyCursor();
  for (let cursor = await wrap(request); cursor; cursor = await wrap(request)) {
    places.set(cursor.primaryKey as number, cursor.key as unknown as Place);
    cursor.continue();
  }
  return places;
}
