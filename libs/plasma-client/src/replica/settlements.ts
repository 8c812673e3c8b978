/** Who waits for the server's word on a mutation: `.confirmed` and `discardMutation`, in the tab that asked. */

import { DISCARDED_CODE } from "@sh1n4ps/plasma-core";
import type { ErrorBody } from "@sh1n4ps/plasma-core";
import { SyncClientError } from "../errors.ts";
import { deferred } from "./deferred.ts";
import type { Deferred } from "./deferred.ts";

/** `discarded`: it never took effect. `alreadyApplied`: the server had run it before it heard of the discard. */
export type DiscardOutcome = "discarded" | "alreadyApplied";

export class Settlements {
  readonly #confirmations = new Map<string, Deferred<void>>();
  readonly #discards = new Map<string, Deferred<DiscardOutcome>>();

  awaitConfirmation(uid: string, confirmation: Deferred<void>): void {
    this.#confirmations.set(uid, confirmation);
  }

  awaitDiscard(uid: string): Promise<DiscardOutcome> {
    let waiting = this.#discards.get(uid);
    if (!waiting) this.#discards.set(uid, (waiting = deferred()));
    return waiting.promise;
  }

  /** It was never stored, so nothing is ever heard of it. */
  forget(uid: string): void {
    this.#confirmations.delete(uid);
  }

  /** A pull covers it: applied, or refused for this reason. */
  settle(uid: string, refusal: ErrorBody | undefined): void {
    const confirmation = this.#confirmations.get(uid);
    this.#confirmations.delete(uid);
    if (!refusal) confirmation?.resolve();
    else if (refusal.code === DISCARDED_CODE) confirmation?.reject(discarded());
    else confirmation?.reject(refused(refusal));

    this.#discards.get(uid)?.resolve(refusal ? "discarded" : "alreadyApplied");
    this.#discards.delete(uid);
  }

  /** Given up on this device, whatever the server will say. */
  giveUp(uid: string): void {
    this.#confirmations.get(uid)?.reject(discarded());
    this.#confirmations.delete(uid);
  }

  /**
   * Those waited for that are not pending any more: another tab's pull settled them unseen, or storage has lost them.
   * `isDecided`: of one that was not refused.
   */
  settleMissing(
    isPending: (uid: string) => boolean,
    refusalOf: (uid: string) => ErrorBody | undefined,
    isDecided: (uid: string) => boolean,
  ): void {
    for (const uid of [...this.#confirmations.keys(), ...this.#discards.keys()]) {
      if (isPending(uid)) continue;
      const refusal = refusalOf(uid);
      if (refusal || isDecided(uid)) this.settle(uid, refusal);
      else this.#lose(uid);
    }
  }

  #lose(uid: string): void {
    for (const waiting of [this.#confirmations, this.#discards]) {
      waiting.get(uid)?.reject(lost());
      waiting.delete(uid);
    }
  }
}

function refused({ code, message, details }: ErrorBody): SyncClientError {
  return new SyncClientError("mutation-rejected", message, { details: { code, details } });
}

function discarded(): SyncClientError {
  return new SyncClientError("mutation-discarded", "This mutation was discarded on the device.");
}

function lost(): SyncClientError {
  return new SyncClientError(
    "storage",
    "This change was lost from the local database before the server confirmed it. Look whether it has to be made again.",
  );
}
