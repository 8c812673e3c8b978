/** The states, events and effects of the sync machine, as data. `sync-machine.ts` says how they hang together. */

import type { SyncClientError } from "../errors.ts";
import type { SyncFailure } from "./sync-failure.ts";

/** What is true in every state. */
export interface SyncFacts {
  readonly started: boolean;
  readonly leader: boolean;
  readonly offlineBySetting: boolean;
  readonly networkOnline: boolean;
  readonly pushWanted: boolean;
  readonly pullWanted: boolean;
  /** The next round starts with the pull (invariant 9). */
  readonly pullFirst: boolean;
  /** Somebody called for this round, so that it runs without `start` and without the leadership. */
  readonly asked: boolean;
  /** Failures in a row. */
  readonly attempts: number;
  /** The second chance after a 401 was used. */
  readonly headersRetried: boolean;
  /** The base was reset for the mismatch at hand. */
  readonly baseWasReset: boolean;
  /** Why the loop paused, until everything has worked again: so that its probes look paused, too. */
  readonly pausedFor: SyncFailure | null;
  /** The last request was answered well. */
  readonly reached: boolean;
  /** The number of the last run. */
  readonly run: number;
}

export type SyncState =
  | { readonly kind: "stopped"; readonly facts: SyncFacts }
  | { readonly kind: "waiting-for-leader"; readonly facts: SyncFacts }
  | { readonly kind: "offline-by-setting"; readonly facts: SyncFacts }
  | { readonly kind: "offline-by-network"; readonly facts: SyncFacts }
  | { readonly kind: "idle"; readonly facts: SyncFacts }
  | { readonly kind: "pushing"; readonly facts: SyncFacts; readonly run: number }
  | { readonly kind: "pulling"; readonly facts: SyncFacts; readonly run: number }
  | { readonly kind: "resetting"; readonly facts: SyncFacts; readonly run: number }
  | {
      readonly kind: "backing-off";
      readonly facts: SyncFacts;
      readonly failure: SyncFailure;
      /** The server named the time: nothing shortens it. */
      readonly obeying: boolean;
    }
  | { readonly kind: "paused"; readonly facts: SyncFacts; readonly failure: SyncFailure };

export type SyncEvent =
  | { readonly kind: "start" }
  | { readonly kind: "stop" }
  | { readonly kind: "leader-gained" }
  | { readonly kind: "leader-lost" }
  | { readonly kind: "offline-set" }
  | { readonly kind: "online-set" }
  | { readonly kind: "network-lost" }
  | { readonly kind: "network-back" }
  | { readonly kind: "visible" }
  /** A timer fired so late that the device must have slept. */
  | { readonly kind: "woke" }
  | { readonly kind: "outbox-appended" }
  /** The server says that something is newer. */
  | { readonly kind: "poked" }
  /** The socket has just opened: the server can be reached, and pokes may have been missed. */
  | { readonly kind: "connected" }
  | { readonly kind: "push-asked" }
  | { readonly kind: "pull-asked" }
  | { readonly kind: "headers-changed" }
  | { readonly kind: "timer-fired" }
  | {
      readonly kind: "pushed";
      readonly run: number;
      /** How many mutations the server has decided now. */
      readonly sent: number;
      /** Some outbox was left for the next push. */
      readonly more: boolean;
    }
  | {
      readonly kind: "pulled";
      readonly run: number;
      /** Set when a mutation that the server said it has is still not in what it gave. */
      readonly unconfirmed: SyncFailure | null;
    }
  | { readonly kind: "base-reset"; readonly run: number }
  | { readonly kind: "failed"; readonly run: number; readonly failure: SyncFailure };

export type TimerPurpose =
  | { readonly kind: "poll" }
  | {
      readonly kind: "retry";
      readonly attempts: number;
      readonly probing: boolean;
      readonly atLeastMs: number;
    }
  | { readonly kind: "check-headers" };

export type SyncEffect =
  | { readonly kind: "push"; readonly run: number }
  | { readonly kind: "pull"; readonly run: number }
  | { readonly kind: "reset-base"; readonly run: number }
  | { readonly kind: "abort"; readonly run: number }
  | { readonly kind: "set-timer"; readonly purpose: TimerPurpose }
  | { readonly kind: "cancel-timer" }
  /** Ask for the headers again, and say `headers-changed` if they are others. */
  | { readonly kind: "check-headers" }
  | { readonly kind: "report"; readonly error: SyncClientError };

export function initialSyncState(surroundings: {
  readonly leader: boolean;
  readonly offlineBySetting: boolean;
  readonly networkOnline: boolean;
}): SyncState {
  const facts: SyncFacts = {
    ...surroundings,
    started: false,
    pushWanted: false,
    pullWanted: false,
    pullFirst: false,
    asked: false,
    attempts: 0,
    headersRetried: false,
    baseWasReset: false,
    pausedFor: null,
    reached: false,
    run: 0,
  };
  return { kind: "stopped", facts };
}
