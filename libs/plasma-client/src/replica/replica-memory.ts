/**
 * What the replica knows in memory: rows, outbox, cookie. It changes in whole steps, without a break, and each step
 * tells rows to observers first (one net change set) and then the state.
 */

import { NOOP_MUTATOR } from "@sh1n4ps/plasma-core";
import type { RowChange, Schema } from "@sh1n4ps/plasma-core";
import type { SyncClientError } from "../errors.ts";
import { Listeners } from "../listeners.ts";
import type {
  ClientRecord,
  Heads,
  HeldState,
  KeptLocally,
  OutboxEntry,
  RejectedMutation,
  RowImage,
  StoredPosition,
  StoredState,
} from "../storage/engine.ts";
import type { AppliedPull, KeptRows } from "../tabs/tab-message.ts";
import { OptimisticRows } from "./optimistic-rows.ts";
import {
  blindOnes,
  fromStored,
  inOrder,
  isCovered,
  isUnsent,
  setImages,
  toWire,
} from "./pending-mutation.ts";
import type { PendingMutation } from "./pending-mutation.ts";
import type { Replayed } from "./replay.ts";
import type { Rows } from "./rows.ts";
import type { PendingPush, PullState } from "./sync-replica.ts";

/** What there is to know about the replica besides its rows. The same object until something in it changes. */
export interface ReplicaState {
  readonly isOpen: boolean;
  readonly durable: boolean;
  /** Mutations that the server has not answered for, discarded ones left out. */
  readonly pending: number;
  readonly firstSync: "pending" | "complete";
  readonly syncedAt: number | null;
  readonly rejected: readonly RejectedMutation[];
  /** Why the last try to open it failed; null once it is open. */
  readonly openingError: SyncClientError | null;
  /** Storage was closed from outside: this tab works no longer. */
  readonly error: SyncClientError | null;
}

export interface ReplicaMemoryOptions {
  readonly schema: Schema;
  readonly durable: boolean;
  readonly listenerFailed: (cause: unknown) => void;
}

export class ReplicaMemory {
  readonly #rows: OptimisticRows;
  readonly #changed: Listeners<[readonly RowChange[]]>;
  readonly #stateChanged: Listeners;
  readonly #outboxGrew: Listeners;
  #pending: readonly PendingMutation[] = [];
  #clients = new Map<string, ClientRecord>();
  #cookie: string | null = null;
  #database = "";
  #baseSeq = 0;
  #localSeq = 0;
  #state: ReplicaState;
  #pushes: readonly PendingPush[] | undefined;

  constructor({ schema, durable, listenerFailed }: ReplicaMemoryOptions) {
    this.#rows = new OptimisticRows(schema);
    this.#changed = new Listeners(listenerFailed);
    this.#stateChanged = new Listeners(listenerFailed);
    this.#outboxGrew = new Listeners(listenerFailed);
    this.#state = {
      isOpen: false,
      durable,
      pending: 0,
      firstSync: "pending",
      syncedAt: null,
      rejected: [],
      openingError: null,
      error: null,
    };
  }

  // — Looking —

  /** What the app sees: confirmed rows with the images of pending mutations over them. */
  get rows(): Rows {
    return this.#rows.rows;
  }

  get confirmed(): Rows {
    return this.#rows.confirmed;
  }

  get pending(): readonly PendingMutation[] {
    return this.#pending;
  }

  get cookie(): string | null {
    return this.#cookie;
  }

  /** Which one this was loaded from; empty before that. */
  get database(): string {
    return this.#database;
  }

  get baseSeq(): number {
    return this.#baseSeq;
  }

  /** Whether images lack what another tab has written: then they have to be run again. */
  get hasBlindOnes(): boolean {
    return this.#hasBlindOnes(this.#pending);
  }

  /** The same, if these were appended. */
  wouldHaveBlindOnes(entries: readonly OutboxEntry[]): boolean {
    return this.#hasBlindOnes([...this.#pending, ...entries.map(fromStored)]);
  }

  get localSeq(): number {
    return this.#localSeq;
  }

  get state(): ReplicaState {
    return this.#state;
  }

  get clientIDs(): Iterable<string> {
    return this.#clients.keys();
  }

  hasClient(clientID: string): boolean {
    return this.#clients.has(clientID);
  }

  /** Clients of other tabs, of which this one has not heard before. */
  meet(clientIDs: readonly string[], confirmed = 0): void {
    for (const id of clientIDs)
      if (!this.#clients.has(id)) this.#clients.set(id, { id, confirmed });
  }

  confirmedOf(clientID: string): number {
    return this.#clients.get(clientID)?.confirmed ?? 0;
  }

  /** For each client, the last mutation id that is known of it. */
  heads(): Record<string, number> {
    const heads: Record<string, number> = {};
    for (const { id, confirmed } of this.#clients.values()) heads[id] = confirmed;
    for (const { entry } of this.#pending) {
      heads[entry.clientID] = Math.max(heads[entry.clientID] ?? 0, entry.id);
    }
    return heads;
  }

  /** Whether somebody knows of mutations that are not known here. */
  lacksOneOf(theirs: Heads): boolean {
    const heads = this.heads();
    return Object.entries(theirs).some(([clientID, id]) => id > (heads[clientID] ?? 0));
  }

  /** Of the other clients with pending mutations, the last id of each. */
  othersThan(clientID: string): Heads {
    const others: Record<string, number> = {};
    for (const { entry } of this.#pending) {
      if (entry.clientID !== clientID) others[entry.clientID] = entry.id;
    }
    return others;
  }

  headOf(clientID: string): number {
    let head = this.confirmedOf(clientID);
    for (const { entry } of this.#pending) {
      if (entry.clientID === clientID && entry.id > head) head = entry.id;
    }
    return head;
  }

  /**
   * The cookie of the confirmed rows on which a mutation with these images is made. A row that a pending mutation has
   * written hides what came since, so there it is that mutation's. Undefined: nobody knows.
   */
  baseOf(images: readonly RowImage[]): string | null | undefined {
    const keyOf = ({ table, id }: RowImage) => `${table}/${id}`;
    const touched = new Set(images.map(keyOf));
    const below = this.#pending.find(({ entry }) =>
      entry.images.some((image) => touched.has(keyOf(image))),
    );
    return below ? below.entry.base : this.#cookie;
  }

  /** A pending mutation has written to local-only tables: what comes after it must stay on top of it. */
  get hasLocalPending(): boolean {
    return this.#pending.some((pending) => {
      const { images, givenUp = images } = pending.entry;
      return !isUnsent(pending) && givenUp.some(({ local }) => local);
    });
  }

  get pushCount(): number {
    return countOf(this.#pending, ({ seq }) => seq !== null);
  }

  pendingPushes(): readonly PendingPush[] {
    if (this.#pushes) return this.#pushes;
    const byClient = new Map<string, PendingMutation[]>();
    for (const pending of this.#pending) {
      if (pending.seq === null) continue;
      const { clientID } = pending.entry;
      const ofClient = byClient.get(clientID);
      if (ofClient) ofClient.push(pending);
      else byClient.set(clientID, [pending]);
    }
    this.#pushes = [...byClient].map(([clientID, pending]) => ({
      clientID,
      confirmed: this.confirmedOf(clientID),
      mutations: pending.map(toWire).toSorted((left, right) => left.id - right.id),
      bases: new Map(
        pending.flatMap(({ entry: { id, base } }) => (base === undefined ? [] : [[id, base]])),
      ),
    }));
    return this.#pushes;
  }

  pullState(ownClientID: string | undefined): PullState {
    const own = ownClientID === undefined ? [] : [ownClientID];
    const waiting = this.#pending.map(({ entry }) => entry.clientID);
    // Those without anything in the outbox as well: what they do now may be decided by the time that the server looks.
    const known = [...new Set([...own, ...waiting, ...this.#clients.keys()])];
    const clients = known.map((clientID) => ({
      clientID,
      confirmed: this.confirmedOf(clientID),
    }));
    return { cookie: this.#cookie, clients, known };
  }

  /** What can be stored in another database, under a client of that one. */
  held(clientID: string): HeldState {
    const outbox = this.#pending.filter(({ seq }) => seq !== null).map(({ entry }) => entry);
    return { clientID, outbox, local: this.#rows.localImages(), rejected: this.#state.rejected };
  }

  subscribeChanges(listener: (changes: readonly RowChange[]) => void): () => void {
    return this.#changed.subscribe(listener);
  }

  subscribeState(listener: () => void): () => void {
    return this.#stateChanged.subscribe(listener);
  }

  subscribeOutbox(listener: () => void): () => void {
    return this.#outboxGrew.subscribe(listener);
  }

  /** Whether storage holds something that is not in here. */
  isBehind({ database, baseSeq, lastSeq, pending, rejected, localSeq }: StoredPosition): boolean {
    if (database !== this.#database) return true;
    if (baseSeq > this.#baseSeq || localSeq > this.#localSeq) return true;
    const known = this.#pending.flatMap(({ seq }) => seq ?? []);
    if (pending !== known.length || lastSeq > Math.max(0, ...known)) return true;
    return rejected !== this.#state.rejected.length;
  }

  // — Steps —

  /** A new mutation of this tab, on top of all others. */
  add(pending: PendingMutation): void {
    const changes = this.#rows.add(pending.entry.images);
    this.#pending = [...this.#pending, pending];
    this.#publish(changes);
  }

  /** Mutations of this tab have become durable. */
  stored(batch: readonly PendingMutation[], seqs: readonly number[]): void {
    batch.forEach((pending, at) => {
      pending.seq = seqs[at] as number;
    });
    this.#pending = inOrder(this.#pending);
    this.#publish([]);
    this.#outboxGrew.tell();
  }

  /**
   * Mutations of this tab were kept on the device: their rows become part of what lies below the pending ones.
   * `missed`: other tabs have stored something before that is not known here.
   */
  kept(batch: readonly PendingMutation[], keptAt: KeptLocally): "followed" | "missed" {
    for (const pending of batch) pending.keptAt = keptAt;
    const gone = new Set(batch);
    this.#pending = this.#pending.filter((pending) => !gone.has(pending));
    return this.followLocal({ ...keptAt, images: batch.flatMap(({ entry }) => entry.images) });
  }

  /** Rows of local-only tables that this tab or another one has kept. */
  followLocal({ database, localSeq, baseSeq, images }: KeptRows): "followed" | "missed" {
    if (database !== this.#database) return "missed";
    const isNext = localSeq === this.#localSeq + 1 && baseSeq === this.#baseSeq;
    const isKnown = localSeq <= this.#localSeq;
    if (isNext) this.#localSeq = localSeq;
    this.#publish(this.#overlayAnew(isKnown ? [] : images));
    return isNext || isKnown ? "followed" : "missed";
  }

  /** Mutations that could not be stored. */
  takeBack(lost: readonly PendingMutation[]): void {
    const gone = new Set(lost);
    this.#pending = this.#pending.filter((pending) => !gone.has(pending));
    this.#publish(this.#overlayAnew());
  }

  /** Mutations that another tab has stored. */
  appended(entries: readonly OutboxEntry[]): void {
    for (const { clientID, id } of entries) this.meet([clientID], id - 1);
    this.#pending = inOrder([...this.#pending, ...entries.map(fromStored)]);
    this.#publish(this.#overlayAnew());
    this.#outboxGrew.tell();
  }

  /** A pull that was applied in storage. Answers with the mutations that it settles. */
  follow(pull: AppliedPull, replayed: readonly Replayed[]): readonly PendingMutation[] {
    const settled = this.#pending.filter((pending) => isCovered(pending, pull.lastMutationIDs));
    this.#baseSeq = pull.baseSeq;
    this.#cookie = pull.cookie;
    for (const [clientID, confirmed] of Object.entries(pull.lastMutationIDs)) {
      const client = this.#clients.get(clientID);
      if (client && client.confirmed < confirmed) {
        this.#clients.set(clientID, { ...client, confirmed });
      }
    }
    const { patch, syncedAt } = pull;
    const clear = pull.clear ? "synced" : "nothing";
    const changes = this.#rows.replace({ clear, patch, pending: this.#adopt(replayed) });
    const rejected = [...this.#state.rejected, ...pull.rejected];
    this.#publish(changes, { syncedAt, ...(pull.rejected.length > 0 && { rejected }) });
    return settled;
  }

  /** Everything as storage has it, and over it what is on its way there. */
  install(stored: StoredState, replayed: readonly Replayed[]): void {
    this.#clients = new Map(stored.clients.map((client) => [client.id, client]));
    this.#cookie = stored.cookie;
    this.#database = stored.database;
    this.#baseSeq = stored.baseSeq;
    this.#localSeq = stored.localSeq;
    const patch: RowImage[] = [...stored.base].flatMap(([table, rows]) =>
      [...rows].map(([id, row]) => ({ table, id, row })),
    );
    // Kept since that was loaded.
    for (const { pending } of replayed) {
      if (pending.keptAt && pending.keptAt.localSeq > stored.localSeq) {
        patch.push(...pending.entry.images);
      }
    }
    const pending = this.#adopt(replayed);
    const changes = this.#rows.replace({ clear: "everything", patch, pending });
    const { syncedAt, rejected } = stored;
    this.#publish(changes, { isOpen: true, openingError: null, syncedAt, rejected });
    this.#outboxGrew.tell();
  }

  dropRejected(uids: readonly string[]): void {
    if (uids.length === 0) return;
    this.#publish([], {
      rejected: this.#state.rejected.filter(({ uid }) => !uids.includes(uid)),
    });
  }

  openingFailed(openingError: SyncClientError): void {
    this.#publish([], { openingError });
  }

  fail(error: SyncClientError): void {
    this.#publish([], { error });
  }

  // — Parts of steps —

  #hasBlindOnes(pending: readonly PendingMutation[]): boolean {
    return blindOnes(inOrder(pending)).size > 0;
  }

  #adopt(replayed: readonly Replayed[]): (readonly Replayed["images"][number][])[] {
    const open = replayed.filter(({ pending }) => !pending.keptAt);
    const baseSeq = this.#baseSeq;
    for (const { pending, images, knew, run } of open) {
      setImages(pending, { images, baseSeq, knew });
      pending.run = run;
    }
    this.#pending = inOrder(open.map(({ pending }) => pending));
    return this.#pending.map(({ entry }) => entry.images);
  }

  #overlayAnew(patch: readonly RowImage[] = []): RowChange[] {
    const pending = this.#pending.map(({ entry }) => entry.images);
    return this.#rows.replace({ clear: "nothing", patch, pending });
  }

  #publish(changes: readonly RowChange[], next: Partial<ReplicaState> = {}): void {
    this.#pushes = undefined;
    const isWork = ({ entry }: PendingMutation) => entry.name !== NOOP_MUTATOR && !entry.staysHere;
    const state = {
      ...this.#state,
      ...next,
      syncedAt: next.syncedAt === undefined ? this.#state.syncedAt : next.syncedAt,
      pending: countOf(this.#pending, isWork),
    };
    const firstSync = state.syncedAt === null ? "pending" : "complete";
    const before = this.#state;
    const after: ReplicaState = { ...state, firstSync };
    if (!sameState(before, after)) this.#state = after;
    if (changes.length > 0) this.#changed.tell(changes);
    if (this.#state !== before) this.#stateChanged.tell();
  }
}

function sameState(left: ReplicaState, right: ReplicaState): boolean {
  return (Object.keys(left) as (keyof ReplicaState)[]).every((key) => left[key] === right[key]);
}

function countOf<T>(items: readonly T[], isCounted: (item: T) => boolean): number {
  let count = 0;
  for (const item of items) if (isCounted(item)) count++;
  return count;
}
