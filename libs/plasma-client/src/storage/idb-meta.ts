/**
 * The record that says what the database holds: which rows, of which version of the app, and whose.
 *
 * A browser may throw a database away under open tabs; the next transaction finds an empty one, or one that another tab has
 * begun. So each database has a name of its own, and is asked for it by whoever remembers another.
 */

import { wrap } from "./idb-request.ts";
import { clearConfirmed } from "./segments/confirmed-rows.ts";
import { anothersDatabase, otherSchema, wiped } from "./storage-error.ts";

export interface Meta {
  readonly cookie: string | null;
  readonly baseSeq: number;
  readonly syncedAt: number | null;
  readonly schema: string;
  /** Missing where an older version has made it. */
  readonly database?: string;
  /** Whose it is. Missing where an older version has made it, or nobody has said. */
  readonly clientGroupID?: string;
  /** Missing where nothing was kept in local-only tables yet. */
  readonly localSeq?: number;
  /** How many changes are in the log. */
  readonly logged?: number;
}

/** What the database has to be. */
export interface Expected {
  readonly schema: string;
  readonly clientGroupID: string | undefined;
  /** A name for one that has none. */
  readonly newName: () => string;
}

const META_KEY = "state";

/** Nothing in a database is for anybody else than whom it belongs to. */
function requireOwn(meta: Meta | undefined, { clientGroupID }: Expected): void {
  const owner = meta?.clientGroupID;
  if (owner !== undefined && clientGroupID !== undefined && owner !== clientGroupID)
    throw anothersDatabase();
}

export function findMeta(tx: IDBTransaction): Promise<Meta | undefined> {
  return wrap<Meta | undefined>(tx.objectStore("meta").get(META_KEY));
}

export async function readMeta(
  tx: IDBTransaction,
  expected: Expected,
): Promise<Meta & { readonly database: string }> {
  const meta = await findMeta(tx);
  if (!meta) throw wiped();
  requireOwn(meta, expected);
  const { schema } = expected;
  if (meta.schema !== schema) throw otherSchema();
  return { ...meta, database: meta.database ?? "" };
}

export function putMeta(tx: IDBTransaction, meta: Meta): void {
  tx.objectStore("meta").put(meta, META_KEY);
}

/** Makes the database what is expected, over the stores of confirmed rows. */
export async function adopt(tx: IDBTransaction, expected: Expected): Promise<void> {
  const { schema, newName } = expected;
  const meta = await findMeta(tx);
  requireOwn(meta, expected);
  const database = meta?.database ?? newName();
  const clientGroupID = meta?.clientGroupID ?? expected.clientGroupID;
  const names = { database, ...(clientGroupID !== undefined && { clientGroupID }) };
  if (meta?.schema === schema) {
    if (meta.database !== database || meta.clientGroupID !== clientGroupID)
      putMeta(tx, { ...meta, ...names });
    return;
  }
  clearConfirmed(tx);
  const { baseSeq = 0, localSeq = 0 } = meta ?? {};
  putMeta(tx, { cookie: null, baseSeq: baseSeq + 1, localSeq, syncedAt: null, schema, ...names });
}
