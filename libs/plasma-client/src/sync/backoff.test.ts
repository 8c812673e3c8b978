import { describe, expect, it } from "vitest";
import { backoffDelay, probeDelay } from "./backoff.ts";

const options = { initialDelayMs: 500, maxDelayMs: 30_000 };
const longest = { fraction: () => 1 - Number.EPSILON };
const shortest = { fraction: () => 0 };

describe("the delay before the next attempt", () => {
  it("is at most the first one doubled with each attempt, up to the maximum", () => {
    const delays = [1, 2, 3, 6, 7, 8, 1000].map((n) => backoffDelay(n, options, longest));
    expect(delays).toEqual([499, 999, 1999, 15_999, 29_999, 29_999, 29_999]);
  });

  it("may be nothing: that is what full jitter means", () => {
    expect(backoffDelay(9, options, shortest)).toBe(0);
  });

  it("of a probe is at least half the maximum", () => {
    expect(probeDelay(options, shortest)).toBe(15_000);
    expect(probeDelay(options, longest)).toBe(29_999);
  });
});
