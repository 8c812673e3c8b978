/** How long to wait before the next attempt: full jitter, so that clients that failed together do not return together. */

export interface BackoffOptions {
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
}

/** Anything from nothing to `initialDelayMs` doubled with each attempt (the first is 1), at most `maxDelayMs`. */
export function backoffDelay(
  attempts: number,
  options: BackoffOptions,
  random: { fraction(): number },
): number {
  const doublings = Math.min(Math.max(attempts - 1, 0), 30);
  const ceiling = Math.min(options.maxDelayMs, options.initialDelayMs * 2 ** doublings);
  return Math.floor(random.fraction() * ceiling);
}

/** For the time after many failures: between half and all of `maxDelayMs`, never sooner. */
export function probeDelay(options: BackoffOptions, random: { fraction(): number }): number {
  return Math.floor(options.maxDelayMs * (0.5 + random.fraction() / 2));
}
