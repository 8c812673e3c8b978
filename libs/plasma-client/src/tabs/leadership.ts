/**
 * One tab of a local database syncs for all: it pushes every client's outbox, pulls, and holds the socket.
 *
 * Leadership saves work, and nothing depends on it: two tabs that sync at once are kept apart by the cookie's
 * compare-and-set and by mutation ids. So without Web Locks every tab leads.
 */

import type { Platform } from "../platform.ts";

export interface LeadershipOptions {
  readonly dbName: string;
  readonly platform: Pick<Platform, "locks">;
  readonly onChange: (isLeader: boolean) => void;
}

/** Waits for its turn to lead. The returned function steps down, or stops waiting. */
export function seekLeadership(options: LeadershipOptions): () => void {
  const { locks } = options.platform;
  if (!locks) {
    options.onChange(true);
    return () => options.onChange(false);
  }
  const waiting = new AbortController();
  let stepDown: (() => void) | undefined;
  let isOver = false;
  locks
    .request(`plasma:${options.dbName}:leader`, { signal: waiting.signal }, () => {
      if (isOver) return undefined;
      options.onChange(true);
      return new Promise<void>((resolve) => {
        stepDown = resolve;
      });
    })
    // Aborted while it was waiting.
    .catch(() => undefined);
  return () => {
    if (isOver) return;
    isOver = true;
    if (stepDown) {
      options.onChange(false);
      stepDown();
    } else {
      waiting.abort();
    }
  };
}
