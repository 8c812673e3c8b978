/**
 * How often somebody may ask. `tokenBuckets()` counts in the memory of one process or isolate, which keeps a client that
 * has gone wrong from wearing the database down. For a limit that holds across all of them, hand in one that asks
 * elsewhere, such as a rate limiting binding of Workers.
 */

import type { Endpoint } from "./metrics.ts";
import { runtimePlatform } from "./platform.ts";
import type { Platform } from "./platform.ts";

export interface RateLimitedCall {
  readonly endpoint: Exclude<Endpoint, "coordinator">;
  readonly principal: string;
}

/** Null: go on. Otherwise in how many milliseconds it is worth trying again. */
export type RateLimit = (call: RateLimitedCall) => number | null | Promise<number | null>;

export interface TokenBucketOptions {
  /** How many calls a person may make at once. */
  readonly burst: number;
  /** How many more come in each second. */
  readonly perSecond: number;
  readonly platform?: Pick<Platform, "clock">;
}

/** More people than this are forgotten, the one first who asked least lately. */
const MAX_BUCKETS = 10_000;

/** A bucket of calls for each person and endpoint, filled steadily. */
export function tokenBuckets({
  burst,
  perSecond,
  platform = runtimePlatform(),
}: TokenBucketOptions): RateLimit {
  if (!(burst >= 1) || !(perSecond > 0)) {
    throw new RangeError("tokenBuckets() takes a burst of 1 or more, and perSecond above 0.");
  }
  const buckets = new Map<string, { tokens: number; at: number }>();
  return ({ endpoint, principal }) => {
    const key = `${endpoint}:${principal}`;
    const now = platform.clock.now();
    const bucket = buckets.get(key) ?? { tokens: burst, at: now };
    // A clock that was set back fills nothing.
    const passed = Math.max(0, now - bucket.at);
    const tokens = Math.min(burst, bucket.tokens + (passed / 1000) * perSecond);
    const isAllowed = tokens >= 1;
    buckets.delete(key);
    buckets.set(key, { tokens: isAllowed ? tokens - 1 : tokens, at: now });
    for (const oldest of buckets.keys()) {
      if (buckets.size <= MAX_BUCKETS) break;
      buckets.delete(oldest);
    }
    return isAllowed ? null : Math.ceil(((1 - tokens) / perSecond) * 1000);
  };
}
