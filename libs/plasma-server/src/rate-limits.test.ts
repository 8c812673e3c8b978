import { describe, expect, it } from "vitest";
import { tokenBuckets } from "./rate-limits.ts";
import type { RateLimitedCall } from "./rate-limits.ts";

function limited(burst: number, perSecond: number) {
  let now = 0;
  const limit = tokenBuckets({ burst, perSecond, platform: { clock: { now: () => now } } });
  const ask = (principal = "ada", endpoint: RateLimitedCall["endpoint"] = "push") =>
    limit({ principal, endpoint });
  return { ask, wait: (milliseconds: number) => (now += milliseconds) };
}

describe("token buckets", () => {
  it("allow a burst, then what comes in by and by, and say how long to wait", () => {
    const { ask, wait } = limited(3, 4);
    expect([ask(), ask(), ask()]).toEqual([null, null, null]);
    expect(ask()).toBe(250);
    wait(125);
    expect(ask()).toBe(125);
    wait(125);
    expect(ask()).toBeNull();
    expect(ask()).toBe(250);
    wait(60_000);
    expect([ask(), ask(), ask()]).toEqual([null, null, null]);
    expect(ask()).toBe(250);
  });

  it("are each for one person and one endpoint", () => {
    const { ask } = limited(1, 1);
    expect(ask("ada", "push")).toBeNull();
    expect(ask("ada", "pull")).toBeNull();
    expect(ask("grace", "push")).toBeNull();
    expect(ask("ada", "push")).toBe(1000);
  });

  it("do not run over when the clock is set back", () => {
    const { ask, wait } = limited(1, 1);
    expect(ask()).toBeNull();
    wait(-3_600_000);
    expect(ask()).toBe(1000);
    wait(1000);
    expect(ask()).toBeNull();
  });

  it("forget those first who have not asked for long", () => {
    const { ask } = limited(1, 0.001);
    expect(ask("first")).toBeNull();
    for (let at = 0; at < 9_999; at++) void ask(`other-${at}`);
    expect(ask("first")).not.toBeNull();
    for (let at = 0; at < 10_000; at++) void ask(`another-${at}`);
    expect(ask("first")).toBeNull();
  });

  it("refuse what would never let anybody in", () => {
    expect(() => tokenBuckets({ burst: 0, perSecond: 1 })).toThrow(RangeError);
    expect(() => tokenBuckets({ burst: 1, perSecond: 0 })).toThrow(RangeError);
  });
});
