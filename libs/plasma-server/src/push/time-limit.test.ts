import { describe, expect, it } from "vitest";
import { timeLimit } from "./time-limit.ts";

/** A clock that stands still, or goes as time does, and timers that fire when they are told to. */
function world({ clockStands = false } = {}) {
  let now = 0;
  let set = 0;
  const waiting = new Map<number, { readonly due: number; readonly callback: () => void }>();
  return {
    platform: {
      clock: { now: () => (clockStands ? 0 : now) },
      timers: {
        set: (callback: () => void, delayMs: number) => {
          waiting.set(++set, { due: now + delayMs, callback });
          return set;
        },
        clear: (timer: unknown) => void waiting.delete(timer as number),
      },
    },
    pass(ms: number) {
      for (const until = now + ms; now < until; now++) {
        for (const [timer, { due, callback }] of waiting) {
          if (due > now + 1) continue;
          waiting.delete(timer);
          callback();
        }
      }
    },
    timersSet: () => set,
    timersWaiting: () => waiting.size,
  };
}

const never = new Promise<void>(() => undefined);

describe("the time limit of mutators", () => {
  it("waits for those that end, with one timer for all, and says how they ended", async () => {
    const { platform, timersSet, timersWaiting } = world();
    const limit = timeLimit(platform, 100);
    const error = new Error("no");
    expect(await limit.wait(Promise.resolve())).toEqual({ kind: "done" });
    expect(await limit.wait(Promise.reject(error))).toEqual({ kind: "threw", error });
    for (let count = 0; count < 50; count++) await limit.wait(Promise.resolve());
    expect(timersSet()).toBe(1);
    limit.end();
    expect(timersWaiting()).toBe(0);
  });

  it.each([{ clockStands: false }, { clockStands: true }])(
    "gives each its own time, and no more than twice of it when the clock is of no help (%j)",
    async ({ clockStands }) => {
      const { platform, pass } = world({ clockStands });
      const limit = timeLimit(platform, 100);
      await limit.wait(Promise.resolve());
      pass(60);
      let ended: unknown;
      void limit.wait(never).then((outcome) => (ended = outcome));
      pass(99);
      await Promise.resolve();
      expect(ended).toBeUndefined();
      pass(clockStands ? 100 : 1);
      await Promise.resolve();
      expect(ended).toEqual({ kind: "late" });
    },
  );

  it("is not confused by one that was late and ends after all", async () => {
    const { platform, pass } = world();
    const limit = timeLimit(platform, 100);
    let wake = () => {};
    const late = limit.wait(new Promise<void>((resolve) => (wake = resolve)));
    pass(100);
    expect(await late).toEqual({ kind: "late" });
    const next = limit.wait(never);
    wake();
    await Promise.resolve();
    pass(100);
    expect(await next).toEqual({ kind: "late" });
  });
});
