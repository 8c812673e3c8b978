/**
 * The engine on IndexedDB.
 *
 *   meta      "state"      → { cookie, baseSeq, localSeq, syncedAt, schema, logged }
 *   segments, log          → the confirmed rows (`segments/confirmed-rows.ts`)
 *   local     [table, id]  → row of a local-only table
 *   outbox    seq          → OutboxEntry; index "client" on [clientID, id], unique
 *   clients   id           → ClientRecord
 *   rejected  uid          → RejectedMutation
 *
 * The stores are fixed: a new table of the app needs no upgrade of the database.
 */

import { NOOP_MUTATOR } from "@sh1n4ps/plasma-core";
import type { Row, Schema } from "@sh1n4ps/plasma-core";
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
import { wrap } from "./idb-request.ts";
import { createStores, STORES, VERSION } from "./idb-stores.ts";
import { fitLocalRows } from "./local-rows.ts";
import type { StoredRow } from "./local-rows.ts";
import {
  asNoop,
  asRejected,
  confirmedUpTo,
  imagesLeftBy,
  rejectionOf,
  renewed,
  renumbered,
} from "./outbox-entry.ts";
import { schemaFingerprint } from "./schema-fingerprint.ts";
import { clustersOf } from "./segments/cluster.ts";
import {
  clearConfirmed,
  logPatch,
  readConfirmed,
  readDirectory,
  readLog,
  replaceConfirmed,
} from "./segments/confirmed-rows.ts";
import { foldSlice } from "./segments/fold.ts";
import type { Fold } from "./segments/fold.ts";
import { isSame, placesWith, rowsIn } from "./segments/part.ts";
import { SEGMENT_SIZES } from "./segments/segment.ts";
import type { Segment, SegmentSizes } from "./segments/segment.ts";
import { clientGone, damaged, otherSchema, rejectionGone } from "./storage-error.ts";

export interface IdbEngineOptions {
  readonly schema: Schema;
  readonly dbName: string;
  readonly durability?: Durability;
  /** How long to wait for other tabs that hold an older version of the database. */
  readonly openTimeoutMs?: number;
  readonly platform?: Pick<Platform, "indexedDB" | "timers">;
  /** How confirmed rows are laid out. Default: what was measured to be fast (`docs/decisions/0021`). */
  readonly layout?: Partial<Layout>;
}

export interface Layout {
  readonly segments: SegmentSizes;
  /** How many changes the log may have before they are brought into the segments. */
  readonly log: number;
}

const LAYOUT: Layout = { segments: SEGMENT_SIZES, log: 2000 };

interface Meta {
  readonly cookie: string | null;
  readonly baseSeq: number;
  readonly syncedAt: number | null;
  readonly schema: string;
  /** Missing where nothing was kept in local-only tables yet. */
  readonly localSeq?: number;
  /** How many changes are in the log. */
  readonly logged?: number;
}

const META_KEY = "state";
const CONFIRMED = ["meta", "segments", "log"] as const;
const PART = [...CONFIRMED, "outbox"] as const;

/** Local storage in IndexedDB. Nothing is opened before it is asked for something. */
export function createIdbEngine(options: IdbEngineOptions): Engine {
  const platform = options.platform ?? browserPlatform();
  const factory = platform.indexedDB;
  if (!factory) {
    throw new SyncClientError(
      "storage",
      "There is no IndexedDB here. Use createMemoryEngine() instead.",
    );
  }
  const schema = schemaFingerprint(options.schema);
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

  const readMeta = async (tx: IDBTransaction): Promise<Meta> => {
    const meta = await wrap<Meta | undefined>(tx.objectStore("meta").get(META_KEY));
    if (!meta || meta.schema !== schema) throw otherSchema();
    return meta;
  };

  const readAll = () =>
    connection.run(STORES, "readonly", async (tx): Promise<Loaded> => {
      const [meta, confirmed, local, outbox, clients, rejected] = await Promise.all([
        readMeta(tx),
        readConfirmed(tx),
        readRows(tx.objectStore("local")),
        wrap<OutboxEntry[]>(tx.objectStore("outbox").getAll()),
        wrap<ClientRecord[]>(tx.objectStore("clients").getAll()),
        wrap<RejectedMutation[]>(tx.objectStore("rejected").getAll()),
      ]);
      if (!confirmed) return { kind: "damaged" };
      const { cookie, baseSeq, syncedAt, localSeq = 0, logged = 0 } = meta;
      const { rows, unfit } = fitLocalRows(options.schema, local);
      addRows(confirmed, rows);
      if (logged > layout.log) fold();
      const state = {
        ...{ cookie, baseSeq, localSeq, syncedAt },
        ...{ base: confirmed, unfit, outbox, clients, rejected },
      };
      return { kind: "loaded", state };
    });

  /** The next pull brings all rows. */
  const forgetConfirmed = () =>
    connection.run(CONFIRMED, "readwrite", async (tx) => {
      const meta = await readMeta(tx);
      clearConfirmed(tx);
      const { baseSeq } = meta;
      putMeta(tx, { ...meta, cookie: null, baseSeq: baseSeq + 1, syncedAt: null, logged: 0 });
    });

  let isFolding = false;
  /** In the background, a slice at a time. If it fails, the log stays, and the next pull tries again. */
  const fold = (from: Fold | null = null) => {
    if (isFolding && !from) return;
    isFolding = true;
    platform.timers.set(() => {
      connection
        .run(CONFIRMED, "readwrite", async (tx) => {
          const meta = await readMeta(tx);
          const folded = await foldSlice(tx, from, packing);
          if (folded.kind === "done") putMeta(tx, { ...meta, logged: folded.logged });
          return folded;
        })
        .then(
          (folded) => {
            if (folded.kind === "sliced") fold(folded.fold);
            else isFolding = false;
          },
          () => {
            isFolding = false;
          },
        );
    }, 0);
  };

  return {
    durable: true,

    prepare: () => void connection.open().catch(() => undefined),

    open: () =>
      connection.run(CONFIRMED, "readwrite", async (tx) => {
        const meta = await wrap<Meta | undefined>(tx.objectStore("meta").get(META_KEY));
        if (meta?.schema === schema) return;
        clearConfirmed(tx);
        const { baseSeq = 0, localSeq = 0 } = meta ?? {};
        putMeta(tx, { cookie: null, baseSeq: baseSeq + 1, localSeq, syncedAt: null, schema });
      }),

    load: async () => {
      const loaded = await readAll();
      if (loaded.kind === "loaded") return loaded.state;
      // Rows can be had again from the server; what is not there yet is in the outbox.
      await forgetConfirmed();
      const again = await readAll();
      if (again.kind === "loaded") return { ...again.state, isDamaged: true };
      throw damaged();
    },

    loadPart: async (asked) => {
      const first = await connection.run(PART, "readonly", async (tx) => {
        const [meta, directory, log, outbox] = await Promise.all([
          wrap<Meta | undefined>(tx.objectStore("meta").get(META_KEY)),
          readDirectory(tx),
          readLog(tx),
          wrap<OutboxEntry[]>(tx.objectStore("outbox").getAll()),
        ]);
        return { meta, part: placesWith(directory, asked), logged: log.rows, outbox };
      });
      const { meta, part, logged, outbox } = first;
      if (meta?.schema !== schema || !part) return null;
      const { places } = part;
      const pending = outbox.reduce((sum, { images }) => sum + images.length, 0);
      const second = await connection.run(PART, "readonly", async (tx) => {
        const store = tx.objectStore("segments");
        const [now, directory, ...segments] = await Promise.all([
          readMeta(tx),
          readDirectory(tx),
          ...places.map(({ segment }) => wrap<Segment | undefined>(store.get(segment))),
        ]);
        const isStill = now.baseSeq === meta.baseSeq && now.cookie === meta.cookie;
        if (!isStill || !isSame(part, placesWith(directory, asked))) return null;
        return rowsIn(part, segments, { table: asked.table, logged, pending });
      });
      const { baseSeq, syncedAt } = meta;
      return second && { ...second, outbox, baseSeq, syncedAt };
    },

    position: () =>
      connection.run(["meta", "outbox", "rejected"], "readonly", async (tx) => {
        const [meta, last, pending, rejected] = await Promise.all([
          readMeta(tx),
          wrap(tx.objectStore("outbox").openKeyCursor(null, "prev")),
          wrap(tx.objectStore("outbox").count()),
          wrap(tx.objectStore("rejected").count()),
        ]);
        const { baseSeq, localSeq = 0 } = meta;
        const lastSeq = (last?.key as number | undefined) ?? 0;
        return { baseSeq, localSeq, lastSeq, pending, rejected };
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
        const meta = await readMeta(tx);
        const localSeq = (meta.localSeq ?? 0) + 1;
        putMeta(tx, { ...meta, localSeq });
        putLocal(tx, images);
        return { localSeq, baseSeq: meta.baseSeq };
      }),

    applyPull: (commit) =>
      connection.run(STORES, "readwrite", async (tx) => {
        const outbox = tx.objectStore("outbox");
        const clients = tx.objectStore("clients");
        const [meta, clientIDs] = await Promise.all([
          readMeta(tx),
          wrap(clients.getAllKeys()) as Promise<string[]>,
        ]);
        if (meta.cookie !== commit.expectedCookie) return { kind: "stale" };
        for (const clientID of clientIDs) {
          if (commit.known.includes(clientID)) continue;
          const waiting = await wrap(outbox.index("client").count(allOf(clientID)));
          if (waiting > 0) return { kind: "stale" };
        }

        if (commit.clear) replaceConfirmed(tx, commit.puts, packing);
        const logged = commit.clear ? 0 : (meta.logged ?? 0) + logPatch(tx, commit);
        if (logged > layout.log) fold();
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
        const meta = await readMeta(tx);
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
        const meta = await readMeta(tx);
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
        const meta = await readMeta(tx);
        const forgotten = { ...meta, cookie: null, baseSeq: meta.baseSeq + 1 };
        if (keepRows) return putMeta(tx, forgotten);
        clearConfirmed(tx);
        tx.objectStore("local").clear();
        putMeta(tx, { ...forgotten, syncedAt: null, logged: 0 });
      }),

    subscribeClosed: (listener) => connection.subscribeClosed(listener),
    close: () => connection.close(),
  };
}

type Loaded =
  { readonly kind: "loaded"; readonly state: StoredState } | { readonly kind: "damaged" };

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

function putMeta(tx: IDBTransaction, meta: Meta): void {
  tx.objectStore("meta").put(meta, META_KEY);
}

function putLocal(tx: IDBTransaction, images: readonly RowImage[]): void {
  const store = tx.objectStore("local");
  for (const { table, id, row } of images) {
    if (row) store.put(row, [table, id]);
    else store.delete([table, id]);
  }
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
