/** How long mutators may take that run one after another: one timer for all of them, because most end at once. */

import type { Platform } from "../platform.ts";

export type Ended =
  | { readonly kind: "done" }
  | { readonly kind: "threw"; readonly error: unknown }
  | { readonly kind: "late" };

export interface TimeLimit {
  /** Waits for one of them, and no longer than the limit. */
  wait(running: Promise<void>): Promise<Ended>;
  /** No other one comes: the timer is given back. */
  end(): void;
}

export function timeLimit(
  { clock, timers }: Pick<Platform, "clock" | "timers">,
  limitMs: number,
): TimeLimit {
  interface Run {
    readonly since: number;
    readonly end: (ended: Ended) => void;
  }
  let running: Run | null = null;
  /** For whom the timer was set. */
  let awaited: Run | null = null;
  let timer: unknown = null;
  const setTimer = (run: Run, delayMs: number) => {
    awaited = run;
    timer = timers.set(look, delayMs);
  };
  const look = () => {
    timer = null;
    if (running && running === awaited) running.end({ kind: "late" });
    else if (running) {
      // Whatever the clock says, the next look at the same one is the last.
      const left = limitMs - (clock.now() - running.since);
      setTimer(running, Math.min(limitMs, Math.max(1, left)));
    }
  };
  return {
    wait: (promise) =>
      new Promise((resolve) => {
        const end = (ended: Ended) => {
          // Of one that was late and ends after all, another one runs by now.
          if (running === own) running = null;
          resolve(ended);
        };
        const own = { since: clock.now(), end };
        running = own;
        if (timer === null) setTimer(own, limitMs);
        promise.then(
          () => end({ kind: "done" }),
          (error: unknown) => end({ kind: "threw", error }),
        );
      }),
    end() {
      if (timer !== null) timers.clear(timer);
      timer = null;
    },
  };
}
