/**
 * The engine on IndexedDB.
 *
 *   meta      "state"      → Meta (`idb-meta.ts`)
 *             ["quarantine", seq] → a record of the outbox that cannot be used (`quarantine.ts`)
 *   segments, log          → the confirmed rows (`segments/confirmed-rows.ts`)
 *   local     [table, id]  → row of a local-only table
 *   outbox    seq          → OutboxEntry; index "client" on [clientID, id], unique
 *   clients   id           → ClientRecord
 *   rejected  uid          → RejectedMutation
 *
 * The stores are fixed: a new table of the app needs no upgrade of the database.
 */

import { NOOP_MUTATOR } from "@sh1n4ps/plasma-core";
import type { Schema } from "@sh1n4ps/plasma-core";
import { SyncClientError } from "../errors.ts";
import type { Durability } from "../options.ts";
import { browserPlatform } from "../platform.ts";
import type { Platform } from "../platform.ts";
import type {
  ClientRecord,
  Engine,
  NewOutboxEntry,
  OutboxEntry,
  RejectedMutation,
  RowImage,
  StoredState,
} from "./engine.ts";
import { IdbConnection } from "./idb-connection.ts";
import { adopt, findMeta, isExpected, putMeta, readMeta } from "./idb-meta.ts";
import type { Expected } from "./idb-meta.ts";
import { loadEverything } from "./idb-load.ts";
import { wrap } from "./idb-request.ts";
import { restoreHeld } from "./idb-restore.ts";
import { createStores, STORES, VERSION } from "./idb-stores.ts";
import {
  asNoop,
  asRejected,
  confirmedUpTo,
  imagesLeftBy,
  rejectionOf,
  renewed,
  renumbered,
  withoutGone,
} from "./outbox-entry.ts";
import { quarantine } from "./quarantine.ts";
import { schemaFingerprint } from "./schema-fingerprint.ts";
import { clustersOf } from "./segments/cluster.ts";
import {
  clearConfirmed,
  logPatch,
  readDirectory,
  readLog,
  replaceConfirmed,
} from "./segments/confirmed-rows.ts";
import { foldSlice } from "./segments/fold.ts";
import { createFolding } from "./segments/folding.ts";
import { isSame, placesWith, rowsIn } from "./segments/part.ts";
import { SEGMENT_SIZES } from "./segments/segment.ts";
import type { Segment, SegmentSizes } from "./segments/segment.ts";
import { clientGone, damaged, isWiped, rejectionGone } from "./storage-error.ts";

export interface IdbEngineOptions {
  readonly schema: Schema;
  readonly dbName: string;
  /** Whose rows and mutations these are. A database that belongs to another one is not opened. */
  readonly clientGroupID?: string | undefined;
  readonly durability?: Durability;
  /** How long to wait for other tabs that hold an older version of the database. */
  readonly openTimeoutMs?: number;
  readonly platform?: Pick<Platform, "indexedDB" | "timers"> & Partial<Pick<Platform, "random">>;
  /** How confirmed rows are laid out. Default: what was measured to be fast (`docs/decisions/0021`). */
  readonly layout?: Partial<Layout>;
}

export interface Layout {
  readonly segments: SegmentSizes;
  /** How many changes the log may have before they are brought into the segments. */
  readonly log: number;
  /** How long, in milliseconds, deleted rows may stay in it, times what a fold takes (`segments/folding.ts`). */
  readonly rest: number;
}

const LAYOUT: Layout = { segments: SEGMENT_SIZES, log: 2000, rest: 1000 };

/** How often everything is read anew after something was mended. */
const MAX_TRIES = 4;
const CONFIRMED = ["meta", "segments", "log"] as const;
const PART = [...CONFIRMED, "outbox"] as const;

/** Local storage in IndexedDB. Nothing is opened before it is asked for something. */
export function createIdbEngine(options: IdbEngineOptions): Engine {
  const platform: IdbEngineOptions["platform"] & object = options.platform ?? browserPlatform();
  const factory = platform.indexedDB;
  if (!factory) {
    throw new SyncClientError(
      "storage",
      "There is no IndexedDB here. Use createMemoryEngine() instead.",
    );
  }
  const random = platform.random ?? browserPlatform().random;
  const expected: Expected = {
    schema: schemaFingerprint(options.schema),
    clientGroupID: options.clientGroupID,
    newName: () => random.token(),
    // Everybody has to hear of it, not only who asked: a tab that goes on as if nothing had happened keeps others waiting.
    foundOther: (error) => connection.closeForGood(error),
  };
  const layout = { ...LAYOUT, ...options.layout };
  const packing = { sizes: layout.segments, clusters: clustersOf(options.schema) };
  const connection = new IdbConnection({
    name: options.dbName,
    version: VERSION,
    upgrade: (tx, oldVersion) => createStores(tx, oldVersion, packing),
    factory,
    timers: platform.timers,
    durability: options.durability ?? "relaxed",
    openTimeoutMs: options.openTimeoutMs ?? 8000,
  });

  const open = () => connection.run(CONFIRMED, "readwrite", (tx) => adopt(tx, expected));

  const readAll = () =>
    connection.run(STORES, "readonly", (tx) => loadEverything(tx, options.schema, expected));

  /** The next pull brings all rows. */
  const forgetConfirmed = () =>
    connection.run(CONFIRMED, "readwrite", async (tx) => {
      const meta = await readMeta(tx, expected);
      clearConfirmed(tx);
      const { baseSeq } = meta;
      putMeta(tx, { ...meta, cookie: null, baseSeq: baseSeq + 1, syncedAt: null, logged: 0 });
    });

  const folding = createFolding({
    timers: platform.timers,
    restMs: layout.rest,
    slice: (from) =>
      connection.run(CONFIRMED, "readwrite", async (tx) => {
        const meta = await readMeta(tx, expected);
        const folded = await foldSlice(tx, from, packing);
        if (folded.kind === "done") putMeta(tx, { ...meta, logged: folded.logged });
        return folded;
      }),
  });

  return {
    durable: true,

    prepare: () => void connection.open().catch(() => undefined),

    open,

    load: async () => {
      const mended: Pick<StoredState, "isDamaged" | "quarantined"> = {};
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const loaded = await readAll();
        switch (loaded.kind) {
          case "loaded":
            if ((loaded.meta.logged ?? 0) > layout.log) folding.begin();
            else if (loaded.hasDeletions) folding.beginSoon();
            return { ...loaded.state, ...mended };
          case "wiped":
            await open();
            break;
          case "damaged":
            // Rows can be had again from the server; what is not there yet is in the outbox.
            await forgetConfirmed();
            Object.assign(mended, { isDamaged: true });
            break;
          case "unusable": {
            const stores = ["meta", "outbox"];
            const count = await connection.run(stores, "readwrite", (tx) =>
              quarantine(tx, expected.newName),
            );
            Object.assign(mended, { quarantined: count });
          }
        }
      }
      throw damaged();
    },

    loadPart: async (asked) => {
      const first = await connection.run(PART, "readonly", async (tx) => {
        const [meta, directory, log, outbox] = await Promise.all([
          findMeta(tx),
          readDirectory(tx),
          readLog(tx),
          wrap<OutboxEntry[]>(tx.objectStore("outbox").getAll()),
        ]);
        return { meta, part: placesWith(directory, asked), logged: log?.rows, outbox };
      });
      const { meta, part, logged, outbox } = first;
      if (!isExpected(meta, expected) || !part || !logged) return null;
      const { places } = part;
      const pending = outbox.reduce((sum, { images }) => sum + images.length, 0);
      const second = await connection.run(PART, "readonly", async (tx) => {
        const store = tx.objectStore("segments");
        const [now, directory, ...segments] = await Promise.all([
          findMeta(tx),
          readDirectory(tx),
          ...places.map(({ segment }) => wrap<Segment | undefined>(store.get(segment))),
        ]);
        const isStill =
          isExpected(now, expected) && now.baseSeq === meta.baseSeq && now.cookie === meta.cookie;
        if (!isStill || !isSame(part, placesWith(directory, asked))) return null;
        return rowsIn(part, segments, { table: asked.table, logged, pending });
      });
      const { baseSeq, syncedAt } = meta;
      return second && { ...second, outbox, baseSeq, syncedAt };
    },

    position: () =>
      connection.run(["meta", "outbox", "rejected"], "readonly", async (tx) => {
        const [meta, last, pending, rejected] = await Promise.all([
          // One that is empty is known by its name.
          readMeta(tx, expected).catch((error: unknown) => {
            if (isWiped(error)) return EMPTY;
            throw error;
          }),
          wrap(tx.objectStore("outbox").openKeyCursor(null, "prev")),
          wrap(tx.objectStore("outbox").count()),
          wrap(tx.objectStore("rejected").count()),
        ]);
        const { database, baseSeq, localSeq = 0 } = meta;
        const lastSeq = (last?.key as number | undefined) ?? 0;
        return { database, baseSeq, localSeq, lastSeq, pending, rejected };
      }),

    append: async (entries, { dismiss = [] } = {}) => {
      const stores = ["outbox", "clients", ...(dismiss.length > 0 ? ["rejected"] : [])];
      const seqs = await connection.run(stores, "readwrite", async (tx, isRetry) => {
        const outbox = tx.objectStore("outbox");
        // Asked together with what is written, which is taken back if the answer is no.
        const known = requireClients(tx, entries);
        known.catch(() => undefined);
        if (isRetry) {
          // The first try may have been committed before the connection was lost.
          const kept = await Promise.all(
            entries.map((entry) =>
              wrap<OutboxEntry | undefined>(outbox.index("client").get([entry.clientID, entry.id])),
            ),
          );
          if (kept.every((found, at) => found?.uid === entries[at]?.uid)) {
            return () => kept.map((found) => (found as OutboxEntry).seq);
          }
        }
        const replaced = takeRejected(tx, dismiss);
        replaced.catch(() => undefined);
        const requests = entries.map((entry) => outbox.add(entry));
        await Promise.all([known, replaced]);
        return () => requests.map((request) => request.result as number);
      });
      return seqs();
    },

    keepLocal: (images) =>
      connection.run(["meta", "local"], "readwrite", async (tx) => {
        const meta = await readMeta(tx, expected);
        const localSeq = (meta.localSeq ?? 0) + 1;
        putMeta(tx, { ...meta, localSeq });
        putLocal(tx, images);
        return { localSeq, baseSeq: meta.baseSeq, database: meta.database };
      }),

    applyPull: (commit) =>
      connection.run(STORES, "readwrite", async (tx) => {
        const outbox = tx.objectStore("outbox");
        const clients = tx.objectStore("clients");
        const [meta, clientIDs] = await Promise.all([
          readMeta(tx, expected).catch((error: unknown) => {
            if (isWiped(error)) return null;
            throw error;
          }),
          wrap(clients.getAllKeys()) as Promise<string[]>,
        ]);
        if (!meta || (commit.database ?? meta.database) !== meta.database) return { kind: "stale" };
        if (meta.cookie !== commit.expectedCookie) return { kind: "stale" };
        for (const clientID of clientIDs) {
          if (commit.known.includes(clientID)) continue;
          const waiting = await wrap(outbox.index("client").count(allOf(clientID)));
          if (waiting > 0) return { kind: "stale" };
        }

        if (commit.clear) replaceConfirmed(tx, commit.puts, packing);
        const logged = commit.clear ? 0 : (meta.logged ?? 0) + logPatch(tx, commit);
        if (logged > layout.log) folding.begin();
        else if (commit.dels.length > 0) folding.beginSoon();
        const baseSeq = meta.baseSeq + 1;
        const { cookie, syncedAt } = commit;
        putMeta(tx, { ...meta, cookie, baseSeq, syncedAt, logged });

        const rejected: RejectedMutation[] = [];
        const gone: OutboxEntry[] = [];
        for (const [clientID, lastMutationID] of Object.entries(commit.lastMutationIDs)) {
          const covered = IDBKeyRange.bound([clientID, 0], [clientID, lastMutationID]);
          const [client, settled] = await Promise.all([
            wrap<ClientRecord | undefined>(clients.get(clientID)),
            wrap<OutboxEntry[]>(outbox.index("client").getAll(covered)),
          ]);
          if (client && client.confirmed < lastMutationID) {
            clients.put(confirmedUpTo(client, commit, settled));
          }
          for (const entry of settled) {
            outbox.delete(entry.seq);
            gone.push(entry);
            const rejection = rejectionOf(entry, commit.rejections);
            if (rejection) rejected.push(rejection);
          }
        }
        for (const rejection of rejected) tx.objectStore("rejected").put(rejection);
        const local = imagesLeftBy(gone, commit.rejections);
        putLocal(tx, local);

        if (commit.clear || commit.dels.length > 0) {
          const stays = await wrap<OutboxEntry[]>(outbox.getAll());
          for (const entry of withoutGone(stays, commit)) outbox.put(entry);
        }
        const isCurrent = meta.baseSeq === commit.baseSeq;
        const rerun = await Promise.all(
          commit.rerun.map(({ seq }) => wrap<OutboxEntry | undefined>(outbox.get(seq))),
        );
        rerun.forEach((entry, at) => {
          const again = commit.rerun[at];
          if (!entry || !again || !isCurrent || entry.name === NOOP_MUTATOR) return;
          const { images, knew } = again;
          outbox.put({ ...entry, images, baseSeq, ...(knew && { knew }) });
        });
        return { kind: "applied", baseSeq, rejected, local };
      }),

    addClient: (clientID) =>
      connection.run(["clients"], "readwrite", async (tx) => {
        tx.objectStore("clients").put({ id: clientID, confirmed: 0 } satisfies ClientRecord);
      }),

    discard: (seqs, { reason }) =>
      connection.run(["meta", "outbox", "rejected"], "readwrite", async (tx) => {
        const meta = await readMeta(tx, expected);
        putMeta(tx, { ...meta, baseSeq: meta.baseSeq + 1 });
        const outbox = tx.objectStore("outbox");
        for (const seq of seqs) {
          const entry = await wrap<OutboxEntry | undefined>(outbox.get(seq));
          if (!entry || entry.name === NOOP_MUTATOR) continue;
          outbox.put(asNoop(entry));
          if (reason) tx.objectStore("rejected").put(asRejected(entry, reason));
        }
      }),

    renewClient: ({ from, to }) =>
      connection.run(["meta", "outbox", "clients"], "readwrite", async (tx) => {
        const meta = await readMeta(tx, expected);
        putMeta(tx, { ...meta, baseSeq: meta.baseSeq + 1 });
        const outbox = tx.objectStore("outbox");
        const clients = tx.objectStore("clients");
        const [entries, client] = await Promise.all([
          wrap<OutboxEntry[]>(outbox.index("client").getAll(allOf(from))),
          wrap<ClientRecord | undefined>(clients.get(from)),
        ]);
        clients.delete(from);
        clients.put(renewed(client, to));
        for (const entry of renumbered(entries, to)) outbox.put(entry);
      }),

    dismissRejected: (uids) =>
      connection.run(["rejected"], "readwrite", async (tx) => {
        for (const uid of uids) tx.objectStore("rejected").delete(uid);
      }),

    resetBase: ({ keepRows }) =>
      connection.run([...CONFIRMED, "local"], "readwrite", async (tx) => {
        const meta = await readMeta(tx, expected);
        const forgotten = { ...meta, cookie: null, baseSeq: meta.baseSeq + 1 };
        if (keepRows) return putMeta(tx, forgotten);
        clearConfirmed(tx);
        tx.objectStore("local").clear();
        putMeta(tx, { ...forgotten, syncedAt: null, logged: 0 });
      }),

    restore: (held) =>
      connection.run(["outbox", "local", "rejected"], "readwrite", (tx) => restoreHeld(tx, held)),

    subscribeClosed: (listener) => connection.subscribeClosed(listener),
    close: () => {
      folding.end();
      return connection.close();
    },
  };
}

/** How far a database is that nothing was put into yet. */
const EMPTY = { database: "", baseSeq: 0, localSeq: 0 };

async function requireClients(tx: IDBTransaction, entries: readonly NewOutboxEntry[]) {
  const store = tx.objectStore("clients");
  const ids = new Set(entries.map((entry) => entry.clientID));
  const found = await Promise.all([...ids].map((id) => wrap(store.getKey(id))));
  if (found.includes(undefined)) throw clientGone();
}

async function takeRejected(tx: IDBTransaction, uids: readonly string[]) {
  if (uids.length === 0) return;
  const store = tx.objectStore("rejected");
  const found = await Promise.all(
    uids.map((uid) => {
      const key = wrap(store.getKey(uid));
      store.delete(uid);
      return key;
    }),
  );
  if (found.includes(undefined)) throw rejectionGone();
}

/** The outbox entries of one client, in the index `client`. */
function allOf(clientID: string): IDBKeyRange {
  return IDBKeyRange.bound([clientID, 0], [clientID, Infinity]);
}

function putLocal(tx: IDBTransaction, images: readonly RowImage[]): void {
  const store = tx.objectStore("local");
  for (const { table, id, row } of images) {
    if (row) store.put(row, [table, id]);
    else store.delete([table, id]);
  }
}
