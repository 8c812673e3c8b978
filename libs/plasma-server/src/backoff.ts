/** Waiting between attempts: longer each time, by a random share of it, so that rivals do not meet again. */

import type { Platform } from "./platform.ts";

const FIRST_MS = 10;
const LONGEST_MS = 1000;

/** `attempt` counts from 0. */
export function backOff(platform: Platform, attempt: number): Promise<void> {
  const limit = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  return new Promise((resolve) => {
    platform.timers.set(() => resolve(), platform.random.fraction() * limit);
  });
}
