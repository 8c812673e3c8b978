/**
 * Promises that wait for the sync loop: `pushOnce`, `pullOnce` and `flush`.
 *
 * 1. A `pushOnce` (`pullOnce`) settles with the first push (pull) that started after it was called.
 * 2. A `flush` resolves when the mutations that were pending when it was called have been pushed and a pull has shown
 *    them; those made meanwhile are not waited for, so that it ends while somebody types.
 * 3. None waits for what will not happen by itself: a loop that is stopped, paused or parked an outbox rejects. Being
 *    offline or backing off only makes `flush` wait longer.
 */

import { SyncClientError } from "../errors.ts";
import type { PendingPush } from "../replica/sync-replica.ts";
import type { SyncState } from "./sync-state.ts";

export interface SyncQuestions {
  ask(kind: "push" | "pull", afterRun: number): Promise<void>;
  drain(pending: readonly PendingPush[]): Promise<void>;
  /** A run has ended. */
  answer(kind: "push" | "pull", run: number, error: SyncClientError | null): void;
  /** The world has changed: whoever has what they wait for, or never will, is told. */
  review(look: () => SyncView): void;
  rejectAll(error: SyncClientError): void;
}

export interface SyncView {
  readonly state: SyncState;
  readonly pending: readonly PendingPush[];
  readonly parked: ReadonlyMap<string, { readonly error: SyncClientError }>;
  /** What the last run that failed failed with, until one succeeds. */
  readonly lastError: SyncClientError | null;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: SyncClientError) => void;
}

interface Question extends Waiting {
  readonly kind: "push" | "pull";
  readonly afterRun: number;
}

interface Drain extends Waiting {
  /** The last id to wait for, of each mutation by its uid: a uid outlives a change of the client id. */
  readonly uids: ReadonlySet<string>;
}

export function createSyncQuestions(): SyncQuestions {
  let questions: readonly Question[] = [];
  let drains: readonly Drain[] = [];

  return {
    ask: (kind, afterRun) =>
      new Promise((resolve, reject) => {
        questions = [...questions, { kind, afterRun, resolve, reject }];
      }),
    drain: (pending) =>
      new Promise((resolve, reject) => {
        const uids = new Set(pending.flatMap(({ mutations }) => mutations.map(({ uid }) => uid)));
        drains = [...drains, { uids, resolve, reject }];
      }),
    answer(kind, run, error) {
      const isAnswered = (question: Question) => question.kind === kind && run > question.afterRun;
      const answered = questions.filter(isAnswered);
      questions = questions.filter((question) => !isAnswered(question));
      for (const question of answered) settle(question, error);
    },
    review(look) {
      if (questions.length === 0 && drains.length === 0) return;
      const view = look();
      const error = hopeless(view);
      if (error && questions.length > 0) {
        const disappointed = questions;
        questions = [];
        for (const question of disappointed) question.reject(error);
      }
      const verdicts = new Map(drains.map((drain) => [drain, verdict(drain, view)]));
      drains = drains.filter((drain) => verdicts.get(drain) === "wait");
      for (const [drain, is] of verdicts) if (is !== "wait") settle(drain, is);
    },
    rejectAll(error) {
      const all = [...questions, ...drains];
      questions = [];
      drains = [];
      for (const { reject } of all) reject(error);
    },
  };
}

function settle(waiting: Waiting, error: SyncClientError | null): void {
  if (error) waiting.reject(error);
  else waiting.resolve();
}

/** Null: drained. */
function verdict({ uids }: Drain, view: SyncView): SyncClientError | null | "wait" {
  const left = view.pending.filter(({ mutations }) => mutations.some(({ uid }) => uids.has(uid)));
  if (left.length === 0) return null;
  for (const { clientID } of left) {
    const parked = view.parked.get(clientID);
    if (parked) return parked.error;
  }
  switch (view.state.kind) {
    case "stopped":
      return view.lastError ?? stopped();
    case "paused":
      return view.state.failure.error;
    case "waiting-for-leader":
      return view.lastError ?? "wait";
    case "offline-by-setting":
    case "offline-by-network":
    case "idle":
    case "pushing":
    case "pulling":
    case "resetting":
    case "backing-off":
      return "wait";
  }
}

/** Why no run will start by itself, if so. */
function hopeless({ state, lastError }: SyncView): SyncClientError | null {
  switch (state.kind) {
    case "stopped":
      return lastError ?? stopped();
    case "waiting-for-leader":
      return lastError ?? new SyncClientError("network", "Another tab took over: ask again.");
    case "offline-by-setting":
      return new SyncClientError("network", "The client was set offline: call setOffline(false).");
    case "offline-by-network":
      return new SyncClientError("network", "This device is offline.");
    case "paused":
      return state.failure.error;
    case "idle":
    case "pushing":
    case "pulling":
    case "resetting":
    case "backing-off":
      return null;
  }
}

function stopped(): SyncClientError {
  return new SyncClientError("disposed", "The client was stopped: call start().");
}
