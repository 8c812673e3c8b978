/**
 * What mutations were called before a client id was given up. A receipt, or the number on it, means the mutation of
 * then, whatever bears that number now. Remembered as long as the tab lives.
 */

import type { StoredState } from "../storage/engine.ts";
import type { PendingMutation } from "./pending-mutation.ts";
import { severalMutations, unknownMutation } from "./replica-errors.ts";
import type { ReplicaMemory } from "./replica-memory.ts";
import type { DiscardOutcome } from "./settlements.ts";

/** The number that a mutation of this tab was given, or the receipt of any. */
export type MutationRef =
  number | { readonly clientID: string; readonly id: number; readonly uid?: string };

interface Name {
  readonly clientID: string;
  readonly id: number;
}

export class FormerIds {
  readonly #memory: ReplicaMemory;
  /** By uid, of those that were moved to another client id. */
  readonly #names = new Map<string, Name>();
  /** Of clients that are no more: how far they were decided. */
  readonly #confirmed = new Map<string, number>();
  /** Client ids that this tab has had. */
  readonly #own = new Set<string>();

  constructor(memory: ReplicaMemory) {
    this.#memory = memory;
  }

  /** Before memory takes over what storage holds. */
  note({ outbox, clients }: Pick<StoredState, "outbox" | "clients">): void {
    const now = new Map(outbox.map(({ uid, clientID }) => [uid, clientID]));
    for (const { entry } of this.#memory.pending) {
      const { uid, clientID, id } = entry;
      const isMoved = (now.get(uid) ?? clientID) !== clientID;
      if (isMoved && !this.#names.has(uid)) this.#names.set(uid, { clientID, id });
    }
    for (const clientID of this.#memory.clientIDs) {
      if (clients.some(({ id }) => id === clientID)) continue;
      this.#confirmed.set(clientID, this.#memory.confirmedOf(clientID));
    }
  }

  /** This tab has another client id now. */
  gaveUp(clientID: string): void {
    this.#own.add(clientID);
  }

  /** After a reset, numbers begin anew; receipts are right still. */
  forgetNumbers(): void {
    this.#own.clear();
  }

  /** The mutation that is meant, or what became of it. `clientID`: that of this tab. */
  find(ref: MutationRef, clientID: string): PendingMutation | DiscardOutcome {
    if (typeof ref !== "number") return this.#find(ref);
    const names = [...this.#own, clientID].map((own) => ({ clientID: own, id: ref }));
    const known = names.filter((name) => this.#isKnown(name));
    if (known.length > 1) throw severalMutations(ref);
    return this.#find(known[0] ?? { clientID, id: ref });
  }

  #find({ uid, ...name }: Name & { readonly uid?: string }): PendingMutation | DiscardOutcome {
    const { pending, state } = this.#memory;
    const sought = uid ?? this.#movedFrom(name);
    const found = pending.find(({ entry }) =>
      sought === undefined ? isSame(entry, name) : entry.uid === sought,
    );
    if (found) return found;
    if (state.rejected.some((rejected) => rejected.uid === sought || isSame(rejected, name))) {
      return "discarded";
    }
    const isDecided = this.#movedFrom(name) !== undefined || this.#isConfirmed(name);
    if (isDecided) return "alreadyApplied";
    throw unknownMutation();
  }

  /** Whether one was given this name when it was made, as far as this tab knows. */
  #isKnown(name: Name): boolean {
    const isHere = ({ entry }: PendingMutation) =>
      isSame(entry, name) && !this.#names.has(entry.uid);
    return (
      this.#movedFrom(name) !== undefined ||
      this.#isConfirmed(name) ||
      this.#memory.pending.some(isHere)
    );
  }

  #movedFrom(name: Name): string | undefined {
    for (const [uid, former] of this.#names) if (isSame(former, name)) return uid;
    return undefined;
  }

  #isConfirmed({ clientID, id }: Name): boolean {
    const confirmed = this.#confirmed.get(clientID) ?? 0;
    return id <= Math.max(confirmed, this.#memory.confirmedOf(clientID));
  }
}

function isSame(left: Name, right: Name): boolean {
  return left.clientID === right.clientID && left.id === right.id;
}
