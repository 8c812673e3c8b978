/**
 * Making mutations: each runs, shows at once, and becomes durable with others of its moment (group commit).
 *
 * A mutation's id is the one after the last known of this client, and used up only when the entry is durable: when
 * storing fails, everything that is not durable is taken back, and its ids are given out again.
 *
 * A mutation that concerns local-only tables alone stays on the device: its rows are kept at once, and it uses up no id.
 * But where a pending mutation has written to such tables too, it has to stay behind that one, so it goes to the outbox
 * as well, and the server is sent one that does nothing.
 */

import { decodeTagged } from "@sh1n4ps/plasma-core";
import type { Json } from "@sh1n4ps/plasma-core";
import { SyncClientError } from "../errors.ts";
import type { Platform } from "../platform.ts";
import type { Engine } from "../storage/engine.ts";
import { wiped } from "../storage/storage-error.ts";
import type { TabMessage } from "../tabs/tab-message.ts";
import { CommitQueue } from "./commit-queue.ts";
import { deferred } from "./deferred.ts";
import type { Deferred } from "./deferred.ts";
import { encodeArgs } from "./mutation-args.ts";
import { isUnsent, UNSENT_ID } from "./pending-mutation.ts";
import type { PendingMutation } from "./pending-mutation.ts";
import { rejectionGone, storageError } from "../storage/storage-error.ts";
import { Reads } from "./reads.ts";
import type { ReplicaMemory } from "./replica-memory.ts";
import { runMutation } from "./run-mutation.ts";
import type { MutatorWorld } from "./run-mutation.ts";
import type { SerialQueue } from "./serial-queue.ts";
import type { Settlements } from "./settlements.ts";

export interface MutationReceipt {
  readonly clientID: string;
  /** 0 for one that is not sent, because it concerns local-only tables alone. */
  readonly id: number;
  readonly uid: string;
}

/** Resolves when the mutation is durable on the device. */
export interface MutationHandle extends Promise<MutationReceipt> {
  /** The server's word: resolves once a pull has shown the mutation, rejects if the server refused it. */
  readonly confirmed: Promise<void>;
}

export interface OutboxOptions {
  readonly memory: ReplicaMemory;
  readonly serial: SerialQueue;
  readonly settlements: Settlements;
  readonly engine: Engine;
  readonly platform: Platform;
  readonly world: () => Promise<MutatorWorld>;
  readonly clientID: () => string;
  readonly open: () => Promise<void>;
  readonly tell: (message: TabMessage) => void;
  /** The server wants to know on what rows a mutation was made. */
  readonly keepsBase: boolean;
  /** Something was stored that this tab has not heard of. */
  readonly catchUp: () => Promise<void>;
  /** Mutations have to be run again. */
  readonly reload: () => void;
  readonly onError: (error: SyncClientError) => void;
}

interface Commit {
  readonly pending: PendingMutation;
  /** Rejected mutations that it replaces. */
  readonly dismiss: readonly string[];
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #commits: CommitQueue<Commit>;
  /** Rejected mutations that are being made anew. */
  readonly #retried = new Set<string>();

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { memory, serial, settlements } = options;
    this.#commits = new CommitQueue<Commit>({
      write: async (batch) => {
        const isKept = batch.every(({ pending }) => isUnsent(pending));
        try {
          await (isKept ? this.#keep(batch) : this.#store(batch));
        } catch (cause) {
          // Who made them may have left their promises alone. Of a wiped database everybody was told as that was found.
          const error = storageError(cause);
          if (error.kind !== "storage-wiped") options.onError(error);
          throw cause;
        }
      },
      rollBack: (lost) => {
        for (const { pending } of lost) settlements.forget(pending.entry.uid);
        memory.takeBack(lost.map(({ pending }) => pending));
      },
      serial,
      // One that is made anew may be refused, which is no other's concern.
      canShare: (first, other) =>
        isUnsent(first.pending) === isUnsent(other.pending) &&
        first.dismiss.length + other.dismiss.length === 0,
    });
  }

  mutate(name: string, args: unknown): MutationHandle {
    return handle((confirmation) => this.#mutate(name, args, { dismiss: [], confirmation }));
  }

  /** A rejected mutation anew. */
  retry(uid: string, args?: unknown): MutationHandle {
    return handle(async (confirmation) => {
      const { rejected } = this.#options.memory.state;
      const found = rejected.find((candidate) => candidate.uid === uid);
      if (!found || this.#retried.has(uid)) throw rejectionGone();
      const again = args === undefined ? decodeTagged(found.args) : args;
      this.#retried.add(uid);
      const made = this.#mutate(found.name, again, { dismiss: [uid], confirmation });
      return made.finally(() => this.#retried.delete(uid));
    });
  }

  /** Resolves when nothing is on its way to storage. */
  idle(): Promise<void> {
    return this.#commits.idle();
  }

  /** Runs a job in the serial queue at a moment when every mutation of this tab is durable (or was taken back). */
  async whenStored<T>(job: () => Promise<T>): Promise<T> {
    const { serial } = this.#options;
    for (;;) {
      await this.#commits.idle();
      const result = await serial.run(async () =>
        this.#commits.isIdle ? { value: await job() } : undefined,
      );
      if (result) return result.value;
    }
  }

  async #mutate(
    name: string,
    args: unknown,
    options: Pick<Commit, "dismiss"> & { readonly confirmation: Deferred<void> },
  ): Promise<MutationReceipt> {
    const { memory, serial, settlements, open } = this.#options;
    // Encoded in the caller's turn: what they do to their object afterwards is not ours.
    const encoded = encodeArgs(name, args);
    const opening = open();
    const { pending, stored } = await serial.run(async () => {
      await opening;
      const made = await this.#run(name, encoded);
      settlements.awaitConfirmation(made.entry.uid, options.confirmation);
      memory.add(made);
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

  async #run(name: string, args: Json): Promise<PendingMutation> {
    const { memory, platform, world, keepsBase } = this.#options;
    const { error } = memory.state;
    if (error) throw error;
    const inWorld = await world();
    const clientID = this.#options.clientID();
    const next = memory.headOf(clientID) + 1;
    const call = { name, args: decodeTagged(args), clientID, mutationID: next };
    const run = { world: inWorld, reads: new Reads(memory.rows) };
    const { images, staysHere } = await runMutation(run.world, run.reads, call);
    const id = staysHere && !memory.hasLocalPending ? UNSENT_ID : next;
    const uid = platform.random.token();
    const timestamp = platform.clock.now();
    const { baseSeq } = memory;
    const knew = memory.othersThan(clientID);
    const base = keepsBase ? memory.baseOf(images) : undefined;
    const entry = {
      ...{ clientID, id, uid, name, args, timestamp, images, baseSeq, knew },
      ...(base !== undefined && { base }),
      ...(staysHere && { staysHere: true as const }),
    };
    return { entry, seq: null, run };
  }

  async #store(batch: readonly Commit[]): Promise<void> {
    const { memory, engine, settlements, tell } = this.#options;
    const pending = batch.map((commit) => commit.pending);
    const entries = pending.map(({ entry }) => entry);
    const dismissed = batch.flatMap(({ dismiss }) => dismiss);
    const { database } = memory;
    const seqs = await engine
      .append(entries, { dismiss: dismissed })
      .catch((error: unknown) => this.#notStored(error, database));
    memory.stored(pending, seqs);
    for (const { uid, staysHere } of entries) if (staysHere) settlements.settle(uid, undefined);
    memory.dropRejected(dismissed);
    const stored = entries.map((entry, at) => ({ ...entry, seq: seqs[at] as number }));
    tell({ kind: "appended", entries: stored, dismissed });
    if (memory.hasBlindOnes) this.#options.reload();
  }

  /** Mutations that the server has no part in: what they wrote is final at once. */
  async #keep(batch: readonly Commit[]): Promise<void> {
    const { memory, engine, settlements, tell, catchUp } = this.#options;
    const pending = batch.map((commit) => commit.pending);
    const images = pending.flatMap(({ entry }) => entry.images);
    const { database } = memory;
    const keptAt = await engine
      .keepLocal(images)
      .catch((error: unknown) => this.#notStored(error, database));
    const dismissed = batch.flatMap(({ dismiss }) => dismiss);
    if (dismissed.length > 0) await engine.dismissRejected(dismissed);
    memory.dropRejected(dismissed);
    const followed = memory.kept(pending, keptAt);
    for (const { entry } of pending) settlements.settle(entry.uid, undefined);
    tell({ kind: "kept", rows: { ...keptAt, images } });
    if (dismissed.length > 0) tell({ kind: "changed" });
    if (followed === "missed") void catchUp();
  }

  /** A client id that nobody knows may mean that the whole database is gone. What else was in it comes first, then the next. */
  async #notStored(error: unknown, database: string): Promise<never> {
    const kind = error instanceof SyncClientError ? error.kind : undefined;
    if (kind !== "client-renewed" && kind !== "storage-wiped") throw error;
    await this.#options.catchUp();
    throw this.#options.memory.database === database ? error : wiped();
  }
}

function handle(run: (confirmation: Deferred<void>) => Promise<MutationReceipt>): MutationHandle {
  const confirmation = deferred<void>();
  const durable = run(confirmation);
  durable.catch(confirmation.reject);
  return Object.assign(durable, { confirmed: confirmation.promise });
}
