/**
 * Every fifth seed has a theme. Where everything happens a little, bugs that need three rare things one after the other stay
 * hidden; a theme makes those three common.
 */

import type { SyncHandlerOptions } from "@sh1n4ps/plasma-server";
import type { Disturbance } from "./disturbances.ts";
import type { MutatorName } from "./workload/draw-op.ts";
import type { Faults } from "./world/world.ts";

export interface Theme {
  /** All that people do, instead of what the seed has drawn. */
  readonly mutators?: Partial<Record<MutatorName, number>>;
  /** These are so, and what else goes wrong is what the seed has drawn. */
  readonly disturbances?: Partial<Record<Disturbance, number>>;
  readonly faults?: Partial<Faults>;
  readonly handler?: Pick<SyncHandlerOptions<never>, "quarantine">;
}

const EVERY = 5;

const THEMES: readonly Theme[] = [
  // Mutations that hang on what the one before them has written, while the first of them changes its mind or finds no room, and
  // each window pushes and pulls for itself.
  {
    mutators: { sweep: 8, transfer: 3, append: 4 },
    disturbances: {
      ...{ openTab: 6, workInAllTabs: 4, setOffline: 6, loseOnline: 3, fillDisk: 6, syncNow: 10 },
      ...{ copyProfile: 0, clearDevice: 0, restore: 0 },
    },
    faults: { maxDelayMs: 4_000 },
  },
  // The same, in windows that stand still for a while and do not hear of each other.
  {
    mutators: { sweep: 3, transfer: 8, append: 1 },
    disturbances: { openTab: 8, loseOnline: 10, freezeTab: 20, closeTab: 0, killTab: 1 },
    faults: { maxDelayMs: 4_000 },
  },
  // A database that is down for long, more than once. No process dies meanwhile: that would look as if its mutator had done it.
  {
    mutators: { append: 6, transfer: 4, count: 3, joinShift: 2 },
    disturbances: { breakDatabase: 10, crashServer: 0, restore: 0 },
    faults: { drop: 0.1, loseAnswer: 0.8 },
    handler: { quarantine: { attempts: 2, afterMs: 5_000 } },
  },
  // Copies of copies, whose windows all work on.
  {
    mutators: { append: 8, count: 3, transfer: 2 },
    disturbances: { copyProfile: 4, workInAllTabs: 6, clearDevice: 2, restore: 0 },
    faults: { loseAnswer: 0.3, drop: 0.1 },
  },
];

export function themeOf(seed: number): Theme {
  return (seed % EVERY === 0 && THEMES[(seed / EVERY) % THEMES.length]) || {};
}
