/** What can go wrong, and how often, for one seed: of each kind some seeds know nothing, and some a lot. */

import type { Random } from "./world/random.ts";
import type { Faults } from "./world/world.ts";

const WEIGHTS = {
  openTab: 4,
  closeTab: 2,
  killTab: 4,
  freezeTab: 3,
  setOffline: 2,
  cutLine: 3,
  loseOnline: 1,
  crashServer: 3,
  compact: 2,
  upkeep: 2,
  changeRole: 1.5,
  otherSql: 2,
  discard: 2,
  retryRejected: 1.5,
  dismissRejected: 1,
  syncNow: 3,
  workInAllTabs: 2,
  clockJump: 1,
  clearDevice: 0.3,
  copyProfile: 0.4,
  backUp: 0.6,
  restore: 0.3,
  fillDisk: 0.5,
  cutStorage: 2,
  closeStorage: 0.4,
  forgetRows: 0.3,
  attack: 3,
};

/** What happens only where it is the theme. */
const RARE = { breakDatabase: 0 };

export type Disturbance = keyof typeof WEIGHTS | keyof typeof RARE;

export interface Disturbances {
  readonly weights: Readonly<Record<Disturbance, number>>;
  /** On average. */
  readonly everyMs: number;
}

export function drawDisturbances(random: Random): Disturbances {
  const drawn = Object.entries(WEIGHTS).map(([kind, weight]) => [
    kind,
    random.chance(0.3) ? 0 : weight * random.between(0.3, 2),
  ]);
  const weights = Object.fromEntries(drawn) as Record<Disturbance, number>;
  return {
    weights: { ...weights, openTab: WEIGHTS.openTab, ...RARE },
    everyMs: random.pick([800, 2_000, 6_000]),
  };
}

export function drawFaults(random: Random): Faults {
  const likely = (upTo: number) => (random.chance(0.4) ? 0 : random.fraction() * upTo);
  return {
    drop: likely(0.15),
    loseAnswer: likely(0.2),
    duplicate: likely(0.15),
    replay: likely(0.05),
    hang: likely(0.04),
    intercept: likely(0.1),
    maxDelayMs: random.pick([20, 400, 4_000]),
    failsBefore: likely(0.01),
    failsAfter: likely(0.06),
    pokeLoss: random.pick([0, 0.5, 1]),
    fullness: 0,
  };
}
