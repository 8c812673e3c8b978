/** The replica's side of the seam in memory: outboxes, a cookie that only moves by compare-and-set, and row ids. */

import type { PullResponse, WireMutation } from "@sh1n4ps/plasma-core";
import type { SyncReplica } from "../../replica/sync-replica.ts";

export interface MemoryReplica extends SyncReplica {
  append(mutation?: {
    clientID?: string;
    name?: string;
    args?: string;
    base?: string | null;
  }): string;
  /** Another tab appends, and its message is lost. */
  appendUnheard(mutation: { clientID: string }): void;
  pendingCount(): number;
  readonly rows: ReadonlySet<string>;
  /** The uids that a pull has settled, in order. */
  readonly settled: readonly string[];
  readonly refused: readonly string[];
  /** Another tab applies a pull. */
  moveCookie(cookie: string): void;
  /** How often rows were applied. */
  applied: number;
  resets: number;
  /** The next `applyPull` fails. */
  breakNext: Error | null;
  /** What `applyPull` waits for before it stores anything. */
  beforeApply: () => Promise<void>;
}

export function memoryReplica(clientID = "tab-1"): MemoryReplica {
  const outboxes = new Map<string, { confirmed: number; nextID: number; queue: WireMutation[] }>();
  const bases = new Map<string, string | null>();
  const listeners = new Set<() => void>();
  const rows = new Set<string>();
  const settled: string[] = [];
  const refused: string[] = [];
  const unheard: { clientID: string }[] = [];
  let own = clientID;
  let cookie: string | null = null;
  let uids = 0;

  const replica: MemoryReplica = {
    rows,
    settled,
    refused,
    applied: 0,
    resets: 0,
    breakNext: null,
    beforeApply: () => Promise.resolve(),
    get clientID() {
      return own;
    },
    append({ clientID: owner = own, name = "add", args = "x", base } = {}) {
      const outbox = outboxOf(owner);
      uids += 1;
      const uid = `${clientID}-${uids}`;
      outbox.queue.push({ id: outbox.nextID, uid, name, args, timestamp: 0 });
      if (base !== undefined) bases.set(uid, base);
      outbox.nextID += 1;
      for (const listener of [...listeners]) listener();
      return uid;
    },
    appendUnheard: (mutation) => void unheard.push(mutation),
    async catchUp() {
      for (const mutation of unheard.splice(0)) replica.append(mutation);
    },
    pendingCount: () => [...outboxes.values()].reduce((sum, { queue }) => sum + queue.length, 0),
    moveCookie: (moved) => void (cookie = moved),
    pendingPushes: () =>
      [...outboxes]
        .filter(([, { queue }]) => queue.length > 0)
        .map(([id, { confirmed, queue }]) => ({
          clientID: id,
          confirmed,
          mutations: [...queue],
          bases: new Map(
            queue.flatMap((mutation) => {
              const base = bases.get(mutation.uid);
              return base === undefined ? [] : [[mutation.id, base]];
            }),
          ),
        })),
    get summary() {
      return { pushCount: replica.pendingCount(), cookie };
    },
    pullState() {
      outboxOf(own);
      const clients = [...outboxes].map(([id, { confirmed }]) => ({ clientID: id, confirmed }));
      return { cookie, clients, known: [...outboxes.keys()] };
    },
    async applyPull(request, pages) {
      await replica.beforeApply();
      if (replica.breakNext) {
        const broken = replica.breakNext;
        replica.breakNext = null;
        throw broken;
      }
      if (request.cookie !== cookie) return "stale";
      replica.applied += 1;
      for (const page of pages) applyPage(page);
      cookie = pages.at(-1)?.cookie ?? cookie;
      return "applied";
    },
    subscribeOutbox(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async resetBase() {
      replica.resets += 1;
      rows.clear();
      cookie = null;
    },
    async renewClient(old) {
      const outbox = outboxOf(old);
      outboxes.delete(old);
      const fresh = `${old}'`;
      const queue = outbox.queue.map((mutation, index) => ({ ...mutation, id: index + 1 }));
      outboxes.set(fresh, { confirmed: 0, nextID: queue.length + 1, queue });
      if (own === old) own = fresh;
    },
  };
  return replica;

  function applyPage({ patch, lastMutationIDs, rejections }: PullResponse): void {
    for (const operation of patch) {
      if (operation.op === "clear") rows.clear();
      if (operation.op === "put") rows.add(String(operation.row["id"]));
      if (operation.op === "del") rows.delete(operation.id);
    }
    for (const [id, lastMutationID] of Object.entries(lastMutationIDs)) {
      const outbox = outboxOf(id);
      const done = outbox.queue.filter((mutation) => mutation.id <= lastMutationID);
      outbox.queue = outbox.queue.filter((mutation) => mutation.id > lastMutationID);
      outbox.confirmed = Math.max(outbox.confirmed, lastMutationID);
      for (const mutation of done) {
        settled.push(mutation.uid);
        const isRefused = rejections.some((is) => is.clientID === id && is.id === mutation.id);
        if (isRefused) refused.push(mutation.uid);
      }
    }
  }

  function outboxOf(id: string) {
    const existing = outboxes.get(id);
    if (existing) return existing;
    const created = { confirmed: 0, nextID: 1, queue: [] as WireMutation[] };
    outboxes.set(id, created);
    return created;
  }
}
