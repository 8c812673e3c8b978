import { describe, expect, it } from "vitest";
import { SyncClientError } from "../errors.ts";
import type { SyncFailure } from "./sync-failure.ts";
import { isActive, transition } from "./sync-machine.ts";
import { initialSyncState } from "./sync-state.ts";
import type { SyncEffect, SyncEvent, SyncFacts, SyncState } from "./sync-state.ts";
import { seededRandom } from "./testing/virtual-platform.ts";

const policy = { maxAttempts: 3 };
const error = new SyncClientError("network", "unreachable");
const transient: SyncFailure = { kind: "transient", error, retryAfterMs: null };
const told: SyncFailure = { kind: "transient", error, retryAfterMs: 7000 };
const persistent: SyncFailure = { kind: "persistent", error };
const unauthorized: SyncFailure = { kind: "unauthorized", error };
const forbidden: SyncFailure = { kind: "forbidden", error };
const mismatchStay: SyncFailure = { kind: "schema-mismatch", error, decision: "stay" };
const mismatchReset: SyncFailure = { kind: "schema-mismatch", error, decision: "reset" };

const initial = initialSyncState({ leader: true, offlineBySetting: false, networkOnline: true });
const facts: SyncFacts = { ...initial.facts, started: true, run: 5 };

function after(...events: readonly SyncEvent[]): SyncState {
  return events.reduce((state, event) => transition(state, event, policy).state, initial);
}

function effectKinds(effects: readonly SyncEffect[]): string {
  return effects.map((effect) => effect.kind).join(" ");
}

const STATES: { readonly [K in SyncState["kind"]]: Extract<SyncState, { kind: K }> } = {
  stopped: { kind: "stopped", facts: { ...facts, started: false } },
  "waiting-for-leader": { kind: "waiting-for-leader", facts: { ...facts, leader: false } },
  "offline-by-setting": { kind: "offline-by-setting", facts: { ...facts, offlineBySetting: true } },
  "offline-by-network": { kind: "offline-by-network", facts: { ...facts, networkOnline: false } },
  idle: { kind: "idle", facts },
  pushing: { kind: "pushing", facts, run: 5 },
  pulling: { kind: "pulling", facts, run: 5 },
  resetting: { kind: "resetting", facts, run: 5 },
  "backing-off": { kind: "backing-off", facts, failure: transient, obeying: false },
  paused: { kind: "paused", facts: { ...facts, pausedFor: forbidden }, failure: forbidden },
};

const EVENTS: { readonly [K in SyncEvent["kind"]]: Extract<SyncEvent, { kind: K }> } = {
  start: { kind: "start" },
  stop: { kind: "stop" },
  "leader-gained": { kind: "leader-gained" },
  "leader-lost": { kind: "leader-lost" },
  "offline-set": { kind: "offline-set" },
  "online-set": { kind: "online-set" },
  "network-lost": { kind: "network-lost" },
  "network-back": { kind: "network-back" },
  visible: { kind: "visible" },
  woke: { kind: "woke" },
  "outbox-appended": { kind: "outbox-appended" },
  poked: { kind: "poked" },
  connected: { kind: "connected" },
  "push-asked": { kind: "push-asked" },
  "pull-asked": { kind: "pull-asked" },
  "headers-changed": { kind: "headers-changed" },
  "timer-fired": { kind: "timer-fired" },
  pushed: { kind: "pushed", run: 5, sent: 1, more: false },
  pulled: { kind: "pulled", run: 5, unconfirmed: null },
  "base-reset": { kind: "base-reset", run: 5 },
  failed: { kind: "failed", run: 5, failure: transient },
};

const STATE_KINDS = Object.keys(STATES) as SyncState["kind"][];
const EVENT_KINDS = Object.keys(EVENTS) as SyncEvent["kind"][];

// Written out by hand, so that a change of the machine shows as a change of this table.
// A dot: the same state, no effects. `~`: the same state, something is noted.
const EXPECTED = `
                 stopped  waiting-for-leader  offline-by-setting  offline-by-network  idle              pushing         pulling         resetting       backing-off      paused
start            pushing  .                   .                   .                   .                 ~               ~               ~               pushing-t        pushing-t
stop             .        stopped             stopped             stopped             stopped-t         stopped-a       stopped-a       stopped-a       stopped-t        stopped-t
leader-gained    .        pushing             .                   .                   .                 ~               ~               ~               .                .
leader-lost      ~        .                   ~                   ~                   waiting-t         waiting-a       waiting-a       waiting-a       waiting-t        .
offline-set      ~        setting             .                   setting             setting-t         setting-a       setting-a       setting-a       setting-t        setting-t
online-set       .        .                   pushing             .                   .                 .               .               .               .                .
network-lost     ~        network             ~                   .                   network-t         network-a       network-a       network-a       network-t        network-t
network-back     .        .                   .                   pushing             pushing-t         ~               ~               ~               pushing-t        pushing-t
visible          .        .                   .                   .                   pushing-t         ~               ~               ~               pushing-t        pushing-t
woke             .        .                   .                   .                   pushing-t         ~               ~               ~               pushing-t        pushing-t
outbox-appended  .        .                   .                   .                   pushing-t         ~               ~               ~               .                .
poked            .        .                   .                   .                   pulling-t         ~               ~               ~               .                .
connected        .        .                   .                   .                   pulling-t         ~               ~               ~               pushing-t        .
push-asked       pushing  pushing             .                   .                   pushing-t         ~               ~               ~               pushing-t        pushing-t
pull-asked       pulling  pulling             .                   .                   pulling-t         ~               ~               ~               pushing-t        pushing-t
headers-changed  .        .                   .                   .                   pushing-t         .               .               .               pushing-t        pushing-t
timer-fired      .        .                   .                   .                   pushing           .               .               .               pushing          pushing
pushed           .        .                   .                   .                   .                 pulling         .               .               .                .
pulled           .        .                   .                   .                   .                 .               idle            .               .                .
base-reset       .        .                   .                   .                   .                 .               .               pushing         .                .
failed           .        .                   .                   .                   .                 backing-off     backing-off     backing-off     .                .
`;

const SHORT: Readonly<Record<string, SyncState["kind"]>> = {
  waiting: "waiting-for-leader",
  setting: "offline-by-setting",
  network: "offline-by-network",
};

/** What entering a state does, whatever came before. */
const ENTERING: Readonly<Record<string, string>> = {
  pushing: "push",
  pulling: "pull",
  resetting: "reset-base",
  idle: "set-timer",
  "backing-off": "set-timer",
};

describe("each state and each event", () => {
  const [head = "", ...lines] = EXPECTED.trim().split("\n");
  const columns = head.trim().split(/\s+/);
  const rows = lines.map((line) => line.trim().split(/\s+/));

  it("has a line in the table", () => {
    expect(columns).toEqual(STATE_KINDS);
    expect(rows.map(([event]) => event)).toEqual(EVENT_KINDS);
  });

  for (const [eventKind = "", ...cells] of rows) {
    it(`gives what the table says on ${eventKind}`, () => {
      cells.forEach((cell, index) => {
        const before = STATES[columns[index] as SyncState["kind"]];
        const step = transition(before, EVENTS[eventKind as SyncEvent["kind"]], policy);
        const where = `${before.kind} × ${eventKind}`;
        if (cell === ".") {
          expect(step.state, where).toEqual(before);
          expect(step.effects, where).toEqual([]);
          return;
        }
        if (cell === "~") {
          expect(step.state.kind, where).toBe(before.kind);
          expect(step.state, where).not.toEqual(before);
          expect(step.effects, where).toEqual([]);
          return;
        }
        const [, name = "", leaving] = /^(.*?)(?:-([ta]))?$/.exec(cell) ?? [];
        const kind = SHORT[name] ?? name;
        const effects = [
          leaving === "t" ? "cancel-timer" : leaving === "a" ? "abort" : "",
          ENTERING[kind] ?? "",
        ];
        expect(step.state.kind, where).toBe(kind);
        expect(effectKinds(step.effects), where).toBe(effects.filter(Boolean).join(" "));
      });
    });
  }

  it("leaves a state alone when the answer is that of another run (invariant 1)", () => {
    for (const kind of STATE_KINDS) {
      for (const event of [EVENTS.pushed, EVENTS.pulled, EVENTS["base-reset"], EVENTS.failed]) {
        const before = STATES[kind];
        const step = transition(before, { ...event, run: 4 }, policy);
        expect(step.state).toEqual(before);
        expect(step.effects).toEqual([]);
      }
    }
  });
});

describe("what is wanted while something is in flight", () => {
  const pulling = after({ kind: "start" }, { kind: "pushed", run: 1, sent: 0, more: false });

  it("makes exactly one more pull of many pokes (invariant 3)", () => {
    expect(pulling).toMatchObject({ kind: "pulling", run: 2 });
    let state = pulling;
    for (let poke = 0; poke < 10; poke += 1) {
      state = transition(state, { kind: "poked" }, policy).state;
    }
    state = transition(state, { kind: "pulled", run: 2, unconfirmed: null }, policy).state;
    expect(state).toMatchObject({ kind: "pulling", run: 3 });
    state = transition(state, { kind: "pulled", run: 3, unconfirmed: null }, policy).state;
    expect(state.kind).toBe("idle");
  });

  it("pushes again what was appended during a push, after the pull that confirms the first part", () => {
    let state = after({ kind: "start" }, { kind: "outbox-appended" });
    state = transition(state, { kind: "pushed", run: 1, sent: 2, more: false }, policy).state;
    expect(state.kind).toBe("pulling");
    state = transition(state, { kind: "pulled", run: 2, unconfirmed: null }, policy).state;
    expect(state.kind).toBe("pushing");
  });

  it("does not pull after a push that sent nothing, unless a pull is wanted", () => {
    const asked = after(
      { kind: "start" },
      { kind: "pushed", run: 1, sent: 0, more: false },
      { kind: "pulled", run: 2, unconfirmed: null },
      { kind: "outbox-appended" },
    );
    const step = transition(asked, { kind: "pushed", run: 3, sent: 0, more: false }, policy);
    expect(step.state.kind).toBe("idle");
  });

  it("pushes what a push left behind, after a pull", () => {
    const left = after({ kind: "start" }, { kind: "pushed", run: 1, sent: 1, more: true });
    expect(left.kind).toBe("pulling");
    const step = transition(left, { kind: "pulled", run: 2, unconfirmed: null }, policy);
    expect(step.state.kind).toBe("pushing");
  });
});

describe("failures", () => {
  function fail(state: SyncState, failure: SyncFailure) {
    return transition(state, { kind: "failed", run: state.facts.run, failure }, policy);
  }

  function failTimes(count: number, failure: SyncFailure): { state: SyncState; reports: number } {
    let state = after({ kind: "start" });
    let reports = 0;
    for (let time = 0; time < count; time += 1) {
      const step = fail(state, failure);
      reports += step.effects.filter(({ kind }) => kind === "report").length;
      state = transition(step.state, { kind: "timer-fired" }, policy).state;
    }
    return { state, reports };
  }

  it("report once, after maxAttempts in a row, and then go on probing (invariant 6)", () => {
    expect(failTimes(2, transient).reports).toBe(0);
    expect(failTimes(3, transient).reports).toBe(1);
    expect(failTimes(50, transient).reports).toBe(1);
    const probe = fail(failTimes(50, transient).state, transient);
    expect(probe.state.kind).toBe("backing-off");
    expect(probe.effects).toEqual([
      { kind: "set-timer", purpose: { kind: "retry", attempts: 51, probing: true, atLeastMs: 0 } },
    ]);
  });

  it("report at once when trying again is of no use, and still probe", () => {
    const step = fail(after({ kind: "start" }), persistent);
    expect(effectKinds(step.effects)).toBe("set-timer report");
    expect(step.state).toMatchObject({ kind: "backing-off", facts: { attempts: 3 } });
    expect(failTimes(20, persistent).reports).toBe(1);
  });

  it("are counted until nothing is left to do, whatever works in between (invariant 10)", () => {
    let { state } = failTimes(3, transient);
    expect(state).toMatchObject({ kind: "pulling", facts: { attempts: 3 } });
    const pulled = (): SyncEvent => ({ kind: "pulled", run: state.facts.run, unconfirmed: null });
    state = transition(state, pulled(), policy).state;
    expect(state).toMatchObject({ kind: "pushing", facts: { attempts: 3 } });
    const pushed: SyncEvent = { kind: "pushed", run: state.facts.run, sent: 1, more: false };
    state = transition(state, pushed, policy).state;
    state = transition(state, pulled(), policy).state;
    expect(state).toMatchObject({ kind: "idle", facts: { attempts: 0 } });
  });

  it("count a pull that does not show what was pushed", () => {
    const state = after({ kind: "start" }, { kind: "pushed", run: 1, sent: 1, more: false });
    const step = transition(state, { kind: "pulled", run: 2, unconfirmed: transient }, policy);
    expect(step.state).toMatchObject({ kind: "backing-off", facts: { attempts: 1 } });
  });

  it("obey Retry-After whatever happens, but for the time itself and being closed", () => {
    const obeying = fail(after({ kind: "start" }), told);
    expect(obeying.effects).toEqual([
      {
        kind: "set-timer",
        purpose: { kind: "retry", attempts: 1, probing: false, atLeastMs: 7000 },
      },
    ]);
    const ending = ["stop", "leader-lost", "offline-set", "network-lost", "timer-fired"];
    for (const kind of EVENT_KINDS) {
      const step = transition(obeying.state, EVENTS[kind], policy);
      expect(step.state.kind === "backing-off", kind).toBe(!ending.includes(kind));
    }
  });

  it("let the next round start with a pull if it was a push that failed (invariant 9)", () => {
    const pushFailed = fail(after({ kind: "start" }), transient).state;
    const retried = transition(pushFailed, { kind: "timer-fired" }, policy).state;
    expect(retried.kind).toBe("pulling");
    const pullFailed = fail(retried, transient).state;
    expect(transition(pullFailed, { kind: "timer-fired" }, policy).state.kind).toBe("pushing");
  });

  it("give the headers one second chance, and pause after it (invariant 7)", () => {
    const first = fail(after({ kind: "start" }), unauthorized);
    expect(first.state).toMatchObject({ kind: "pulling", facts: { headersRetried: true } });
    const second = fail(first.state, unauthorized);
    expect(second.state.kind).toBe("paused");
    expect(effectKinds(second.effects)).toBe("set-timer report");
    const resumed = transition(second.state, { kind: "headers-changed" }, policy);
    expect(resumed.state).toMatchObject({ kind: "pushing", facts: { headersRetried: true } });
    const { run } = resumed.state.facts;
    const pushed = transition(resumed.state, { kind: "pushed", run, sent: 0, more: false }, policy);
    const pulled: SyncEvent = { kind: "pulled", run: run + 1, unconfirmed: null };
    expect(transition(pushed.state, pulled, policy).state.facts.headersRetried).toBe(false);
  });

  it.each([forbidden, mismatchStay])(
    "pause at once on 403 and on a mismatch that the app wants to sit out, and probe slowly",
    (failure) => {
      const paused = fail(after({ kind: "start" }), failure);
      expect(paused.state.kind).toBe("paused");
      const purpose = { kind: "retry", attempts: 3, probing: true, atLeastMs: 0 };
      expect(paused.effects).toEqual([
        { kind: "set-timer", purpose },
        { kind: "report", error },
      ]);
      const probing = transition(paused.state, { kind: "timer-fired" }, policy).state;
      expect(probing).toMatchObject({ kind: "pulling", facts: { pausedFor: failure } });
      expect(isActive(probing)).toBe(false);
      expect(fail(probing, failure).effects).toEqual([{ kind: "set-timer", purpose }]);
    },
  );

  it("pause on a 401 without a request until something is new", () => {
    const first = fail(after({ kind: "start" }), unauthorized);
    const paused = fail(first.state, unauthorized).state;
    const step = transition(paused, { kind: "timer-fired" }, policy);
    expect(step.state).toBe(paused);
    expect(effectKinds(step.effects)).toBe("check-headers set-timer");
  });

  it("are reported again after somebody has asked for another try", () => {
    const paused = fail(after({ kind: "start" }), forbidden).state;
    const asked = transition(paused, { kind: "start" }, policy).state;
    expect(effectKinds(fail(asked, forbidden).effects)).toBe("set-timer report");
  });

  it("reset the base once for one mismatch, then pause (invariant 8)", () => {
    const first = fail(after({ kind: "start" }), mismatchReset);
    expect(first.state.kind).toBe("resetting");
    expect(effectKinds(first.effects)).toBe("reset-base");
    const { run } = first.state.facts;
    const reset = transition(first.state, { kind: "base-reset", run }, policy);
    expect(fail(reset.state, mismatchReset).state.kind).toBe("paused");
  });
});

describe("a round that somebody asked for", () => {
  it("runs before start, and ends where it began", () => {
    let state = after({ kind: "push-asked" });
    expect(state.kind).toBe("pushing");
    expect(isActive(state)).toBe(false);
    state = transition(state, { kind: "pushed", run: 1, sent: 1, more: false }, policy).state;
    expect(state.kind).toBe("pulling");
    const step = transition(state, { kind: "pulled", run: 2, unconfirmed: null }, policy);
    expect(step.state).toMatchObject({ kind: "stopped", facts: { asked: false } });
    expect(step.effects).toEqual([]);
  });

  it("is not retried when it fails, but for the headers' second chance", () => {
    const asked = after({ kind: "pull-asked" });
    const failedOnce = transition(asked, { kind: "failed", run: 1, failure: transient }, policy);
    expect(failedOnce.state.kind).toBe("stopped");
    const refused = transition(asked, { kind: "failed", run: 1, failure: unauthorized }, policy);
    expect(refused.state.kind).toBe("pushing");
  });

  it("is finished although the leadership is lost meanwhile", () => {
    const running = after({ kind: "start" }, { kind: "push-asked" }, { kind: "leader-lost" });
    expect(running.kind).toBe("pushing");
    expect(after({ kind: "start" }, { kind: "push-asked" }, { kind: "stop" }).kind).toBe("stopped");
  });

  it("does not leave the device while offline (invariant 5)", () => {
    const asked = after({ kind: "offline-set" }, { kind: "push-asked" });
    expect(asked.kind).toBe("stopped");
    const cut = after({ kind: "push-asked" }, { kind: "network-lost" });
    expect(cut.kind).toBe("stopped");
  });
});

describe("any sequence of events", () => {
  const failures = [
    transient,
    told,
    persistent,
    unauthorized,
    forbidden,
    mismatchStay,
    mismatchReset,
  ];

  /** Carries out effects as the loop does, as far as they can be seen from here. */
  function world(random: () => number) {
    let state = initial;
    let inFlight: { run: number; kind: "push" | "pull" | "reset-base" } | null = null;
    let hasTimer = false;

    function dispatch(event: SyncEvent): void {
      const before = state;
      if (event.kind === "timer-fired") hasTimer = false;
      if ("run" in event && event.run === inFlight?.run) inFlight = null;
      const step = transition(state, event, policy);
      state = step.state;
      for (const effect of step.effects) apply(effect, before, event);
      check();
    }

    function apply(effect: SyncEffect, before: SyncState, event: SyncEvent): void {
      const story = `${before.kind} × ${event.kind} → ${state.kind}: ${effect.kind}`;
      switch (effect.kind) {
        case "push":
        case "pull":
        case "reset-base":
          expect(inFlight, story).toBe(null);
          expect(state.facts.offlineBySetting, story).toBe(false);
          expect(state.facts.networkOnline, story).toBe(true);
          expect(state.facts.asked || (state.facts.started && state.facts.leader), story).toBe(
            true,
          );
          inFlight = { run: effect.run, kind: effect.kind };
          return;
        case "abort":
          expect(inFlight?.run, story).toBe(effect.run);
          inFlight = null;
          return;
        case "set-timer":
          expect(hasTimer, story).toBe(false);
          hasTimer = true;
          return;
        case "cancel-timer":
          expect(hasTimer, story).toBe(true);
          hasTimer = false;
          return;
        case "check-headers":
        case "report":
          return;
      }
    }

    function check(): void {
      const runs = ["pushing", "pulling", "resetting"].includes(state.kind);
      const waits = ["idle", "backing-off", "paused"].includes(state.kind);
      expect(inFlight !== null, state.kind).toBe(runs);
      expect(hasTimer, state.kind).toBe(waits);
    }

    function answer(isGood: boolean): SyncEvent | null {
      if (!inFlight) return null;
      const { run, kind } = inFlight;
      if (!isGood) {
        const failure = failures[Math.floor(random() * failures.length)] ?? transient;
        return { kind: "failed", run, failure };
      }
      if (kind === "push")
        return { kind: "pushed", run, sent: random() < 0.5 ? 0 : 3, more: false };
      if (kind === "pull") return { kind: "pulled", run, unconfirmed: null };
      return { kind: "base-reset", run };
    }

    return { dispatch, answer, current: () => state, hasTimer: () => hasTimer };
  }

  it("keeps one run, one timer and the device's silence while offline, and ends idle once all is well", () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = seededRandom(seed);
      const { dispatch, answer, current, hasTimer } = world(random);
      for (let step = 0; step < 200; step += 1) {
        const dice = random();
        const reply = dice < 0.5 ? answer(random() < 0.5) : null;
        if (reply) {
          dispatch(reply);
          continue;
        }
        const kind = EVENT_KINDS[Math.floor(random() * EVENT_KINDS.length)] ?? "poked";
        if (kind === "timer-fired" && !hasTimer()) continue;
        const event = EVENTS[kind];
        // Late answers of runs that are long gone.
        dispatch("run" in event ? { ...event, run: 0 } : event);
      }
      for (const kind of ["start", "leader-gained", "online-set", "network-back"] as const) {
        dispatch({ kind });
      }
      let steps = 0;
      while (current().kind !== "idle") {
        steps += 1;
        expect(steps, `seed ${seed} does not come to rest`).toBeLessThan(20);
        dispatch(answer(true) ?? { kind: "timer-fired" });
        if (current().kind === "paused") dispatch({ kind: "headers-changed" });
      }
      expect(current().facts).toMatchObject({ attempts: 0, pushWanted: false, pullWanted: false });
    }
  });
});
