/**
 * A device's storage: what its tabs share, and what survives them. It works as IndexedDB does, step by step:
 *
 * 1. Transactions of all tabs stand in one queue, and each is all or nothing.
 * 2. A tab hears of the end of its transaction later than it happens, in their order. In between the tab may die.
 * 3. Of a tab that dies, the transactions that stand at the front may still happen; the others do not.
 * 4. A connection that is cut takes the transactions of its tab along: the first may have happened without a word. The engine
 *    opens another one and runs them again, in their order, as the one on IndexedDB does.
 * 5. A connection that a newer version of the app has closed lets what was asked before happen, and nothing after it.
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
type NewOutboxEntry = Parameters<Engine["append"]>[0][number];

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
  /** A transaction has happened, and its tab will not hear of it. */
  untold?(disk: Disk): void;
  /** A tab has taken a lock from another one. */
  stolen(): void;
}

interface Transaction {
  readonly tab: Owner;
  readonly what: string;
  readonly run: () => Promise<void>;
  /** Its connection was cut while it ran. */
  isCut: boolean;
}

interface Work<T> {
  readonly what: string;
  readonly run: () => Promise<T>;
  /** What it does on another connection, where it may have happened on the one before. */
  readonly runAgain?: () => Promise<T>;
}

type ClosedListener = Parameters<Engine["subscribeClosed"]>[0];

const READS = new Set(["open", "load", "position"]);

export class Disk {
  readonly name: string;
  readonly #options: DiskOptions;
  readonly #owner: Owner;
  #engine: Engine = createMemoryEngine();
  #queue: Transaction[] = [];
  readonly #answers = new Map<Owner, (() => void)[]>();
  /** What waits for a new connection, of tabs whose own was cut. */
  readonly #held = new Map<Owner, Transaction[]>();
  readonly #closedListeners = new Map<Owner, Set<ClosedListener>>();
  readonly #closed = new WeakMap<Owner, SyncClientError>();
  #isBusy = false;
  /** How often everything on it was lost. */
  cleared = 0;
  /** How often a write has found it full. */
  full = 0;

  constructor(options: DiskOptions) {
    this.name = options.name;
    this.#options = options;
    this.#owner = newOwner(`${options.name}.disk`);
  }

  /** What one tab sees of it. */
  engineFor(tab: Owner): Engine {
    const write = <T>(what: string, run: () => Promise<T>) => this.#transact(tab, { what, run });
    const watch = this.#options.watch;
    return {
      durable: true,
      open: () => write("open", () => Promise.resolve()),
      load: () => write("load", () => this.load()),
      position: () => write("position", () => this.#engine.position()),
      append: (entries, options) => {
        const copies = structuredClone(entries);
        const run = () => this.#engine.append(copies, options);
        const runAgain = async () => (await this.#seqsOf(copies)) ?? run();
        return this.#transact(tab, { what: "append", run, runAgain });
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
      restore: (held) => write("restore", () => this.#engine.restore(held)),
      subscribeClosed: (listener) => {
        const listeners = this.#closedListeners.get(tab) ?? new Set();
        this.#closedListeners.set(tab, listeners.add(listener));
        return () => listeners.delete(listener);
      },
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
    return this.#queue.length === 0 && this.#held.size === 0 && !this.#isBusy;
  }

  hasInFlight(tab: Owner): boolean {
    return this.#held.has(tab) || this.#queue.some((transaction) => transaction.tab === tab);
  }

  isClosedFor(tab: Owner): boolean {
    return this.#closed.has(tab);
  }

  /** The browser drops the tab's connection. What had been asked for through it is asked for again through the next. */
  cut(tab: Owner): void {
    if (this.#held.has(tab) || this.isClosedFor(tab)) return;
    const { random, scheduler, slownessMs } = this.#options;
    const own = this.#queue.filter((transaction) => transaction.tab === tab);
    const running = own[0] === this.#queue[0] && random.chance(0.6) ? own.shift() : undefined;
    if (running) running.isCut = true;
    this.#queue = this.#queue.filter((transaction) => !own.includes(transaction));
    this.#held.set(tab, own);
    // Until then the one that runs has come to its end.
    scheduler.at(tab, "storage opens again", slownessMs + random.between(1, 100), () => {
      this.#queue.push(...(this.#held.get(tab) ?? []));
      this.#held.delete(tab);
      this.#wake();
    });
  }

  /** A newer version of the app wants to upgrade the database: this tab has to step aside for good. */
  closeFor(tab: Owner): void {
    if (this.isClosedFor(tab)) return;
    const error = new SyncClientError("storage-closed", "A newer version of this app is open.");
    this.#closed.set(tab, error);
    for (const listener of this.#closedListeners.get(tab) ?? []) listener(error);
  }

  /** A tab has died: some of its transactions still happen. */
  abandon(tab: Owner): void {
    let spared = this.#options.random.below(3);
    this.#queue = this.#queue.filter((transaction) => transaction.tab !== tab || spared-- > 0);
    this.#held.delete(tab);
  }

  /** The browser takes all of it away. No tab may be open. */
  clear(): void {
    this.#engine = createMemoryEngine();
    this.#queue = [];
    this.#held.clear();
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

  /** Where all of these are kept; undefined if they are not. */
  async #seqsOf(entries: readonly NewOutboxEntry[]): Promise<readonly number[] | undefined> {
    const { outbox } = await this.peek();
    const kept = entries.map(({ clientID, id, uid }) =>
      outbox.find((one) => one.clientID === clientID && one.id === id && one.uid === uid),
    );
    return kept.every((one) => one !== undefined) ? kept.map(({ seq }) => seq) : undefined;
  }

  #transact<T>(tab: Owner, { what, run, runAgain = run }: Work<T>): Promise<T> {
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
      const closed = this.#closed.get(tab);
      if (closed) return answer("refused", () => reject(closed));
      let attempt = run;
      const transaction: Transaction = {
        ...{ tab, what, isCut: false },
        run: async () => {
          try {
            this.#failIfFull(what);
            const result = await attempt();
            if (!READS.has(what)) await this.#options.watch.changed(this, what);
            if (transaction.isCut) this.#options.watch.untold?.(this);
            else answer("done", () => resolve(result));
          } catch (error) {
            if (!transaction.isCut) answer("failed", () => reject(error as Error));
          }
          if (!transaction.isCut) return;
          transaction.isCut = false;
          attempt = runAgain;
          this.#held.get(tab)?.unshift(transaction);
        },
      };
      (this.#held.get(tab) ?? this.#queue).push(transaction);
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
    this.full++;
    this.#options.watch.full(this);
    throw new SyncClientError("quota", "The device has no room left. Nothing was kept.");
  }
}
