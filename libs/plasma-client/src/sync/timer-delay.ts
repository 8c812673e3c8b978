/** How long the loop's timer takes, by what it is for. Null: there is nothing to wait for. */

import type { RetryOptions } from "../options.ts";
import type { Platform } from "../platform.ts";
import { backoffDelay, probeDelay } from "./backoff.ts";
import { parkedFor } from "./push.ts";
import type { PushMemory } from "./push.ts";
import type { TimerPurpose } from "./sync-state.ts";

export interface TimerDelayOptions {
  readonly retry: RetryOptions;
  readonly pollIntervalMs: number;
  readonly memory: PushMemory;
  readonly platform: Pick<Platform, "clock" | "random">;
}

export function timerDelay(
  purpose: TimerPurpose,
  { retry, pollIntervalMs, memory, platform }: TimerDelayOptions,
): number | null {
  switch (purpose.kind) {
    case "poll": {
      const now = platform.clock.now();
      // One that is due waits a little all the same: whatever is wrong with it must not make a loop without a pause.
      const waits = [...memory.parked.values()].map((outbox) =>
        Math.max(parkedFor(outbox, now, retry.maxDelayMs), retry.initialDelayMs),
      );
      const delayMs = Math.min(pollIntervalMs > 0 ? pollIntervalMs : Infinity, ...waits);
      return Number.isFinite(delayMs) ? delayMs : null;
    }
    case "retry": {
      const { attempts, probing, atLeastMs } = purpose;
      const delay =
        probing && atLeastMs === 0
          ? probeDelay(retry, platform.random)
          : backoffDelay(attempts, retry, platform.random);
      return atLeastMs + delay;
    }
    case "check-headers":
      return retry.maxDelayMs;
  }
}
