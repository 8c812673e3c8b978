/**
 * Rebase: bringing memory to what storage holds, whoever changed it there. Everything here runs in the serial queue.
 */

import type { PullResponse } from "@sh1n4ps/plasma-core";
import { SyncClientError } from "../errors.ts";
import type { StoredState } from "../storage/engine.ts";
import { localImagesOf } from "../storage/outbox-entry.ts";
import type { AppliedPull } from "../tabs/tab-message.ts";
import type { FormerIds } from "./former-ids.ts";
import { blindOnes, fromStored, inOrder, isCovered } from "./pending-mutation.ts";
import type { Context } from "./context.ts";
import type { PullPatch } from "./pull-patch.ts";
import { replay } from "./replay.ts";
import type { Replayed, ReplayOptions } from "./replay.ts";
import type { ReplicaMemory } from "./replica-memory.ts";
import { layerImages, layerOf, localRows, setInLayer, stack, tableRows } from "./rows.ts";
import type { Layer } from "./rows.ts";
import type { Settlements } from "./settlements.ts";

/** A pull, ready to be written: what it settles, and what the other mutations do over its rows. */
export interface PreparedPull {
  readonly kind: "prepared";
  readonly replayed: readonly Replayed[];
  readonly lastMutationIDs: Readonly<Record<string, number>>;
  readonly baseSeq: number;
  readonly database: string;
  /**
   * Clients of which the server knows mutations that were never made here: a copied profile, or a device that lost its
   * memory. Nothing of theirs is settled.
   */
  readonly forked: readonly string[];
}

export interface RebaseOptions {
  readonly memory: ReplicaMemory;
  readonly settlements: Settlements;
  readonly former: FormerIds;
  readonly context: Context;
  readonly onError: (error: SyncClientError) => void;
}

export class Rebase {
  readonly #options: RebaseOptions;
  readonly #reported = new Set<string>();
  #hasWithheld = false;

  constructor(options: RebaseOptions) {
    this.#options = options;
  }

  /** Whether mutations could not be run again, because nobody has said yet who is asking. */
  get hasWithheld(): boolean {
    return this.#hasWithheld;
  }

  /** The server knows more mutations than this tab: another one has stored them, or they were never made here. */
  isOvertaken({ lastMutationIDs }: PullResponse): boolean {
    const { memory } = this.#options;
    return Object.entries(lastMutationIDs).some(([clientID, id]) => id > memory.headOf(clientID));
  }

  /** After a look at storage, if `isOvertaken`. */
  async prepare(
    { last, clear, layer, images }: PullPatch,
    request: { readonly cookie: string | null; readonly clientID: string },
  ): Promise<PreparedPull | { readonly kind: "stale" | "nothing-new" }> {
    const { memory } = this.#options;
    const { clientID: own } = request;
    if (memory.cookie !== request.cookie) return { kind: "stale" };
    const forked = this.#forked(last, own);
    const lastMutationIDs = Object.fromEntries(
      Object.entries(last.lastMutationIDs).filter(
        ([clientID, id]) => !forked.includes(clientID) && id > memory.confirmedOf(clientID),
      ),
    );
    const settlesNothing = Object.keys(lastMutationIDs).length === 0;
    const changesNothing = !clear && images.length === 0 && settlesNothing;
    if (changesNothing && forked.length === 0 && last.cookie === memory.cookie) {
      return { kind: "nothing-new" };
    }
    const below = new Map([...layer].map(([table, rows]) => [table, new Map(rows)]));
    for (const pending of memory.pending) {
      if (!isCovered(pending, lastMutationIDs)) continue;
      for (const image of localImagesOf(pending.entry, last.rejections)) setInLayer(below, image);
    }
    const replayed = await this.#replayOver({ clear, layer: below, lastMutationIDs });
    const { baseSeq, database } = memory;
    return { kind: "prepared", replayed, lastMutationIDs, baseSeq, database, forked };
  }

  #forked({ lastMutationIDs, lastMutationUIDs = {} }: PullResponse, own: string): string[] {
    const { memory } = this.#options;
    return Object.entries(lastMutationIDs).flatMap(([clientID, id]) => {
      const isAhead = id > memory.headOf(clientID);
      if (isAhead && (clientID === own || memory.hasClient(clientID))) return [clientID];
      const uid = Object.hasOwn(lastMutationUIDs, clientID)
        ? lastMutationUIDs[clientID]
        : undefined;
      const isAnother = memory.pending.some(
        ({ entry }) => entry.clientID === clientID && entry.id === id && entry.uid !== uid,
      );
      return uid !== undefined && isAnother ? [clientID] : [];
    });
  }

  /** Makes in memory what a pull has made in storage, here or in another tab. `missed`: everything has to be loaded. */
  async follow(pull: AppliedPull, known: ReplayOptions["known"]): Promise<"followed" | "missed"> {
    const { memory, settlements } = this.#options;
    if (pull.database !== memory.database) return "missed";
    if (pull.baseSeq <= memory.baseSeq) return "followed";
    if (pull.baseSeq > memory.baseSeq + 1) return "missed";
    const { clear, patch, lastMutationIDs } = pull;
    const layer = layerOf(patch);
    const replayed = await this.#replayOver({ clear, layer, lastMutationIDs, known });
    for (const { entry } of memory.follow(pull, replayed)) {
      const refusal = pull.rejections.find(
        ({ clientID, id }) => clientID === entry.clientID && id === entry.id,
      );
      settlements.settle(entry.uid, refusal);
    }
    return "followed";
  }

  /** Takes over everything that storage holds; what is on its way there stays on top. */
  async install(stored: StoredState): Promise<void> {
    const { memory, settlements, former } = this.#options;
    former.note(stored);
    const known = new Map(memory.pending.map((pending) => [pending.entry.uid, pending]));
    const durable = stored.outbox.map((entry) =>
      // The same object, because its way to storage may still have something to say to it.
      Object.assign(known.get(entry.uid) ?? {}, fromStored(entry)),
    );
    const uids = new Set(stored.outbox.map(({ uid }) => uid));
    const onTheirWay = memory.pending.filter(
      ({ entry, seq }) => seq === null && !uids.has(entry.uid),
    );
    const pending = inOrder([...durable, ...onTheirWay]);
    const blind = blindOnes(pending);
    const replayed = await this.#replay({
      base: tableRows(memory.rows.schema, stored.base),
      pending,
      isSettled: () => false,
      known: (mutation) =>
        mutation.entry.baseSeq >= stored.baseSeq && !blind.has(mutation)
          ? mutation.entry
          : undefined,
    });
    const isSameDatabase = memory.database === stored.database;
    memory.install(stored, replayed);
    const open = new Set(memory.pending.map(({ entry }) => entry.uid));
    const refused = new Map(
      [...stored.clients.flatMap((client) => client.refused ?? []), ...stored.rejected].map(
        (refusal) => [refusal.uid, refusal],
      ),
    );
    settlements.settleMissing(
      (uid) => open.has(uid),
      (uid) => refused.get(uid),
      (uid) => {
        const entry = known.get(uid)?.entry;
        const client = stored.clients.find(({ id }) => id === entry?.clientID);
        // A client that is gone from the same database has another id, and what it had waiting was settled under that.
        return entry && client ? client.confirmed >= entry.id : isSameDatabase;
      },
    );
  }

  /** Over the confirmed rows with a pull's on top. */
  #replayOver({
    clear,
    layer,
    lastMutationIDs,
    known = () => undefined,
  }: {
    readonly clear: boolean;
    readonly layer: Layer;
    readonly lastMutationIDs: Readonly<Record<string, number>>;
    readonly known?: ReplayOptions["known"];
  }): Promise<Replayed[]> {
    const { memory } = this.#options;
    const { confirmed } = memory;
    return this.#replay({
      base: stack(clear ? localRows(confirmed) : confirmed, layer),
      // Everything may be different then.
      before: clear ? undefined : { base: confirmed, changed: layerImages(layer) },
      pending: memory.pending,
      isSettled: (pending) => isCovered(pending, lastMutationIDs),
      known,
    });
  }

  async #replay(work: Omit<ReplayOptions, "world">): Promise<Replayed[]> {
    const { context, onError } = this.#options;
    const { world, isKnown } = context;
    this.#hasWithheld ||= !isKnown && work.pending.length > 0;
    const known: ReplayOptions["known"] = (pending) =>
      work.known(pending) ?? (isKnown ? undefined : { ...pending.entry, run: pending.run });
    const replayed = await replay({ ...work, world, known });
    for (const { pending, error } of replayed) {
      if (error === undefined || this.#reported.has(pending.entry.uid)) continue;
      this.#reported.add(pending.entry.uid);
      onError(replayFailed(pending.entry.name, error));
    }
    return replayed;
  }
}

function replayFailed(name: string, cause: unknown): SyncClientError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SyncClientError(
    "rebase-replay",
    `"${name}" does not work on the newest rows, so it shows nothing until the server has decided. ${why}`,
    { cause },
  );
}
