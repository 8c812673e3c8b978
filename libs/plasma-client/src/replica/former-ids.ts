/**
 * What mutations were called before a client id was given up. A receipt, or the number on it, means the mutation of
 * then, whatever bears that number now. Remembered as long as the tab lives.
 */

import type { StoredState } from "../storage/engine.ts";
import { isMeant, settledAs } from "./mutation-ref.ts";
import type { MutationRef } from "./mutation-ref.ts";
import type { PendingMutation } from "./pending-mutation.ts";
import { severalMutations, unknownMutation } from "./replica-errors.ts";
import type { ReplicaMemory } from "./replica-memory.ts";
import type { DiscardOutcome } from "./settlements.ts";

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

  /** The mutation that a number or a receipt means, by its uid where it has another name by now. `own`: this tab's client id. */
  meant(ref: number | MutationRef, own: string): MutationRef {
    if (typeof ref !== "number") return this.#withUid(ref);
    const names = [...this.#own, own].map((clientID) => ({ clientID, id: ref }));
    const known = names.filter((name) => this.#isKnown(name));
    if (known.length > 1) throw severalMutations(ref);
    return this.#withUid(known[0] ?? { clientID: own, id: ref });
  }

  /** What became of one that does not wait any more. */
  settled(meant: MutationRef, stored: StoredState): DiscardOutcome {
    const outcome = settledAs(meant, stored);
    const isDecided = this.#movedFrom(meant) !== undefined || this.#isConfirmed(meant);
    if (outcome === "alreadyApplied" && !isDecided) throw unknownMutation();
    return outcome;
  }

  #withUid(ref: MutationRef): MutationRef {
    const uid = ref.uid ?? this.#movedFrom(ref);
    return uid === undefined ? ref : { ...ref, uid };
  }

  /** Whether one was given this name when it was made, as far as this tab knows. */
  #isKnown(name: Name): boolean {
    const isHere = ({ entry }: PendingMutation) =>
      isMeant(name, entry) && !this.#names.has(entry.uid);
    return (
      this.#movedFrom(name) !== undefined ||
      this.#isConfirmed(name) ||
      this.#memory.pending.some(isHere)
    );
  }

  #movedFrom({ clientID, id }: Name): string | undefined {
    for (const [uid, former] of this.#names)
      if (former.clientID === clientID && former.id === id) return uid;
    return undefined;
  }

  #isConfirmed({ clientID, id }: Name): boolean {
    const confirmed = this.#confirmed.get(clientID) ?? 0;
    return id <= Math.max(confirmed, this.#memory.confirmedOf(clientID));
  }
}
