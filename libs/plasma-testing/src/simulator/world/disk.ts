/**
 * A device's storage: what its tabs share, and what survives them. It works as IndexedDB does, step by step:
 *
 * 1. Transactions of all tabs stand in one queue, and each is all or nothing.
 * 2. A tab hears of the end of its transaction later than it happens, in their order. In between the tab may die.
 * 3. Of a tab that dies, the transactions that stand at the front may still happen; the others do not.
 */

import { createMemoryEngine, SyncClientError } from "@sh1n4ps/plasma-client";
import type { Engine } from "@sh1n4ps/plasma-client";
import type { Random } from "./random.ts";
import { newOwner } from "./scheduler.ts";
import type { Owner, Scheduler } from "./scheduler.ts";

export type StoredState = Awaited<ReturnType<Engine["load"]>>;
export type PullCommit = Parameters<Engine["applyPull"]>[0];
export type PullOutcome = Awaited<ReturnType<Engine["applyPull"]>>;
export type OutboxEntry = StoredState["outbox"][number];

export interface DiskOptions {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** How likely a write finds the device full. */
  readonly fullness: () => number;
  /** How long a transaction may take. */
  readonly slownessMs: number;
  readonly watch: DiskWatch;
}

export interface DiskWatch {
  /** A transaction that may have changed something is over. */
  changed(disk: Disk, what: string): void | Promise<void>;
  pulled(disk: Disk, commit: PullCommit, outcome: PullOutcome): void | Promise<void>;
  full(disk: Disk): void;
  /** A tab has taken a lock from another one. */
  stolen(): void;
}

interface Transaction {
  readonly tab: Owner;
  readonly what: string;
  readonly run: () => Promise<void>;
}

const READS = new Set(["open", "load", "position"]);

export class Disk {
  readonly name: string;
  readonly #options: DiskOptions;
  readonly #owner: Owner;
  #engine: Engine = createMemoryEngine();
  #queue: Transaction[] = [];
  readonly #answers = new Map<Owner, (() => void)[]>();
  #isBusy = false;
  /** How often everything on it was lost. */
  cleared = 0;

  constructor(options: DiskOptions) {
    this.name = options.name;
    this.#options = options;
    this.#owner = newOwner(`${options.name}.disk`);
  }

  /** What one tab sees of it. */
  engineFor(tab: Owner): Engine {
    const write = <T>(what: string, run: () => Promise<T>) => this.#transact(tab, what, run);
    const watch = this.#options.watch;
    return {
      durable: true,
      open: () => this.#transact(tab, "open", () => Promise.resolve()),
      load: () => this.#transact(tab, "load", () => this.load()),
      position: () => this.#transact(tab, "position", () => this.#engine.position()),
      append: (entries, options) => {
        const copies = structuredClone(entries);
        return write("append", () => this.#engine.append(copies, options));
      },
      keepLocal: (images) => {
        const copies = structuredClone(images);
        return write("keepLocal", () => this.#engine.keepLocal(copies));
      },
      applyPull: (commit) => {
        const copy = structuredClone(commit);
        return write("applyPull", async () => {
          const outcome = await this.#engine.applyPull(copy);
          await watch.pulled(this, copy, outcome);
          return structuredClone(outcome);
        });
      },
      addClient: (clientID) => write("addClient", () => this.#engine.addClient(clientID)),
      discard: (seqs, options) => write("discard", () => this.#engine.discard(seqs, options)),
      renewClient: (move) => write("renewClient", () => this.#engine.renewClient(move)),
      dismissRejected: (uids) => write("dismiss", () => this.#engine.dismissRejected(uids)),
      resetBase: (options) => write("resetBase", () => this.#engine.resetBase(options)),
      subscribeClosed: () => () => undefined,
      close: () => Promise.resolve(),
    };
  }

  /** A copy of everything on it. */
  async load(): Promise<StoredState> {
    return structuredClone(await this.#engine.load());
  }

  /** Everything on it, to look at only. */
  peek(): Promise<StoredState> {
    return this.#engine.load();
  }

  get isIdle(): boolean {
    return this.#queue.length === 0 && !this.#isBusy;
  }

  hasInFlight(tab: Owner): boolean {
    return this.#queue.some((transaction) => transaction.tab === tab);
  }

  /** A tab has died: some of its transactions still happen. */
  abandon(tab: Owner): void {
    let spared = this.#options.random.below(3);
    this.#queue = this.#queue.filter((transaction) => transaction.tab !== tab || spared-- > 0);
  }

  /** The browser takes all of it away. No tab may be open. */
  clear(): void {
    this.#engine = createMemoryEngine();
    this.#queue = [];
    this.cleared++;
  }

  /** As it stands now, on another device. */
  async copyTo(other: Disk): Promise<void> {
    const stored = await this.load();
    const engine = createMemoryEngine();
    await engine.open();
    for (const { id } of stored.clients) await engine.addClient(id);
    if (stored.cookie !== null || stored.clients.length > 0) {
      const puts = [...stored.base].flatMap(([table, rows]) =>
        [...rows.values()].map((row) => ({ table, row })),
      );
      const lastMutationIDs = Object.fromEntries(
        stored.clients.map(({ id, confirmed }) => [id, confirmed]),
      );
      await engine.applyPull({
        ...{ expectedCookie: null, cookie: stored.cookie ?? "", syncedAt: stored.syncedAt ?? 0 },
        ...{ clear: true, puts, dels: [], lastMutationIDs, known: [], rejections: [] },
        ...{ baseSeq: 1, rerun: [] },
      });
      if (stored.cookie === null) await engine.resetBase({ keepRows: true });
    }
    const { baseSeq } = await engine.position();
    for (const { seq: _, ...entry } of stored.outbox) {
      const isCurrent = entry.baseSeq >= stored.baseSeq;
      await engine.append([{ ...entry, baseSeq: isCurrent ? baseSeq : 0 }]);
    }
    other.#engine = engine;
  }

  #transact<T>(tab: Owner, what: string, run: () => Promise<T>): Promise<T> {
    const { scheduler } = this.#options;
    return new Promise((resolve, reject) => {
      // What still runs of a tab that is dead reaches nothing.
      if (tab.isDead) return;
      const answer = (label: string, tell: () => void) => {
        const ofTab = this.#answers.get(tab) ?? [];
        this.#answers.set(tab, ofTab);
        ofTab.push(tell);
        scheduler.at(tab, `${what} ${label}`, 0, () => ofTab.shift()?.());
      };
      this.#queue.push({
        tab,
        what,
        run: async () => {
          try {
            this.#failIfFull(what);
            const result = await run();
            if (!READS.has(what)) await this.#options.watch.changed(this, what);
            answer("done", () => resolve(result));
          } catch (error) {
            answer("failed", () => reject(error as Error));
          }
        },
      });
      this.#wake();
    });
  }

  #wake(): void {
    if (this.#isBusy || this.#queue.length === 0) return;
    this.#isBusy = true;
    const [next] = this.#queue;
    const { scheduler, random, slownessMs } = this.#options;
    const delayMs = random.below(slownessMs + 1);
    scheduler.at(this.#owner, next?.what ?? "", delayMs, () => void this.#runNext());
  }

  async #runNext(): Promise<void> {
    await this.#queue.shift()?.run();
    this.#isBusy = false;
    this.#wake();
  }

  #failIfFull(what: string): void {
    const isWrite = what === "append" || what === "applyPull";
    if (!isWrite || !this.#options.random.chance(this.#options.fullness())) return;
    this.#options.watch.full(this);
    throw new SyncClientError("quota", "The device has no room left. Nothing was kept.");
  }
}
