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

import { NOOP_MUTATOR } from "@sh1n4ps/plasma-core";
import type {
  AnyMutators,
  PullResponse,
  Row,
  RowChange,
  Schema,
  SelectAst,
} from "@sh1n4ps/plasma-core";
import { disposed, SyncClientError } from "../errors.ts";
import type { Platform } from "../platform.ts";
import type { Engine, StoredState } from "../storage/engine.ts";
import type { AppliedPull, TabChannel, TabMessage } from "../tabs/tab-message.ts";
import { Context } from "./context.ts";
import { EarlyAnswers } from "./early-answers.ts";
import { FormerIds } from "./former-ids.ts";
import { hear } from "./hear.ts";
import { Outbox } from "./outbox.ts";
import type { MutationHandle } from "./outbox.ts";
import { OwnClient } from "./own-client.ts";
import { mergePages } from "./pull-patch.ts";
import { Rebase } from "./rebase.ts";
import { knownFrom, rerunOf } from "./replay.ts";
import type { ReplayOptions } from "./replay.ts";
import { ReplicaMemory } from "./replica-memory.ts";
import type { ReplicaState } from "./replica-memory.ts";
import {
  GIVEN_UP,
  notLoaded,
  notOpened,
  restored,
  troubleWith,
  unsentMutations,
} from "./replica-errors.ts";
import { selectRows } from "./rows.ts";
import type { Rows } from "./rows.ts";
import { SerialQueue } from "./serial-queue.ts";
import { isMeant } from "./mutation-ref.ts";
import type { MutationRef } from "./mutation-ref.ts";
import { UndoneWatch } from "./undone.ts";
import { Settlements } from "./settlements.ts";
import type { DiscardOutcome } from "./settlements.ts";
import type { PendingPush, PullState, SyncReplica } from "./sync-replica.ts";

export type { MutationHandle, MutationReceipt } from "./outbox.ts";
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

export class Replica implements SyncReplica {
  readonly #options: ReplicaOptions;
  readonly #memory: ReplicaMemory;
  readonly #serial = new SerialQueue();
  readonly #outbox: Outbox;
  readonly #rebase: Rebase;
  readonly #former: FormerIds;
  readonly #settlements = new Settlements();
  readonly #ends: (() => void)[] = [];
  #opening: Promise<void> | undefined;
  readonly #context: Context;
  readonly #own: OwnClient;
  #isClosed = false;
  readonly #undone = new UndoneWatch();
  /** To be asked before it is opened. */
  readonly early: EarlyAnswers;
  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.early = new EarlyAnswers(options);
    const { schema, engine, platform, onError } = options;
    const memory = (this.#memory = new ReplicaMemory({
      schema,
      durable: engine.durable,
      listenerFailed: (cause) => platform.log("error", "A listener failed.", cause),
    }));
    const former = (this.#former = new FormerIds(memory));
    this.#own = new OwnClient({ ...options, onGivenUp: (clientID) => former.gaveUp(clientID) });
    const context = (this.#context = new Context({
      ...options,
      onKnown: () => {
        if (this.#rebase.hasWithheld) this.#reloadSoon();
      },
    }));
    const settlements = this.#settlements;
    this.#rebase = new Rebase({ memory, settlements, former, context, onError });
    this.#outbox = new Outbox({
      memory,
      serial: this.#serial,
      settlements,
      engine,
      platform,
      onError,
      world: () => context.whenKnown(),
      clientID: () => this.clientID,
      open: () => this.open(),
      tell: (message) => this.#tell(message),
      catchUp: () => this.catchUp().catch((error: unknown) => this.#missed(error)),
      reload: () => this.#reloadSoon(),
      keepsBase: [...options.schema.byName.values()].some((table) => table.options.resolveConflict),
    });
  }

  // — Opening and looking —

  /** Opens storage and loads it. Safe to call again; after a failure it tries anew. */
  open(): Promise<void> {
    if (this.#isClosed) return Promise.reject(disposed());
    this.#opening ??= this.#serial
      .run(() => this.#boot())
      .catch((error: unknown) => {
        this.#opening = undefined;
        if (!this.#isClosed) this.#memory.openingFailed(notOpened(error));
        throw error;
      });
    return this.#opening;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#outbox.idle();
    for (const end of this.#ends) end();
    this.#options.channel?.close();
    await this.#options.engine.close();
    this.#own.release();
    // Storage takes nothing more, so that nobody begins to wait after this.
    this.#settlements.rejectAll(disposed());
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

  refreshContext(): Promise<void> {
    return this.#context.refresh();
  }

  /** Loads what other tabs have changed, if this one may not have heard of it: it slept, or messages were lost. */
  async catchUp(): Promise<void> {
    if (!this.state.isOpen || !this.#options.engine.durable) return;
    await this.#serial.run(() => this.#loadIfBehind());
  }

  // — Mutations —

  mutate(name: string, args: unknown): MutationHandle {
    return this.#outbox.mutate(name, args);
  }

  /** Resolves when every mutation that was made until now is durable, or could not be stored. */
  async whenStored(): Promise<void> {
    await this.#outbox.whenStored(() => Promise.resolve());
  }

  /** Gives up a mutation that was not decided yet. Resolves with what became of it when the server has answered. */
  async discardMutation(ref: number | MutationRef): Promise<DiscardOutcome> {
    await this.open();
    const { engine } = this.#options;
    const { outcome } = await this.#outbox.whenStored(async () => {
      const meant = this.#former.meant(ref, this.clientID);
      const found = this.#memory.pending.find(({ entry }) => isMeant(meant, entry));
      if (!found) return { outcome: this.#former.settled(meant, await engine.load()) };
      await engine.discard([found.seq as number], { reason: null });
      const decided = this.#settlements.awaitDiscard(found.entry.uid);
      await this.#reload();
      return { outcome: decided };
    });
    this.#tell({ kind: "changed" });
    return outcome;
  }

  /** Makes a refused mutation anew, with other args if given. It leaves the rejected ones as it becomes durable. */
  retryRejected(uid: string, args?: unknown): MutationHandle {
    return this.#outbox.retry(uid, args);
  }

  async dismissRejected(uid: string): Promise<void> {
    await this.open();
    await this.#options.engine.dismissRejected([uid]);
    this.#memory.dropRejected([uid]);
    this.#tell({ kind: "changed" });
  }

  /**
   * Forgets the confirmed rows, and goes on under a fresh client id. With `discardOutbox`, unsent mutations become
   * rejected ones; without it they refuse. What stands in for them moves along: one may be on its way to the server.
   */
  async resetLocalState(options: { readonly discardOutbox?: boolean } = {}): Promise<void> {
    await this.open();
    await this.#outbox.whenStored(async () => {
      const open = this.#memory.pending.filter(({ entry }) => entry.name !== NOOP_MUTATOR);
      const unsent = open.filter(({ entry }) => !entry.staysHere);
      if (unsent.length > 0 && !options.discardOutbox) throw unsentMutations(unsent.length);
      const { engine } = this.#options;
      if (unsent.length > 0) {
        await engine.discard(
          unsent.map(({ seq }) => seq as number),
          { reason: GIVEN_UP },
        );
      }
      const local = open.filter(({ entry }) => entry.staysHere).map(({ seq }) => seq as number);
      if (local.length > 0) await engine.discard(local, { reason: null });
      await engine.resetBase({ keepRows: false });
      await this.#own.renew();
      this.#former.forgetNumbers();
      for (const { entry } of unsent) this.#settlements.giveUp(entry.uid);
      await this.#reload();
    });
    this.#tell({ kind: "changed" });
  }

  // — What the sync loop needs —

  get clientID(): string {
    return this.#own.id;
  }

  pendingPushes(): readonly PendingPush[] {
    return this.#memory.pendingPushes();
  }

  get summary(): SyncReplica["summary"] {
    return this.#memory;
  }

  pullState(): PullState {
    return this.#undone.alsoAsk(this.#memory.pullState(this.#own.known));
  }

  subscribeOutbox(listener: () => void): () => void {
    return this.#memory.subscribeOutbox(listener);
  }

  async applyPull(
    request: Pick<PullState, "cookie" | "known">,
    pages: readonly PullResponse[],
  ): Promise<"applied" | "stale"> {
    await this.open();
    const patch = mergePages(this.#options.schema, pages);
    const undone = this.#undone.look(pages, this.pullState());
    const prepared = await this.#serial.run(async () => {
      if (this.#rebase.isOvertaken(patch.last)) await this.#loadIfBehind();
      return this.#rebase.prepare(patch, { cookie: request.cookie, clientID: this.clientID });
    });
    if (prepared.kind !== "prepared") return prepared.kind === "stale" ? "stale" : "applied";

    const { replayed, lastMutationIDs, baseSeq, database } = prepared;
    const { cookie, rejections } = patch.last;
    const { clear, images } = patch;
    const syncedAt = this.#options.platform.clock.now();
    const { rerun, kept, local } = rerunOf(replayed);
    const outcome = await this.#options.engine.applyPull({
      database,
      expectedCookie: request.cookie,
      cookie,
      syncedAt,
      clear,
      puts: images.flatMap(({ table, row }) => (row ? [{ table, row }] : [])),
      dels: images.filter(({ row }) => !row),
      lastMutationIDs,
      known: request.known,
      rejections,
      baseSeq,
      rerun: local,
    });
    if (outcome.kind === "stale") {
      await this.#serial.run(() => this.#reload());
      return "stale";
    }
    const pull: AppliedPull = {
      database,
      baseSeq: outcome.baseSeq,
      cookie,
      syncedAt,
      clear,
      patch: [...images, ...outcome.local],
      lastMutationIDs,
      rejections,
      rejected: outcome.rejected,
      rerun,
      // Those that were not run for want of a context are for others to run.
      kept: this.#context.isKnown ? kept : [],
    };
    const known = new Map(replayed.map((result) => [result.pending, result]));
    await this.#serial.run(() => this.#follow(pull, (pending) => known.get(pending)));
    this.#tell({ kind: "pulled", pull });
    undone.tell(this.#options.onError);
    for (const clientID of prepared.forked) await this.renewClient(clientID);
    return "applied";
  }

  async resetBase(): Promise<void> {
    await this.open();
    await this.#serial.run(async () => {
      await this.#options.engine.resetBase({ keepRows: true });
      await this.#reload();
    });
    this.#tell({ kind: "changed" });
  }

  async renewClient(clientID: string): Promise<void> {
    await this.open();
    this.#undone.gaveUp(clientID, this.#memory.confirmedOf(clientID));
    await this.#outbox.whenStored(async () => {
      const { engine, platform } = this.#options;
      if (clientID === this.clientID) await this.#own.renew();
      else await engine.renewClient({ from: clientID, to: platform.random.uuid() });
      await this.#reload();
    });
    this.#tell({ kind: "changed" });
  }

  // — In the serial queue —

  async #boot(): Promise<void> {
    const { engine, channel } = this.#options;
    if (!this.#context.isKnown) void this.#context.refresh();
    await this.early.end();
    await engine.open();
    if (this.#isClosed) throw disposed();
    if (this.#ends.length === 0) {
      this.#ends.push(engine.subscribeClosed((error) => this.#storageClosed(error)));
      // Before loading, so that nothing is missed in between: messages wait in the serial queue.
      if (engine.durable && channel) {
        this.#ends.push(channel.subscribe((message) => this.#receive(message)));
      }
    }
    await this.#reload();
    // The tab whose client id this one has taken over may have stored its last words meanwhile.
    await this.#loadIfBehind();
    const { database, baseSeq, localSeq } = this.#memory;
    this.#tell({ kind: "hello", database, baseSeq, localSeq, heads: this.#memory.heads() });
  }

  async #follow(pull: AppliedPull, known: ReplayOptions["known"]): Promise<void> {
    if ((await this.#rebase.follow(pull, known)) === "missed") await this.#reload();
  }

  async #reload(): Promise<void> {
    const stored = this.early.keepIdentity(await this.#options.engine.load());
    await this.#rebase.install(await this.#withHeld(await this.#own.among(stored)));
    for (const trouble of troubleWith(stored)) this.#options.onError(trouble);
  }

  /** What this tab still holds of a database that was thrown away is stored in the one that took its place. */
  async #withHeld(loaded: StoredState): Promise<StoredState> {
    const { database } = this.#memory;
    if (database === "" || database === loaded.database) return loaded;
    const { engine, onError } = this.#options;
    const held = this.#memory.held(this.clientID);
    await engine.restore(held);
    onError(restored(held.outbox.length));
    this.#tell({ kind: "changed" });
    return engine.load();
  }

  async #loadIfBehind(): Promise<void> {
    if (this.#memory.isBehind(await this.#options.engine.position())) await this.#reload();
  }

  async #hear(message: TabMessage): Promise<void> {
    if (message.kind === "pulled") return this.#follow(message.pull, knownFrom(message.pull));
    if (hear(message, this.#memory) === "missed") await this.#reload();
  }

  // — Parts —

  #receive(message: TabMessage): void {
    this.#serial.run(() => this.#hear(message)).catch((cause: unknown) => this.#missed(cause));
  }

  #reloadSoon(): void {
    this.#serial.run(() => this.#reload()).catch((cause: unknown) => this.#missed(cause));
  }

  #missed(cause: unknown): void {
    if (cause === this.state.error) return;
    this.#options.onError(cause instanceof SyncClientError ? cause : notLoaded(cause));
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
