/**
 * When to push, when to pull, when to wait: a pure function from state and event to state and effects.
 *
 * Nothing here reads a clock, draws a random number or sends a request. The loop (`sync-loop.ts`) carries out the
 * effects, and feeds what comes of them back as events.
 *
 *   state               holds            leaves it
 *   stopped             nothing          start · push-asked, pull-asked (one round, then back)
 *   waiting-for-leader  nothing          leader-gained · push-asked, pull-asked (one round, then back)
 *   offline-by-setting  nothing          online-set
 *   offline-by-network  nothing          network-back
 *   idle                the poll timer   timer-fired, outbox-appended, poked, visible, woke, …
 *   pushing             a push           pushed → pulling · failed
 *   pulling             a pull           pulled → pushing, pulling, idle · failed
 *   resetting           a base reset     base-reset → pushing · failed
 *   backing-off         the retry timer  timer-fired · unless Retry-After: network-back, visible, woke, connected,
 *                                        a question
 *   paused              the probe or     timer-fired (but for a 401), headers-changed, network-back, visible, woke, start,
 *                       headers timer    push-asked, pull-asked
 *   every state                          stop, offline-set, network-lost, leader-lost (but for paused) → the first state
 *                                        that applies
 *
 * 1. At most one run (push, pull or reset) is in flight, and none in a state that holds none: leaving such a state
 *    other than by the run's own answer aborts it. Answers of any other run change nothing.
 * 2. At most one timer is set, and none in a state that holds none.
 * 3. What is wanted while a run is in flight is done after it, once: ten pokes during a pull make one more pull.
 * 4. A push that sent something is followed by a pull, because only a pull confirms. So neither starves: after a
 *    push comes a pull, and a pull is followed by a push if one is wanted.
 * 5. No request leaves while offline, by setting or by network. Without the leadership, and before `start`, one
 *    leaves only if somebody asked for it. A paused loop gives the leadership away without noticing: when it goes on, it
 *    does so as a leader, until it is told that it is none.
 * 6. Failures never drop anything. They postpone (backing off, obeying Retry-After) or suspend (paused). After
 *    `maxAttempts` failures in a row the app is told once, and the loop goes on probing slowly.
 * 7. A 401 gives the headers one second chance; after that only something new resumes: other headers, a device that
 *    is back, a person who looks or asks. What may also end on the server's side, a 403 or a mismatch (a deployment that
 *    is under way), is probed slowly. The app is told once, until everything has worked again or somebody has asked.
 * 8. A base is reset once for one mismatch: if the server still refuses, the loop pauses.
 * 9. After a failed push the next round starts with a pull, so that a mutation the server cannot take does not cut
 *    the person off from everybody else's changes.
 * 10. Attempts are counted, and the chances of 7 and 8 used up, until nothing is left to do: a pull that works between
 *     two pushes that do not must not turn slow retries into fast ones.
 */

import type { SyncFailure } from "./sync-failure.ts";
import type { SyncEffect, SyncEvent, SyncFacts, SyncState, TimerPurpose } from "./sync-state.ts";

export interface SyncPolicy {
  readonly maxAttempts: number;
}

export interface SyncStep {
  readonly state: SyncState;
  readonly effects: readonly SyncEffect[];
}

export function transition(state: SyncState, event: SyncEvent, policy: SyncPolicy): SyncStep {
  // The table's type ties each handler to its state and its event; the compiler cannot follow that through two
  // lookups with keys that are unions.
  const handler = TABLE[state.kind][event.kind] as Handler<SyncState, SyncEvent>;
  const step = handler(state, event, policy);
  return {
    state: step.state,
    effects: [...effectsOfLeaving(state, event, step.state), ...step.effects],
  };
}

/** A state whose loop has work to do or waits for the time to do it. */
export function isActive(state: SyncState): boolean {
  const { facts, kind } = state;
  const isOpen = gateOf({ ...facts, asked: false }) === "open";
  return isOpen && kind !== "paused" && facts.pausedFor === null;
}

// --- The table: what each state makes of each event ---

type Handler<S, E> = (state: S, event: E, policy: SyncPolicy) => SyncStep;
type StateOf<K extends SyncState["kind"]> = Extract<SyncState, { kind: K }>;
type EventOf<K extends SyncEvent["kind"]> = Extract<SyncEvent, { kind: K }>;
type TableRow<K extends SyncState["kind"]> = {
  readonly [E in SyncEvent["kind"]]: Handler<StateOf<K>, EventOf<E>>;
};
type RunningState = StateOf<"pushing" | "pulling" | "resetting">;
type Table = { readonly [K in SyncState["kind"]]: TableRow<K> };

const stay = (state: SyncState): SyncStep => ({ state, effects: [] });

const LATE_ANSWERS = { pushed: stay, pulled: stay, "base-reset": stay, failed: stay };

const SURROUNDINGS = {
  start: (state: SyncState) => surroundings(state, { started: true }),
  stop: (state: SyncState) => surroundings(state, { started: false, asked: false }),
  "leader-gained": (state: SyncState) => surroundings(state, { leader: true }),
  "leader-lost": (state: SyncState) => surroundings(state, { leader: false }),
  "offline-set": (state: SyncState) => surroundings(state, { offlineBySetting: true }),
  "online-set": (state: SyncState) => surroundings(state, { offlineBySetting: false }),
  "network-lost": (state: SyncState) => surroundings(state, { networkOnline: false }),
  "network-back": (state: SyncState) => surroundings(state, { networkOnline: true }),
};

/** Closed states hold nothing, remember nothing, and begin with a full round when they open. */
const CLOSED = {
  ...SURROUNDINGS,
  ...LATE_ANSWERS,
  visible: stay,
  woke: stay,
  "outbox-appended": stay,
  poked: stay,
  connected: stay,
  "push-asked": (state: SyncState) => askedWhileClosed(state, { pushWanted: true }),
  "pull-asked": (state: SyncState) => askedWhileClosed(state, { pullWanted: true }),
  "headers-changed": stay,
  "timer-fired": stay,
};

const wantPush = (state: SyncState): SyncStep => stay(withFacts(state, { pushWanted: true }));
const wantPull = (state: SyncState): SyncStep => stay(withFacts(state, { pullWanted: true }));
const BOTH = { pushWanted: true, pullWanted: true } as const;

/** While a run is in flight, wishes are noted. */
const RUNNING = {
  ...SURROUNDINGS,
  ...LATE_ANSWERS,
  start: (state: SyncState) => surroundings(state, { started: true, ...BOTH }),
  "leader-gained": (state: SyncState) => surroundings(state, { leader: true, ...BOTH }),
  "network-back": (state: SyncState) => surroundings(state, { networkOnline: true, ...BOTH }),
  visible: wantPull,
  woke: wantPull,
  "outbox-appended": wantPush,
  poked: wantPull,
  connected: wantPull,
  "push-asked": (state: SyncState) => stay(withFacts(state, { pushWanted: true, asked: true })),
  "pull-asked": (state: SyncState) => stay(withFacts(state, { pullWanted: true, asked: true })),
  "headers-changed": stay,
  "timer-fired": stay,
  failed: (state: RunningState, event: EventOf<"failed">, policy: SyncPolicy) =>
    event.run === state.run ? failed(state, event.failure, policy) : stay(state),
};

const round = (state: SyncState): SyncStep => work({ ...state.facts, ...BOTH });

const roundUnlessTold = (state: StateOf<"backing-off">): SyncStep =>
  state.obeying ? stay(state) : round(state);

const TABLE: Table = {
  stopped: CLOSED,
  "waiting-for-leader": CLOSED,
  "offline-by-setting": CLOSED,
  "offline-by-network": CLOSED,
  idle: {
    ...SURROUNDINGS,
    ...LATE_ANSWERS,
    "network-back": round,
    visible: round,
    woke: round,
    "outbox-appended": (state) => work({ ...state.facts, pushWanted: true }),
    poked: (state) => work({ ...state.facts, pullWanted: true }),
    connected: (state) => work({ ...state.facts, pullWanted: true }),
    "push-asked": (state) => work({ ...state.facts, pushWanted: true, asked: true }),
    "pull-asked": (state) => work({ ...state.facts, pullWanted: true, asked: true }),
    "headers-changed": round,
    "timer-fired": round,
  },
  pushing: {
    ...RUNNING,
    pushed: (state, { run, sent, more }) => {
      if (run !== state.run) return stay(state);
      return work({
        ...state.facts,
        pushWanted: state.facts.pushWanted || more,
        pullWanted: state.facts.pullWanted || sent > 0,
        pullFirst: true,
        reached: state.facts.reached || sent > 0,
      });
    },
  },
  pulling: {
    ...RUNNING,
    pulled: (state, { run, unconfirmed }, policy) => {
      if (run !== state.run) return stay(state);
      const facts = { ...state.facts, pullFirst: false, reached: true };
      return unconfirmed ? failed({ ...state, facts }, unconfirmed, policy) : work(facts);
    },
  },
  resetting: {
    ...RUNNING,
    "base-reset": (state, { run }) =>
      run === state.run ? round(withFacts(state, { baseWasReset: true })) : stay(state),
  },
  "backing-off": {
    ...SURROUNDINGS,
    ...LATE_ANSWERS,
    start: roundUnlessTold,
    "network-back": roundUnlessTold,
    visible: roundUnlessTold,
    woke: roundUnlessTold,
    "outbox-appended": stay,
    poked: stay,
    // The socket has a backoff of its own, so that one that opens and closes does not make this one fast.
    connected: roundUnlessTold,
    "push-asked": roundUnlessTold,
    "pull-asked": roundUnlessTold,
    "headers-changed": roundUnlessTold,
    "timer-fired": round,
  },
  paused: {
    ...SURROUNDINGS,
    ...LATE_ANSWERS,
    // Nothing leaves a paused loop, so that it needs no leadership, and it still has to say what it waits for.
    "leader-lost": stay,
    start: (state) => round(withFacts(state, { pausedFor: null })),
    "network-back": round,
    visible: round,
    woke: round,
    "outbox-appended": stay,
    poked: stay,
    connected: stay,
    "push-asked": (state) => round(withFacts(state, { pausedFor: null, asked: true })),
    "pull-asked": (state) => round(withFacts(state, { pausedFor: null, asked: true })),
    "headers-changed": round,
    "timer-fired": (state) =>
      state.failure.kind === "unauthorized"
        ? { state, effects: [{ kind: "check-headers" }, CHECK_HEADERS_LATER] }
        : round(state),
  },
};

// --- Moves ---

type ClosedKind = "stopped" | "waiting-for-leader" | "offline-by-setting" | "offline-by-network";

const CHECK_HEADERS_LATER: SyncEffect = { kind: "set-timer", purpose: { kind: "check-headers" } };

function gateOf(facts: SyncFacts): ClosedKind | "open" {
  if (!facts.started && !facts.asked) return "stopped";
  if (facts.offlineBySetting) return "offline-by-setting";
  if (!facts.networkOnline) return "offline-by-network";
  if (!facts.leader && !facts.asked) return "waiting-for-leader";
  return "open";
}

/** To the first closed state that applies; a round that was asked for ends here. */
function close(facts: SyncFacts): SyncStep {
  const kind = gateOf({ ...facts, asked: false });
  if (kind === "open") return work(facts);
  const forgotten = {
    pushWanted: false,
    pullWanted: false,
    pullFirst: false,
    asked: false,
    headersRetried: false,
    baseWasReset: false,
    pausedFor: null,
    reached: false,
  };
  return stay({ kind, facts: { ...facts, ...forgotten } });
}

function withFacts(state: SyncState, change: Partial<SyncFacts>): SyncState {
  return { ...state, facts: { ...state.facts, ...change } };
}

function surroundings(state: SyncState, change: Partial<SyncFacts>): SyncStep {
  const facts = { ...state.facts, ...change };
  if (gateOf(facts) !== "open") return close(facts);
  return isClosed(state) ? work({ ...facts, ...BOTH }) : stay({ ...state, facts });
}

function askedWhileClosed(state: SyncState, wish: Partial<SyncFacts>): SyncStep {
  const facts = { ...state.facts, ...wish, asked: true };
  return gateOf(facts) === "open" ? work(facts) : stay(state);
}

/** Starts what is wanted, or rests. */
function work(facts: SyncFacts): SyncStep {
  if (gateOf(facts) !== "open") return close(facts);
  const run = facts.run + 1;
  if (facts.pullWanted && (facts.pullFirst || !facts.pushWanted)) {
    const state: SyncState = { kind: "pulling", run, facts: { ...facts, run, pullWanted: false } };
    return { state, effects: [{ kind: "pull", run }] };
  }
  if (facts.pushWanted) {
    const state: SyncState = { kind: "pushing", run, facts: { ...facts, run, pushWanted: false } };
    return { state, effects: [{ kind: "push", run }] };
  }
  if (facts.asked) return work({ ...facts, asked: false });
  const effects: SyncEffect[] = [{ kind: "set-timer", purpose: { kind: "poll" } }];
  const fresh = {
    ...{ attempts: 0, headersRetried: false, baseWasReset: false },
    ...{ pausedFor: null, pullFirst: false },
  };
  return { state: { kind: "idle", facts: { ...facts, ...fresh } }, effects };
}

function failed(state: RunningState, failure: SyncFailure, policy: SyncPolicy): SyncStep {
  const facts = { ...state.facts, ...BOTH, pullFirst: state.kind === "pushing" };
  if (failure.kind === "unauthorized" && !facts.headersRetried) {
    return work({ ...facts, headersRetried: true });
  }
  // Nobody retries for somebody who asked: they hear of the failure, and may ask again.
  const unasked = { ...facts, asked: false, reached: false };
  if (gateOf(unasked) !== "open") return close(unasked);
  switch (failure.kind) {
    case "transient":
    case "persistent":
      return backOff(unasked, failure, policy);
    case "unauthorized":
    case "forbidden":
      return pause(unasked, failure, policy);
    case "schema-mismatch":
      return failure.decision === "reset" && !facts.baseWasReset
        ? reset(unasked)
        : pause(unasked, failure, policy);
  }
}

type Postponing = Extract<SyncFailure, { kind: "transient" | "persistent" }>;

function backOff(facts: SyncFacts, failure: Postponing, policy: SyncPolicy): SyncStep {
  const told = facts.attempts >= policy.maxAttempts;
  const attempts =
    failure.kind === "persistent"
      ? Math.max(facts.attempts + 1, policy.maxAttempts)
      : facts.attempts + 1;
  const probing = attempts >= policy.maxAttempts;
  const retryAfterMs = failure.kind === "transient" ? failure.retryAfterMs : null;
  const obeying = retryAfterMs !== null;
  const purpose: TimerPurpose = { kind: "retry", attempts, probing, atLeastMs: retryAfterMs ?? 0 };
  const effects: SyncEffect[] = [{ kind: "set-timer", purpose }];
  if (probing && !told) effects.push({ kind: "report", error: failure.error });
  return {
    state: {
      kind: "backing-off",
      facts: { ...facts, attempts, pausedFor: null },
      failure,
      obeying,
    },
    effects,
  };
}

function pause(facts: SyncFacts, failure: SyncFailure, { maxAttempts }: SyncPolicy): SyncStep {
  const probe = { kind: "retry", attempts: maxAttempts, probing: true, atLeastMs: 0 } as const;
  const effects: SyncEffect[] =
    failure.kind === "unauthorized"
      ? [CHECK_HEADERS_LATER]
      : [{ kind: "set-timer", purpose: probe }];
  const told = facts.pausedFor?.kind === failure.kind;
  if (!told) effects.push({ kind: "report", error: failure.error });
  return { state: { kind: "paused", facts: { ...facts, pausedFor: failure }, failure }, effects };
}

function reset(facts: SyncFacts): SyncStep {
  const run = facts.run + 1;
  return {
    state: { kind: "resetting", run, facts: { ...facts, run } },
    effects: [{ kind: "reset-base", run }],
  };
}

/** Invariants 1 and 2, in one place: what a state held ends with it. */
function effectsOfLeaving(before: SyncState, event: SyncEvent, after: SyncState): SyncEffect[] {
  const run = runOf(before);
  if (run !== null && run !== runOf(after) && !("run" in event)) return [{ kind: "abort", run }];
  if (holdsTimer(before) && before.kind !== after.kind && event.kind !== "timer-fired") {
    return [{ kind: "cancel-timer" }];
  }
  return [];
}

function runOf(state: SyncState): number | null {
  return "run" in state ? state.run : null;
}

function holdsTimer(state: SyncState): boolean {
  return state.kind === "idle" || state.kind === "backing-off" || state.kind === "paused";
}

function isClosed(state: SyncState): boolean {
  switch (state.kind) {
    case "stopped":
    case "waiting-for-leader":
    case "offline-by-setting":
    case "offline-by-network":
      return true;
    case "idle":
    case "pushing":
    case "pulling":
    case "resetting":
    case "backing-off":
    case "paused":
      return false;
  }
}
