/**
 * The replica: confirmed rows, the outbox, and over both the rows that the app sees.
 *
 * 1. Only `mutate`, pulls, discards and resets change rows, one after the other (serial queue): a mutator never sees
 *    rows change under it. A pull's way to storage is awaited outside of the queue, so that it holds no mutation up.
 * 2. A mutation shows at once, and resolves when its outbox entry is durable. When it cannot be stored, its rows are
 *    taken back and it rejects.
 * 3. A pull replaces confirmed rows, drops the mutations that it settles and runs the others again, as *one* change:
 *    no observer sees neither the optimistic row nor the confirmed one.
 * 4. A mutation that throws when it is run again stays in the outbox, without effect: the server decides.
 * 5. Mutation ids of a client run 1, 2, 3 … without holes; an id is used up only when its entry is durable.
 * 6. Storage is the truth that tabs share. A tab that missed something loads everything from there; its own
 *    mutations that are not durable yet stay on top.
 */

import { decodeTagged, NOOP_MUTATOR } from "@sh1n4ps/plasma-core";
import type {
  AnyMutators,
  ErrorBody,
  Json,
  PullResponse,
  Row,
  RowChange,
  Schema,
  SelectAst,
} from "@sh1n4ps/plasma-core";
import { SyncClientError } from "../errors.ts";
import type { Platform } from "../platform.ts";
import type { Engine, RowImage, StoredState } from "../storage/engine.ts";
import { claimClient } from "../tabs/client-claim.ts";
import type { ClientClaim } from "../tabs/client-claim.ts";
import type { AppliedPull, TabChannel, TabMessage } from "../tabs/tab-message.ts";
import { CommitQueue } from "./commit-queue.ts";
import { deferred } from "./deferred.ts";
import type { Deferred } from "./deferred.ts";
import { encodeArgs } from "./mutation-args.ts";
import { fromStored, isCovered } from "./pending-mutation.ts";
import type { PendingMutation } from "./pending-mutation.ts";
import { mergePages } from "./pull-patch.ts";
import type { PullPatch } from "./pull-patch.ts";
import { replay } from "./replay.ts";
import type { Replayed } from "./replay.ts";
import { ReplicaMemory } from "./replica-memory.ts";
import type { ReplicaState } from "./replica-memory.ts";
import { layerOf, NO_ROWS, selectRows, stack, tableRows } from "./rows.ts";
import type { Rows } from "./rows.ts";
import { runMutation } from "./run-mutation.ts";
import { SerialQueue } from "./serial-queue.ts";
import { Settlements } from "./settlements.ts";
import type { DiscardOutcome } from "./settlements.ts";
import type { PendingPush, PullState, SyncReplica } from "./sync-replica.ts";

export type { DiscardOutcome } from "./settlements.ts";
export type { PendingPush, PullState, SyncReplica } from "./sync-replica.ts";

export interface ReplicaOptions {
  readonly schema: Schema;
  readonly mutators: AnyMutators;
  readonly dbName: string;
  readonly engine: Engine;
  readonly platform: Platform;
  readonly getContext: () => unknown;
  readonly channel: TabChannel | undefined;
  readonly onError: (error: SyncClientError) => void;
}

export interface MutationReceipt {
  readonly clientID: string;
  readonly id: number;
  readonly uid: string;
}

/** Resolves when the mutation is durable on the device. */
export interface MutationHandle extends Promise<MutationReceipt> {
  /** The server's word: resolves once a pull has shown the mutation, rejects if the server refused it. */
  readonly confirmed: Promise<void>;
}

interface Commit {
  readonly pending: PendingMutation;
  readonly dismiss: readonly string[];
}

interface PreparedPull {
  readonly kind: "prepared";
  readonly replayed: readonly Replayed[];
  readonly lastMutationIDs: Readonly<Record<string, number>>;
  readonly baseSeq: number;
  readonly isForked: boolean;
}

type KnownImages = (pending: PendingMutation) => readonly RowImage[] | undefined;

export class Replica implements SyncReplica {
  readonly #options: ReplicaOptions;
  readonly #memory: ReplicaMemory;
  readonly #serial = new SerialQueue();
  readonly #commits: CommitQueue<Commit>;
  readonly #settlements = new Settlements();
  readonly #failedReplays = new Set<string>();
  readonly #ends: (() => void)[] = [];
  #opening: Promise<void> | undefined;
  #ctx: unknown;
  #claim: ClientClaim | undefined;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#memory = new ReplicaMemory(options.engine.durable);
    this.#commits = new CommitQueue<Commit>({
      write: (batch) => this.#store(batch),
      rollBack: (lost) => {
        for (const { pending } of lost) this.#settlements.forget(pending.entry.uid);
        this.#memory.takeBack(lost.map(({ pending }) => pending));
      },
      serial: this.#serial,
    });
  }

  // — Opening and looking —

  /** Opens storage and loads it. Safe to call again; after a failure it tries anew. */
  open(): Promise<void> {
    this.#opening ??= this.#serial
      .run(() => this.#boot())
      .catch((error: unknown) => {
        this.#opening = undefined;
        throw error;
      });
    return this.#opening;
  }

  async close(): Promise<void> {
    await this.#commits.idle();
    for (const end of this.#ends) end();
    this.#options.channel?.close();
    await this.#options.engine.close();
    this.#claim?.release();
  }

  get rows(): Rows {
    return this.#memory.rows;
  }

  get state(): ReplicaState {
    return this.#memory.state;
  }

  async select(query: SelectAst): Promise<Row[]> {
    await this.open();
    return selectRows(query, this.#memory.rows);
  }

  /** After each change of rows, with its net effect. */
  subscribeChanges(listener: (changes: readonly RowChange[]) => void): () => void {
    return this.#memory.subscribeChanges(listener);
  }

  subscribeState(listener: () => void): () => void {
    return this.#memory.subscribeState(listener);
  }

  async refreshContext(): Promise<void> {
    this.#ctx = await this.#options.getContext();
  }

  // — Mutations —

  /** `dismiss`: rejected mutations that this one replaces. */
  mutate(
    name: string,
    args: unknown,
    options: { dismiss?: readonly string[] } = {},
  ): MutationHandle {
    const confirmation = deferred<void>();
    const durable = this.#mutate(name, args, { dismiss: options.dismiss ?? [], confirmation });
    durable.catch(confirmation.reject);
    return Object.assign(durable, { confirmed: confirmation.promise });
  }

  async #mutate(
    name: string,
    args: unknown,
    options: { readonly dismiss: readonly string[]; readonly confirmation: Deferred<void> },
  ): Promise<MutationReceipt> {
    // Encoded in the caller's turn: what they do to their object afterwards is not ours.
    const encoded = encodeArgs(name, args);
    const opening = this.open();
    const { pending, stored } = await this.#serial.run(async () => {
      await opening;
      const made = await this.#runNew(name, encoded);
      this.#settlements.awaitConfirmation(made.entry.uid, options.confirmation);
      this.#memory.add(made);
      // Not awaited here: the next mutation need not wait until this one is stored.
      return {
        pending: made,
        stored: this.#commits.add({ pending: made, dismiss: options.dismiss }),
      };
    });
    const { clientID, id, uid } = pending.entry;
    await stored;
    return { clientID, id, uid };
  }

  /** Gives up a mutation that was not decided yet. Resolves with what became of it when the server has answered. */
  async discardMutation(
    ref: number | { readonly clientID: string; readonly id: number },
  ): Promise<DiscardOutcome> {
    await this.open();
    const { clientID, id } = typeof ref === "number" ? { clientID: this.clientID, id: ref } : ref;
    const discarded = await this.#whenStored(async () => {
      const found = this.#memory.pending.find(
        ({ entry }) => entry.clientID === clientID && entry.id === id,
      );
      if (!found) return null;
      await this.#options.engine.discard([found.seq as number], { reason: null });
      const outcome = this.#settlements.awaitDiscard(found.entry.uid);
      await this.#reload();
      return { outcome };
    });
    this.#tell({ kind: "changed" });
    return discarded ? discarded.outcome : "alreadyApplied";
  }

  /** Makes a refused mutation anew, with other args if given. It leaves the rejected ones as it becomes durable. */
  retryRejected(uid: string, args?: unknown): MutationHandle {
    const rejected = this.state.rejected.find((candidate) => candidate.uid === uid);
    if (!rejected) {
      const confirmation = deferred<void>();
      const error = new SyncClientError(
        "storage",
        "There is no rejected mutation with this uid any more.",
      );
      confirmation.reject(error);
      return Object.assign(Promise.reject<MutationReceipt>(error), {
        confirmed: confirmation.promise,
      });
    }
    const again = args === undefined ? decodeTagged(rejected.args) : args;
    return this.mutate(rejected.name, again, { dismiss: [uid] });
  }

  async dismissRejected(uid: string): Promise<void> {
    await this.open();
    await this.#options.engine.dismissRejected([uid]);
    this.#memory.dropRejected([uid]);
    this.#tell({ kind: "changed" });
  }

  /** Forgets the confirmed rows. With `discardOutbox`, unsent mutations become rejected ones; without it they refuse. */
  async resetLocalState(options: { readonly discardOutbox?: boolean } = {}): Promise<void> {
    await this.open();
    await this.#whenStored(async () => {
      const unsent = this.#memory.pending.filter(({ entry }) => entry.name !== NOOP_MUTATOR);
      if (unsent.length > 0 && !options.discardOutbox) throw unsentMutations(unsent.length);
      const { engine } = this.#options;
      if (unsent.length > 0) {
        await engine.discard(
          unsent.map(({ seq }) => seq as number),
          { reason: GIVEN_UP },
        );
      }
      await engine.resetBase({ keepRows: false });
      for (const { entry } of unsent) this.#settlements.giveUp(entry.uid);
      await this.#reload();
    });
    this.#tell({ kind: "changed" });
  }

  // — What the sync loop needs —

  get clientID(): string {
    if (!this.#claim) {
      throw new SyncClientError("storage", "The client is not open yet. Await start() first.");
    }
    return this.#claim.clientID;
  }

  pendingPushes(): readonly PendingPush[] {
    return this.#memory.pendingPushes();
  }

  pullState(): PullState {
    return this.#memory.pullState(this.#claim?.clientID);
  }

  subscribeOutbox(listener: () => void): () => void {
    return this.#memory.subscribeOutbox(listener);
  }

  async applyPull(
    request: { readonly cookie: string | null },
    pages: readonly PullResponse[],
  ): Promise<"applied" | "stale"> {
    const patch = mergePages(this.#options.schema, pages);
    const prepared = await this.#serial.run(() => this.#preparePull(request, patch));
    if (prepared.kind !== "prepared") return prepared.kind === "stale" ? "stale" : "applied";

    const { replayed, lastMutationIDs, baseSeq } = prepared;
    const { cookie, rejections } = patch.last;
    const { clear, images } = patch;
    const syncedAt = this.#options.platform.clock.now();
    const rerun = replayed.flatMap((result) =>
      result.pending.seq === null ? [] : [{ seq: result.pending.seq, images: result.images }],
    );
    const outcome = await this.#options.engine.applyPull({
      expectedCookie: request.cookie,
      cookie,
      syncedAt,
      clear,
      puts: images.flatMap(({ table, row }) => (row ? [{ table, row }] : [])),
      dels: images.filter(({ row }) => !row),
      lastMutationIDs,
      rejections,
      baseSeq,
      rerun,
    });
    if (outcome.kind === "stale") {
      await this.#serial.run(() => this.#reload());
      return "stale";
    }
    const pull: AppliedPull = {
      baseSeq: outcome.baseSeq,
      cookie,
      syncedAt,
      clear,
      patch: images,
      lastMutationIDs,
      rejections,
      rejected: outcome.rejected,
      rerun,
    };
    const known = new Map(replayed.map((result) => [result.pending, result.images]));
    await this.#serial.run(() => this.#follow(pull, (pending) => known.get(pending)));
    this.#tell({ kind: "pulled", pull });
    if (prepared.isForked) await this.renewClient(this.clientID);
    return "applied";
  }

  async resetBase(): Promise<void> {
    await this.#serial.run(async () => {
      await this.#options.engine.resetBase({ keepRows: true });
      await this.#reload();
    });
    this.#tell({ kind: "changed" });
  }

  async renewClient(clientID: string): Promise<void> {
    await this.#whenStored(async () => {
      const { engine, platform } = this.#options;
      if (clientID === this.clientID) {
        const next = await this.#claimNew();
        await engine.renewClient({ from: clientID, to: next.clientID });
        this.#claim?.release();
        this.#claim = next;
      } else {
        await engine.renewClient({ from: clientID, to: platform.random.uuid() });
      }
      await this.#reload();
    });
    this.#tell({ kind: "changed" });
  }

  // — In the serial queue —

  async #boot(): Promise<void> {
    const { engine, channel } = this.#options;
    this.#ctx = await this.#options.getContext();
    await engine.open();
    if (this.#ends.length === 0) {
      this.#ends.push(engine.subscribeClosed((error) => this.#storageClosed(error)));
      // Before loading, so that nothing is missed in between: messages wait in the serial queue.
      if (engine.durable && channel) {
        this.#ends.push(channel.subscribe((message) => this.#receive(message)));
      }
    }
    await this.#install(await engine.load());
    this.#tell({ kind: "hello", baseSeq: this.#memory.baseSeq, heads: this.#memory.heads() });
  }

  async #runNew(name: string, args: Json): Promise<PendingMutation> {
    const { error } = this.state;
    if (error) throw error;
    const { platform } = this.#options;
    const { clientID } = this;
    const id = this.#memory.headOf(clientID) + 1;
    const call = { name, args: decodeTagged(args), clientID, mutationID: id };
    const images = await runMutation(this.#world(), this.#memory.rows, call);
    const uid = platform.random.token();
    const timestamp = platform.clock.now();
    const { baseSeq } = this.#memory;
    return { entry: { clientID, id, uid, name, args, timestamp, images, baseSeq }, seq: null };
  }

  async #preparePull(
    request: { readonly cookie: string | null },
    { last, clear, layer, images }: PullPatch,
  ): Promise<PreparedPull | { readonly kind: "stale" | "nothing-new" }> {
    const memory = this.#memory;
    if (memory.cookie !== request.cookie) return { kind: "stale" };
    const lastMutationIDs = { ...last.lastMutationIDs };
    // The server knows mutations under our id that we never made: a copied profile, or a device that lost its memory.
    const isForked = (lastMutationIDs[this.clientID] ?? 0) > memory.headOf(this.clientID);
    if (isForked) delete lastMutationIDs[this.clientID];
    const settlesNothing = Object.entries(lastMutationIDs).every(
      ([clientID, id]) => id <= memory.confirmedOf(clientID),
    );
    const changesNothing = !clear && images.length === 0 && settlesNothing;
    if (changesNothing && !isForked && last.cookie === memory.cookie)
      return { kind: "nothing-new" };
    const replayed = await this.#replay({
      base: stack(clear ? NO_ROWS : memory.confirmed, layer),
      pending: memory.pending.filter((pending) => !isCovered(pending, lastMutationIDs)),
      known: ({ entry }) => (changesNothing ? entry.images : undefined),
    });
    return { kind: "prepared", replayed, lastMutationIDs, baseSeq: memory.baseSeq, isForked };
  }

  /** Makes in memory what a pull has made in storage, here or in another tab. */
  async #follow(pull: AppliedPull, known: KnownImages): Promise<void> {
    const memory = this.#memory;
    if (pull.baseSeq <= memory.baseSeq) return;
    if (pull.baseSeq > memory.baseSeq + 1) return this.#reload();
    const replayed = await this.#replay({
      base: stack(pull.clear ? NO_ROWS : memory.confirmed, layerOf(pull.patch)),
      pending: memory.pending.filter((pending) => !isCovered(pending, pull.lastMutationIDs)),
      known,
    });
    for (const { entry } of memory.follow(pull, replayed)) {
      const refusal = pull.rejections.find(
        ({ clientID, id }) => clientID === entry.clientID && id === entry.id,
      );
      this.#settlements.settle(entry.uid, refusal);
    }
  }

  async #reload(): Promise<void> {
    await this.#install(await this.#options.engine.load());
  }

  async #install(loaded: StoredState): Promise<void> {
    const stored = await this.#withOwnClient(loaded);
    const ours = new Map(this.#memory.pending.map((pending) => [pending.entry.uid, pending]));
    const durable = stored.outbox.map((entry) =>
      Object.assign(ours.get(entry.uid) ?? {}, fromStored(entry)),
    );
    const uids = new Set(stored.outbox.map(({ uid }) => uid));
    const onTheirWay = this.#memory.pending.filter(
      ({ entry, seq }) => seq === null && !uids.has(entry.uid),
    );
    const replayed = await this.#replay({
      base: tableRows(stored.base),
      pending: [...durable, ...onTheirWay],
      known: ({ entry }) => (entry.baseSeq >= stored.baseSeq ? entry.images : undefined),
    });
    this.#memory.install(stored, replayed);
    const pending = new Set(this.#memory.pending.map(({ entry }) => entry.uid));
    this.#settlements.settleMissing(
      (uid) => pending.has(uid),
      (uid) => stored.rejected.find((rejected) => rejected.uid === uid),
    );
  }

  /** This tab has a client id that storage knows: one of the pool, or, when another tab has renewed it, a new one. */
  async #withOwnClient(loaded: StoredState): Promise<StoredState> {
    if (loaded.clients.some(({ id }) => id === this.#claim?.clientID)) return loaded;
    const { dbName, platform, engine } = this.#options;
    const pool = this.#claim ? [] : loaded.clients.map(({ id }) => id);
    this.#claim?.release();
    this.#claim = await claimClient({ dbName, pool, platform });
    if (!this.#claim.isNew) return loaded;
    await engine.addClient(this.#claim.clientID);
    const own = { id: this.#claim.clientID, confirmed: 0 };
    return { ...loaded, clients: [...loaded.clients, own] };
  }

  async #hear(message: TabMessage): Promise<void> {
    const memory = this.#memory;
    switch (message.kind) {
      case "appended": {
        const heads = memory.heads();
        memory.dropRejected(message.dismissed);
        const unknown = message.entries.filter(({ clientID, id }) => id > (heads[clientID] ?? 0));
        const first = unknown[0];
        if (!first) return;
        const isGap = first.id !== (heads[first.clientID] ?? 0) + 1;
        // One that was made on older rows than ours is run again by loading it.
        if (isGap || first.baseSeq < memory.baseSeq) return this.#reload();
        return memory.appended(unknown);
      }
      case "pulled": {
        const known = new Map(message.pull.rerun.map(({ seq, images }) => [seq, images]));
        return this.#follow(message.pull, ({ seq }) => (seq === null ? undefined : known.get(seq)));
      }
      case "changed":
        return this.#reload();
      case "hello": {
        const heads = memory.heads();
        const isBehind =
          message.baseSeq > memory.baseSeq ||
          Object.entries(message.heads).some(([clientID, id]) => id > (heads[clientID] ?? 0));
        return isBehind ? this.#reload() : undefined;
      }
    }
  }

  // — Parts —

  #receive(message: TabMessage): void {
    this.#serial
      .run(() => this.#hear(message))
      .catch((cause: unknown) => {
        const text = "What another tab has changed could not be loaded. Reload the page.";
        this.#options.onError(
          cause instanceof SyncClientError
            ? cause
            : new SyncClientError("storage", text, { cause }),
        );
      });
  }

  async #store(batch: readonly Commit[]): Promise<void> {
    const pending = batch.map((commit) => commit.pending);
    const entries = pending.map(({ entry }) => entry);
    const dismissed = batch.flatMap(({ dismiss }) => dismiss);
    const seqs = await this.#options.engine.append(entries, { dismiss: dismissed });
    this.#memory.stored(pending, seqs);
    this.#memory.dropRejected(dismissed);
    const stored = entries.map((entry, at) => ({ ...entry, seq: seqs[at] as number }));
    this.#tell({ kind: "appended", entries: stored, dismissed });
  }

  /** Runs a job in the serial queue at a moment when every mutation of this tab is durable (or was taken back). */
  async #whenStored<T>(job: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.#commits.idle();
      const result = await this.#serial.run(async () => {
        if (this.#memory.pending.some(({ seq }) => seq === null)) return undefined;
        return { value: await job() };
      });
      if (result) return result.value;
    }
  }

  async #replay(work: {
    readonly base: Rows;
    readonly pending: readonly PendingMutation[];
    readonly known: KnownImages;
  }): Promise<Replayed[]> {
    const replayed = await replay({ world: this.#world(), ...work });
    for (const { pending, error } of replayed) {
      if (error === undefined || this.#failedReplays.has(pending.entry.uid)) continue;
      this.#failedReplays.add(pending.entry.uid);
      this.#options.onError(replayFailed(pending.entry.name, error));
    }
    return replayed;
  }

  #claimNew(): Promise<ClientClaim> {
    const { dbName, platform } = this.#options;
    return claimClient({ dbName, pool: [], platform });
  }

  #world() {
    const { schema, mutators } = this.#options;
    return { schema, mutators, ctx: this.#ctx };
  }

  #storageClosed(error: SyncClientError): void {
    this.#memory.fail(error);
    this.#options.onError(error);
  }

  #tell(message: TabMessage): void {
    // Tabs share nothing where each keeps its rows in its own memory.
    if (this.#options.engine.durable) this.#options.channel?.post(message);
  }
}

const GIVEN_UP: ErrorBody = {
  code: "discarded",
  message: "This change was given up when the local data was reset.",
};

function unsentMutations(count: number): SyncClientError {
  return new SyncClientError(
    "unsent-mutations",
    `${count} changes were not sent yet. Sync first, or reset with { discardOutbox: true }.`,
  );
}

function replayFailed(name: string, cause: unknown): SyncClientError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SyncClientError(
    "rebase-replay",
    `"${name}" does not work on the newest rows, so it shows nothing until the server has decided. ${why}`,
    { cause },
  );
}
