/**
 * When to fold: in the background, a slice at a time, as soon as the log is long, and soon after something was deleted.
 *
 * The segments still hold what was deleted, and older records of the log may. A row that somebody may not read any more must
 * not stay on their device, so a deletion does not wait until the log is long. It does wait a moment, for others may follow,
 * and longer where a fold has much to go through: folding takes a few percent of the time at most, however often rows are
 * deleted.
 */

import type { Platform, TimerHandle } from "../../platform.ts";
import type { Fold, Folded } from "./fold.ts";

export interface FoldingOptions {
  readonly timers: Platform["timers"];
  /** After a deletion, for each slice that the fold before took. */
  readonly restMs: number;
  /** Does one slice, in a transaction of its own. */
  readonly slice: (from: Fold | null) => Promise<Folded>;
}

export interface Folding {
  begin(): void;
  /** To be called when something was deleted. */
  beginSoon(): void;
  end(): void;
}

export function createFolding({ timers, restMs, slice }: FoldingOptions): Folding {
  let isFolding = false;
  let isOver = false;
  let waiting: TimerHandle;
  let slices = 1;

  // If it fails, the log stays, and the next pull tries again.
  const run = (from: Fold | null, count: number) => {
    timers.set(() => {
      slice(from).then(
        (folded) => {
          if (folded.kind === "sliced") return run(folded.fold, count + 1);
          isFolding = false;
          slices = count;
          // They came meanwhile.
          if (folded.hasDeletions) beginSoon();
        },
        () => {
          isFolding = false;
        },
      );
    }, 0);
  };
  const begin = () => {
    if (isFolding) return;
    isFolding = true;
    run(null, 1);
  };
  const beginSoon = () => {
    if (isOver || waiting !== undefined) return;
    waiting = timers.set(() => {
      waiting = undefined;
      begin();
    }, restMs * slices);
  };
  const end = () => {
    isOver = true;
    if (waiting !== undefined) timers.clear(waiting);
  };
  return { begin, beginSoon, end };
}
