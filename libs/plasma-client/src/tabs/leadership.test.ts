import { describe, expect, it } from "vitest";
import type { BroadcastPort } from "../platform.ts";
import { virtualPlatform } from "../sync/testing/virtual-platform.ts";
import { fakeLocks } from "../testing/fake-locks.ts";
import { LEADER_ANSWER_MS, LEADER_CHECK_MS, seekLeadership } from "./leadership.ts";

/** Long enough for a tab to ask and to give up waiting. */
const PATIENCE_MS = LEADER_CHECK_MS + 2 * LEADER_ANSWER_MS;

function world(options: { withoutChannel?: boolean } = {}) {
  const platform = virtualPlatform();
  const locks = fakeLocks();
  const ports = new Set<{ hear: (message: unknown) => void }>();
  const leaders = new Set<string>();
  const missed = new Set<string>();
  const said: string[] = [];

  function tab(name: string) {
    const tabLocks = locks.forTab();
    let isFrozen = false;
    let freezesAfterSpeaking = false;
    let late: (() => void)[] = [];
    /** What happens to a frozen tab happens when it thaws. */
    const inTab = (action: () => void) => (isFrozen ? void late.push(action) : action());
    const broadcast = (): BroadcastPort => {
      const listeners = new Set<(message: unknown) => void>();
      const own = {
        hear: (message: unknown) => inTab(() => listeners.forEach((listen) => listen(message))),
      };
      ports.add(own);
      return {
        post: (message) => {
          said.push(`${name}: ${String(message)}`);
          for (const port of ports) if (port !== own) queueMicrotask(() => port.hear(message));
          isFrozen ||= freezesAfterSpeaking;
        },
        subscribe: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
        close: () => ports.delete(own),
      };
    };
    const stepDown = seekLeadership({
      dbName: "db",
      platform: {
        ...platform,
        locks: tabLocks as unknown as LockManager,
        broadcast: options.withoutChannel ? undefined : broadcast,
        timers: {
          set: (callback, delayMs) => platform.timers.set(() => inTab(callback), delayMs),
          clear: (handle) => platform.timers.clear(handle),
        },
      },
      onChange: (isLeader) => inTab(() => (isLeader ? leaders.add(name) : leaders.delete(name))),
      onMissed: () => missed.add(name),
    });
    return {
      stepDown,
      crash() {
        isFrozen = true;
        leaders.delete(name);
        tabLocks.releaseAll();
      },
      freeze() {
        isFrozen = true;
      },
      freezeAfterSpeaking() {
        freezesAfterSpeaking = true;
      },
      /** A browser may run the timers that are late before it delivers the messages that have come. */
      async thaw(order: "as-it-came" | "latest-first" = "as-it-came") {
        isFrozen = freezesAfterSpeaking = false;
        const actions = order === "as-it-came" ? late : late.toReversed();
        late = [];
        for (const action of actions) action();
        await platform.settle();
      },
    };
  }
  return { platform, tab, leaders, missed, said };
}

describe("leadership", () => {
  it("belongs to one tab, and passes on when that steps down or crashes", async () => {
    const { platform, tab, leaders } = world();
    const tabs = [tab("a"), tab("b"), tab("c")];
    await platform.settle();
    expect([...leaders]).toEqual(["a"]);
    tabs[0]?.stepDown();
    tabs[0]?.stepDown();
    await platform.settle();
    expect([...leaders]).toEqual(["b"]);
    tabs[1]?.crash();
    await platform.settle();
    expect([...leaders]).toEqual(["c"]);
  });

  it("stays where it is while its tab answers, however long", async () => {
    const { platform, tab, leaders, said } = world();
    tab("a");
    tab("b");
    await platform.advance(10 * PATIENCE_MS);
    expect([...leaders]).toEqual(["a"]);
    expect(said.filter((line) => line === "b: who-leads").length).toBeGreaterThan(5);
  });

  it("makes those who follow look for what they have missed each time they ask", async () => {
    const { platform, tab, missed } = world();
    tab("a");
    tab("b");
    await platform.advance(LEADER_CHECK_MS - 1);
    expect([...missed]).toEqual([]);
    await platform.advance(1);
    expect([...missed]).toEqual(["b"]);
  });

  it("is taken from a frozen tab by another one, and by only one", async () => {
    const { platform, tab, leaders, missed } = world();
    const frozen = tab("a");
    tab("b");
    tab("c");
    await platform.settle();
    frozen.freeze();
    await platform.advance(PATIENCE_MS);
    await frozen.thaw();
    expect(leaders.size).toBe(1);
    expect(missed).toContain("a");
    expect([...leaders][0]).toMatch(/[bc]/);
    await platform.advance(10 * PATIENCE_MS);
    expect(leaders.size).toBe(1);
  });

  it("comes back to a tab that has thawed when the others go", async () => {
    const { platform, tab, leaders } = world();
    const [a, b] = [tab("a"), tab("b")];
    await platform.settle();
    a.freeze();
    await platform.advance(PATIENCE_MS);
    expect(leaders).toContain("b");
    await a.thaw();
    expect([...leaders]).toEqual(["b"]);
    b.stepDown();
    await platform.settle();
    expect([...leaders]).toEqual(["a"]);
  });

  it("is not taken by a tab that was asleep itself while it waited for the answer", async () => {
    const { platform, tab, leaders, missed, said } = world();
    tab("a");
    const sleeper = tab("b");
    sleeper.freezeAfterSpeaking();
    await platform.advance(LEADER_CHECK_MS + 60_000);
    expect(said.at(-1)).toBe("a: leading");
    await sleeper.thaw("latest-first");
    expect([...missed]).toEqual(["b"]);
    await platform.advance(PATIENCE_MS);
    expect([...leaders]).toEqual(["a"]);
  });

  it("is asked about at once when somebody looks at the page again", async () => {
    const { platform, tab, said } = world();
    tab("a");
    tab("b");
    await platform.settle();
    platform.visible.switch(false);
    platform.visible.switch(true);
    await platform.settle();
    expect(said).toEqual(["a: leading", "b: who-leads", "a: leading"]);
  });

  it("is not given to a tab that has stopped waiting", async () => {
    const { platform, tab, leaders } = world();
    const [first, second] = [tab("a"), tab("b")];
    second.stepDown();
    first.stepDown();
    await platform.advance(PATIENCE_MS);
    expect([...leaders]).toEqual([]);
    expect(platform.pendingTimers()).toBe(0);
  });

  it("rests on the lock alone where tabs cannot talk to each other", async () => {
    const { platform, tab, leaders } = world({ withoutChannel: true });
    const [first] = [tab("a"), tab("b")];
    await platform.advance(10 * PATIENCE_MS);
    expect([...leaders]).toEqual(["a"]);
    first.stepDown();
    await platform.settle();
    expect([...leaders]).toEqual(["b"]);
  });

  it("is everybody's where there are no Web Locks", () => {
    const told: boolean[] = [];
    const stepDown = seekLeadership({
      dbName: "db",
      platform: virtualPlatform(),
      onChange: (isLeader) => told.push(isLeader),
      onMissed: () => undefined,
    });
    stepDown();
    expect(told).toEqual([true, false]);
  });
});
