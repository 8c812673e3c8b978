/** The engine in memory: for tests, and for places without IndexedDB. Nothing survives the page. */

import { NOOP_MUTATOR } from "@sh1n4ps/plasma-core";
import type { Row } from "@sh1n4ps/plasma-core";
import { SyncClientError } from "../errors.ts";
import type { ClientRecord, Engine, OutboxEntry, RejectedMutation, RowImage } from "./engine.ts";
import { clientGone, rejectionGone } from "./storage-error.ts";
import {
  asNoop,
  asRejected,
  confirmedUpTo,
  imagesLeftBy,
  missingOf,
  rejectionOf,
  renewed,
  renumbered,
  withoutGone,
} from "./outbox-entry.ts";

const DATABASE = "memory";

export function createMemoryEngine(): Engine {
  let cookie: string | null = null;
  let baseSeq = 1;
  let syncedAt: number | null = null;
  let lastSeq = 0;
  let localSeq = 0;
  let isClosed = false;
  const base = new Map<string, Map<string, Row>>();
  const local = new Map<string, RowImage>();
  const outbox = new Map<number, OutboxEntry>();
  const clients = new Map<string, ClientRecord>();
  const rejected = new Map<string, RejectedMutation>();

  // Each operation runs to its end without a break: that is its transaction.
  const operation = async <T>(body: () => T): Promise<T> => {
    if (isClosed)
      throw new SyncClientError("disposed", "The local database was closed by the app.");
    return Promise.resolve(body());
  };
  const tableRows = (table: string): Map<string, Row> => {
    let rows = base.get(table);
    if (!rows) base.set(table, (rows = new Map()));
    return rows;
  };
  const keep = (images: readonly RowImage[]) => {
    for (const image of images) {
      const key = `${image.table}/${image.id}`;
      if (image.row) local.set(key, image);
      else local.delete(key);
    }
  };
  const everyRow = () => {
    const tables = new Map([...base].map(([table, rows]) => [table, new Map(rows)]));
    for (const { table, id, row } of local.values()) {
      let rows = tables.get(table);
      if (!rows) tables.set(table, (rows = new Map()));
      rows.set(id, row as Row);
    }
    return tables;
  };
  const entriesOf = (clientID: string) =>
    [...outbox.values()].filter((entry) => entry.clientID === clientID);

  return {
    durable: false,
    open: () => operation(() => undefined),

    load: () =>
      operation(() => ({
        database: DATABASE,
        cookie,
        baseSeq,
        syncedAt,
        base: everyRow(),
        localSeq,
        unfit: [],
        outbox: [...outbox.values()],
        clients: [...clients.values()],
        rejected: [...rejected.values()],
      })),

    position: () =>
      operation(() => ({
        database: DATABASE,
        baseSeq,
        lastSeq: Math.max(0, ...outbox.keys()),
        pending: outbox.size,
        rejected: rejected.size,
        localSeq,
      })),

    append: (entries, { dismiss = [] } = {}) =>
      operation(() => {
        for (const entry of entries) {
          if (!clients.has(entry.clientID)) throw clientGone();
          if (entriesOf(entry.clientID).some(({ id }) => id === entry.id)) {
            throw new SyncClientError(
              "storage",
              "Another tab has used this tab's client id. Reload the page.",
            );
          }
        }
        if (!dismiss.every((uid) => rejected.has(uid))) throw rejectionGone();
        for (const uid of dismiss) rejected.delete(uid);
        return entries.map((entry) => {
          lastSeq++;
          outbox.set(lastSeq, { ...entry, seq: lastSeq });
          return lastSeq;
        });
      }),

    keepLocal: (images) =>
      operation(() => {
        keep(images);
        return { localSeq: ++localSeq, baseSeq, database: DATABASE };
      }),

    applyPull: (commit) =>
      operation(() => {
        if (cookie !== commit.expectedCookie) return { kind: "stale" as const };
        const isUnknown = ({ clientID }: OutboxEntry) => !commit.known.includes(clientID);
        if ([...outbox.values()].some(isUnknown)) return { kind: "stale" as const };
        if (commit.clear) base.clear();
        for (const { table, id } of commit.dels) base.get(table)?.delete(id);
        for (const { table, row } of commit.puts) tableRows(table).set(row["id"] as string, row);
        cookie = commit.cookie;
        syncedAt = commit.syncedAt;
        const isCurrent = baseSeq === commit.baseSeq;
        baseSeq++;
        const refused: RejectedMutation[] = [];
        const settled: OutboxEntry[] = [];
        for (const [clientID, lastMutationID] of Object.entries(commit.lastMutationIDs)) {
          const client = clients.get(clientID);
          const covered = entriesOf(clientID).filter(({ id }) => id <= lastMutationID);
          if (client && client.confirmed < lastMutationID) {
            clients.set(clientID, confirmedUpTo(client, commit, covered));
          }
          for (const entry of covered) {
            outbox.delete(entry.seq);
            settled.push(entry);
            const rejection = rejectionOf(entry, commit.rejections);
            if (rejection) refused.push(rejection);
          }
        }
        for (const rejection of refused) rejected.set(rejection.uid, rejection);
        for (const entry of withoutGone(outbox.values(), commit)) outbox.set(entry.seq, entry);
        for (const { seq, images, knew } of commit.rerun) {
          const entry = outbox.get(seq);
          if (!entry || !isCurrent || entry.name === NOOP_MUTATOR) continue;
          outbox.set(seq, { ...entry, images, baseSeq, ...(knew && { knew }) });
        }
        const kept = imagesLeftBy(settled, commit.rejections);
        keep(kept);
        return { kind: "applied" as const, baseSeq, rejected: refused, local: kept };
      }),

    addClient: (clientID) =>
      operation(() => {
        clients.set(clientID, { id: clientID, confirmed: 0 });
      }),

    discard: (seqs, { reason }) =>
      operation(() => {
        baseSeq++;
        for (const seq of seqs) {
          const entry = outbox.get(seq);
          if (!entry || entry.name === NOOP_MUTATOR) continue;
          outbox.set(seq, asNoop(entry));
          if (reason) rejected.set(entry.uid, asRejected(entry, reason));
        }
      }),

    renewClient: ({ from, to }) =>
      operation(() => {
        baseSeq++;
        clients.set(to, renewed(clients.get(from), to));
        clients.delete(from);
        for (const entry of renumbered(entriesOf(from), to)) outbox.set(entry.seq, entry);
      }),

    dismissRejected: (uids) =>
      operation(() => {
        for (const uid of uids) rejected.delete(uid);
      }),

    resetBase: ({ keepRows }) =>
      operation(() => {
        if (!keepRows) {
          base.clear();
          local.clear();
          syncedAt = null;
        }
        cookie = null;
        baseSeq++;
      }),

    restore: (held) =>
      operation(() => {
        for (const entry of missingOf(held, [...outbox.values()], rejected)) {
          lastSeq++;
          outbox.set(lastSeq, { ...entry, seq: lastSeq });
        }
        keep(held.local.filter(({ table, id }) => !local.has(`${table}/${id}`)));
        for (const rejection of held.rejected) {
          if (!rejected.has(rejection.uid)) rejected.set(rejection.uid, rejection);
        }
      }),

    subscribeClosed: () => () => undefined,
    close: async () => {
      isClosed = true;
      return Promise.resolve();
    },
  };
}
