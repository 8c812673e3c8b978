/**
 * The driver of the sync machine: carries out its effects, and tells it what came of them.
 *
 * 1. Events are taken one at a time, in order; an effect never runs in the middle of a transition.
 * 2. A run starts only when the one before has really ended, also if that was aborted: an abort cannot take back what
 *    storage is doing. So two pulls never overlap, whatever the machine decides meanwhile.
 * 3. The subscription is open exactly while the loop is active: started, leading, not offline, not paused. Each time it
 *    opens counts as a poke, because pokes may have been missed, and as a sign that the server is back.
 */

import type { TicketResponse } from "@sh1n4ps/plasma-core";
import { disposed, SyncClientError } from "../errors.ts";
import { DEFAULT_POLL_INTERVAL_MS, DEFAULT_PULL_PAGE_SIZE, DEFAULT_RETRY } from "../options.ts";
import type { RetryOptions, Subscribe, Subscription } from "../options.ts";
import type { Fetcher, Platform, TimerHandle } from "../platform.ts";
import type { SyncReplica } from "../replica/sync-replica.ts";
import { runPull } from "./pull.ts";
import type { PullProgress } from "./pull.ts";
import {
  DEFAULT_MAX_MUTATIONS_PER_PUSH,
  DEFAULT_MAX_PUSH_BYTES,
  forgetSettled,
  newPushMemory,
  runPush,
} from "./push.ts";
import { decided } from "./schema-decision.ts";
import type { OnSchemaMismatch } from "./schema-decision.ts";
import { failureOf, localFailure } from "./sync-failure.ts";
import type { SyncFailure, SyncPhase } from "./sync-failure.ts";
import { isActive, transition } from "./sync-machine.ts";
import { createSyncQuestions } from "./sync-questions.ts";
import { initialSyncState } from "./sync-state.ts";
import type { SyncEffect, SyncEvent, SyncState, TimerPurpose } from "./sync-state.ts";
import { connectionOf, sameStatus } from "./sync-status.ts";
import type { SyncStatus } from "./sync-status.ts";
import { timerDelay } from "./timer-delay.ts";
import { createTransport } from "./transport.ts";
import type { AuthHeaders } from "./transport.ts";

export interface SyncLoopOptions {
  readonly endpoint: string;
  readonly schemaVersion: string;
  readonly clientGroupID: string;
  readonly pollIntervalMs?: number;
  readonly retry?: Partial<RetryOptions>;
  readonly pullPageSize?: number;
  readonly authHeaders?: () => AuthHeaders | Promise<AuthHeaders>;
  readonly fetcher?: Fetcher;
  readonly subscribe?: Subscribe;
  readonly onSchemaMismatch?: OnSchemaMismatch;
  readonly offline?: boolean;
  readonly requestTimeoutMs?: number;
  readonly maxMutationsPerPush?: number;
  readonly maxPushBytes?: number;
}

export interface SyncLoopInput {
  /** Opened already. */
  readonly replica: SyncReplica;
  readonly options: SyncLoopOptions;
  readonly platform: Platform;
  readonly onError: (error: SyncClientError) => void;
  /** Default: true. Without Web Locks every tab leads. */
  readonly leader?: boolean;
}

export interface SyncLoop {
  readonly status: SyncStatus;
  subscribeStatus(listener: () => void): () => void;
  start(): void;
  stop(): void;
  pushOnce(): Promise<void>;
  pullOnce(): Promise<void>;
  /** Resolves when what is pending now was pushed, and a pull has confirmed it. */
  flush(): Promise<void>;
  setOffline(offline: boolean): void;
  setLeader(leader: boolean): void;
  /** The app knows that `authHeaders` would give others now: a loop that is paused for them goes on. */
  headersChanged(): void;
  /** Entries have left the outbox, or a pull was applied, by another tab. */
  replicaChanged(): void;
  dispose(): void;
}

/** A timer that is later than this was not slow: the device slept. */
const SLEPT_MS = 30_000;

export function createSyncLoop(input: SyncLoopInput): SyncLoop {
  const { replica, options, platform, onError } = input;
  const retry: RetryOptions = { ...DEFAULT_RETRY, ...options.retry };
  const pollIntervalMs = options.pollIntervalMs ?? DEFAULT_POLL_INTERVAL_MS;
  const transport = createTransport({ ...options, platform });
  const memory = newPushMemory();
  const questions = createSyncQuestions();
  const listeners = new Set<() => void>();
  const events: SyncEvent[] = [];
  const pageSize = options.pullPageSize ?? DEFAULT_PULL_PAGE_SIZE;
  const limits = {
    maxMutations: options.maxMutationsPerPush ?? DEFAULT_MAX_MUTATIONS_PER_PUSH,
    maxBytes: options.maxPushBytes ?? DEFAULT_MAX_PUSH_BYTES,
  };
  const runs = { push, pull, reset: resetBase };

  let state: SyncState = initialSyncState({
    leader: input.leader ?? true,
    offlineBySetting: options.offline ?? false,
    networkOnline: platform.online.current(),
  });
  let isDispatching = false;
  let isDisposed = false;
  let timer: TimerHandle | null = null;
  let abort = new AbortController();
  let lastRun: Promise<void> = Promise.resolve();
  let lastError: SyncClientError | null = null;
  let lastSyncedAt: number | null = null;
  let progress: PullProgress | null = null;
  let subscription: Subscription | null = null;
  let status = readStatus();

  const unsubscribe = [
    platform.online.subscribe(() =>
      dispatch({ kind: platform.online.current() ? "network-back" : "network-lost" }),
    ),
    platform.visible.subscribe(() => {
      if (platform.visible.current()) dispatch({ kind: "visible" });
    }),
    replica.subscribeOutbox(() => dispatch({ kind: "outbox-appended" })),
  ];

  return {
    get status() {
      return status;
    },
    subscribeStatus(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start: () => resume({ kind: "start" }),
    stop: () => dispatch({ kind: "stop" }),
    pushOnce: () => ask("push"),
    pullOnce: () => ask("pull"),
    flush() {
      const pending = replica.pendingPushes();
      if (pending.every(({ mutations }) => mutations.length === 0)) return Promise.resolve();
      if (isDisposed) return Promise.reject(disposed());
      lastError = null;
      resume({ kind: "push-asked" });
      const drained = questions.drain(pending);
      review();
      return drained;
    },
    setOffline: (offline) => dispatch({ kind: offline ? "offline-set" : "online-set" }),
    setLeader: (leader) => dispatch({ kind: leader ? "leader-gained" : "leader-lost" }),
    headersChanged: () => resume({ kind: "headers-changed" }),
    replicaChanged: review,
    dispose() {
      if (isDisposed) return;
      dispatch({ kind: "stop" });
      isDisposed = true;
      for (const end of unsubscribe) end();
      listeners.clear();
      questions.rejectAll(disposed());
    },
  };

  function ask(kind: "push" | "pull"): Promise<void> {
    if (isDisposed) return Promise.reject(disposed());
    lastError = null;
    const answer = questions.ask(kind, state.facts.run);
    resume({ kind: kind === "push" ? "push-asked" : "pull-asked" });
    return answer;
  }

  /** Somebody has reason to believe that it works now: parked outboxes get their chance as well. */
  function resume(event: SyncEvent): void {
    memory.parked.clear();
    dispatch(event);
  }

  function dispatch(event: SyncEvent): void {
    if (isDisposed) return;
    events.push(event);
    if (isDispatching) return;
    isDispatching = true;
    try {
      for (let next = events.shift(); next; next = events.shift()) {
        const step = transition(state, next, { maxAttempts: retry.maxAttempts });
        state = step.state;
        for (const effect of step.effects) carryOut(effect);
        subscribeWhileActive();
      }
    } finally {
      isDispatching = false;
    }
    review();
  }

  function carryOut(effect: SyncEffect): void {
    switch (effect.kind) {
      case "push":
        return begin("push", effect.run);
      case "pull":
        return begin("pull", effect.run);
      case "reset-base":
        return begin("reset", effect.run);
      case "abort":
        return abort.abort();
      case "set-timer":
        return setTimer(effect.purpose);
      case "cancel-timer":
        return clearTimer();
      case "check-headers":
        void transport.headersChanged().then((changed) => {
          if (changed) resume({ kind: "headers-changed" });
        });
        return;
      case "report":
        return report(effect.error);
    }
  }

  function begin(kind: RunKind, run: number): void {
    abort = new AbortController();
    const { signal } = abort;
    lastRun = lastRun.then(async () => {
      if (signal.aborted) return;
      const event = await runs[kind](run, signal).catch((cause: unknown): SyncEvent => ({
        kind: "failed",
        run,
        failure: localFailure(cause),
      }));
      if (event && !signal.aborted) conclude(kind, run, event);
    });
  }

  function conclude(kind: RunKind, run: number, event: SyncEvent): void {
    if (event.kind !== "failed") {
      lastError = null;
      if (kind !== "reset") questions.answer(kind, run, kind === "push" ? parkedError() : null);
      return dispatch(event);
    }
    lastError = event.failure.error;
    dispatch(event);
    // A run that was answered with another one at once is still under way for those who asked.
    const goesOn =
      state.kind === "pushing" || state.kind === "pulling" || state.kind === "resetting";
    if (kind !== "reset" && !goesOn) questions.answer(kind, run, event.failure.error);
  }

  async function push(run: number, signal: AbortSignal): Promise<SyncEvent | null> {
    const outcome = await runPush({
      replica,
      transport,
      memory,
      limits,
      signal,
      now: platform.clock.now(),
      parkForMs: retry.maxDelayMs,
      onParked: report,
    });
    switch (outcome.kind) {
      case "pushed":
        return { kind: "pushed", run, sent: outcome.sent, more: outcome.more };
      case "failed":
        return { kind: "failed", run, failure: await decide(outcome.failure, "push", signal) };
      case "aborted":
        return null;
    }
  }

  async function pull(run: number, signal: AbortSignal): Promise<SyncEvent | null> {
    const outcome = await runPull({
      replica,
      transport,
      pageSize,
      signal,
      onProgress: (made) => showProgress(signal.aborted ? null : made),
    });
    showProgress(null);
    switch (outcome.kind) {
      case "applied":
        lastSyncedAt = platform.clock.now();
        return { kind: "pulled", run, unconfirmed: unconfirmed() };
      case "failed":
        return { kind: "failed", run, failure: await decide(outcome.failure, "pull", signal) };
      case "aborted":
        return null;
    }
  }

  function showProgress(made: PullProgress | null): void {
    if (progress === made) return;
    progress = made;
    review();
  }

  async function resetBase(run: number): Promise<SyncEvent> {
    await replica.resetBase();
    return { kind: "base-reset", run };
  }

  /** Mutations that the server has answered for and that no pull shows have to be sent again: it may have lost them. */
  function unconfirmed(): SyncFailure | null {
    const isMissing = replica
      .pendingPushes()
      .some(({ clientID, mutations }) =>
        mutations.some(({ id }) => id <= (memory.answered.get(clientID) ?? 0)),
      );
    memory.answered.clear();
    if (!isMissing) return null;
    const message = "The server took mutations that its answers do not show. They are sent again.";
    return {
      kind: "transient",
      error: new SyncClientError("pull-http", message),
      retryAfterMs: null,
    };
  }

  function decide(failure: SyncFailure, phase: SyncPhase, signal: AbortSignal) {
    const { onSchemaMismatch } = options;
    const { pausedFor } = state.facts;
    return decided(failure, { phase, onSchemaMismatch, pausedFor, signal, log: platform.log });
  }

  function setTimer(purpose: TimerPurpose): void {
    const delayMs = timerDelay(purpose, { retry, pollIntervalMs, memory, platform });
    clearTimer();
    if (delayMs === null) return;
    const due = platform.clock.now() + delayMs;
    timer = platform.timers.set(() => {
      timer = null;
      if (platform.clock.now() - due > SLEPT_MS) dispatch({ kind: "woke" });
      dispatch({ kind: "timer-fired" });
    }, delayMs);
  }

  function clearTimer(): void {
    if (timer !== null) platform.timers.clear(timer);
    timer = null;
  }

  function subscribeWhileActive(): void {
    if (!options.subscribe || isActive(state) === (subscription !== null)) return;
    if (subscription) {
      const closing = subscription;
      subscription = null;
      return closing.close();
    }
    // A subscription that was closed may still have something to say.
    let opened: Subscription | null = null;
    const tell = (kind: "poked" | "connected") => () => {
      if (opened === null || opened === subscription) dispatch({ kind });
    };
    opened = options.subscribe({
      endpoint: options.endpoint,
      getTicket,
      onPoke: tell("poked"),
      onOpen: tell("connected"),
      onClose: () => undefined,
      platform,
    });
    subscription = opened;
  }

  async function getTicket(room?: string): Promise<TicketResponse> {
    const clientID = replica.clientID;
    const result = await transport.ticket({ clientID, ...(room === undefined ? {} : { room }) });
    switch (result.kind) {
      case "ok":
        return result.value;
      case "aborted":
        throw disposed();
      case "http-error":
      case "network":
      case "malformed":
        throw failureOf(result, "pull").error;
    }
  }

  function review(): void {
    const { parked } = memory;
    // Another tab may have settled them.
    if (parked.size > 0) forgetSettled(memory, replica.pendingPushes());
    questions.review(() => ({ state, pending: replica.pendingPushes(), parked, lastError }));
    const next = readStatus();
    if (sameStatus(status, next)) return;
    status = next;
    for (const listener of [...listeners]) guarded(listener);
  }

  function readStatus(): SyncStatus {
    const { pushCount: pending, cookie } = replica.summary;
    const error =
      state.kind === "backing-off" || state.kind === "paused"
        ? state.failure.error
        : (state.facts.pausedFor?.error ?? parkedError());
    return {
      connection: connectionOf(state),
      pending,
      lastSyncedAt,
      firstSync: cookie === null ? "pending" : "complete",
      progress,
      ...(error ? { error } : {}),
    };
  }

  function parkedError(): SyncClientError | null {
    for (const { error } of memory.parked.values()) return error;
    return null;
  }

  function report(error: SyncClientError): void {
    guarded(() => onError(error));
  }

  /** What the app does with what it is told must not stop the loop. */
  function guarded(tell: () => void): void {
    try {
      tell();
    } catch (cause) {
      platform.log("error", "A listener of the sync loop threw.", cause);
    }
  }
}

type RunKind = "push" | "pull" | "reset";
