/** Everything that the database holds, read in one transaction, and what has to be done first if it cannot be. */

import type { Row, Schema } from "@sh1n4ps/plasma-core";
import type { ClientRecord, OutboxEntry, RejectedMutation, StoredState } from "./engine.ts";
import { readMeta } from "./idb-meta.ts";
import type { Expected, Meta } from "./idb-meta.ts";
import { tolerant, wrap } from "./idb-request.ts";
import { fitLocalRows } from "./local-rows.ts";
import type { StoredRow } from "./local-rows.ts";
import { isEntry } from "./quarantine.ts";
import { readConfirmed } from "./segments/confirmed-rows.ts";
import { isWiped } from "./storage-error.ts";

export type Loaded =
  | {
      readonly kind: "loaded";
      readonly state: StoredState;
      readonly meta: Meta;
      readonly hasDeletions: boolean;
    }
  /** Nothing was ever put into this database. */
  | { readonly kind: "wiped" }
  /** Confirmed rows cannot be read. */
  | { readonly kind: "damaged" }
  /** Something in the outbox cannot be used. */
  | { readonly kind: "unusable" };

export async function loadEverything(
  tx: IDBTransaction,
  schema: Schema,
  expected: Expected,
): Promise<Loaded> {
  const [meta, confirmed, local, outbox, clients, rejected] = await Promise.all([
    readMeta(tx, expected).catch((error: unknown) => {
      if (isWiped(error)) return null;
      throw error;
    }),
    readConfirmed(tx),
    readRows(tx.objectStore("local")),
    tolerant<OutboxEntry[]>(tx.objectStore("outbox").getAll()),
    wrap<ClientRecord[]>(tx.objectStore("clients").getAll()),
    wrap<RejectedMutation[]>(tx.objectStore("rejected").getAll()),
  ]);
  if (!meta) return { kind: "wiped" };
  if (!confirmed) return { kind: "damaged" };
  if (!outbox?.every(isEntry)) return { kind: "unusable" };
  const { cookie, baseSeq, syncedAt, database, localSeq = 0 } = meta;
  const { rows, unfit } = fitLocalRows(schema, local);
  const { tables, hasDeletions } = confirmed;
  addRows(tables, rows);
  const state = {
    ...{ database, cookie, baseSeq, localSeq, syncedAt },
    ...{ base: tables, unfit, outbox, clients, rejected },
  };
  return { kind: "loaded", state, meta, hasDeletions };
}

async function readRows(store: IDBObjectStore): Promise<StoredRow[]> {
  const [keys, rows] = await Promise.all([wrap(store.getAllKeys()), wrap<Row[]>(store.getAll())]);
  return keys.map((key, at) => {
    const [table, id] = key as [string, string];
    return { table, id, row: rows[at] as Row };
  });
}

function addRows(tables: Map<string, Map<string, Row>>, stored: readonly StoredRow[]): void {
  for (const { table, id, row } of stored) {
    let rows = tables.get(table);
    if (!rows) tables.set(table, (rows = new Map()));
    rows.set(id, row);
  }
}
