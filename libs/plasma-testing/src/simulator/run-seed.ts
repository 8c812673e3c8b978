/**
 * One seed, one run: people work while everything goes wrong (safety), then everything heals and must come to rest
 * (liveness).
 */

import type Database from "better-sqlite3";
import { asOfCookie } from "./checkers/as-of-cookie.ts";
import { atomicViews } from "./checkers/atomic-views.ts";
import { boundedTables } from "./checkers/bounded-tables.ts";
import { convergence } from "./checkers/convergence.ts";
import { exactlyOnce } from "./checkers/exactly-once.ts";
import { honestAnswers } from "./checkers/honest-answers.ts";
import { honestRefusals } from "./checkers/honest-refusals.ts";
import { keptRefusals } from "./checkers/kept-refusals.ts";
import { liveQueries } from "./checkers/live-queries.ts";
import { nonLeak } from "./checkers/non-leak.ts";
import { nothingKept } from "./checkers/nothing-kept.ts";
import { nothingLost } from "./checkers/nothing-lost.ts";
import { patience } from "./checkers/patience.ts";
import { sometimes } from "./checkers/sometimes.ts";
import { undoneReports } from "./checkers/undone-reports.ts";
import { Driver } from "./driver.ts";
import { themeOf } from "./themes.ts";
import { appMutators, schema } from "./workload/app.ts";
import type { Ctx } from "./workload/app.ts";
import { appModel } from "./workload/model.ts";
import { queries } from "./workload/queries.ts";
import { onUnhandledRejection } from "./world/host.ts";
import { seededDatabase } from "./world/first-database.ts";
import { Random } from "./world/random.ts";
import type { State } from "./world/states.ts";
import { World } from "./world/world.ts";

export interface RunOptions {
  readonly seed: number;
  /** How many mutations people make. */
  readonly ops: number;
  readonly openDatabase: (content?: Buffer) => Database.Database;
}

export interface RunResult {
  readonly seed: number;
  /** What went wrong; null if nothing did. */
  readonly violation: string | null;
  /** Of the whole course: equal for equal seeds. */
  readonly hash: string;
  readonly ops: number;
  readonly steps: number;
  readonly faults: number;
  readonly commits: number;
  readonly virtualMs: number;
  readonly states: ReadonlyMap<State, number>;
  /** The whole course, a line for each step. */
  readonly trail: readonly string[];
}

export const CHECKERS = [
  exactlyOnce<Ctx>,
  nothingLost<Ctx>,
  keptRefusals<Ctx>,
  honestRefusals<Ctx>,
  asOfCookie<Ctx>,
  convergence<Ctx>,
  nonLeak<Ctx>,
  nothingKept<Ctx>,
  honestAnswers<Ctx>,
  atomicViews<Ctx>,
  liveQueries<Ctx>,
  boundedTables<Ctx>,
  undoneReports<Ctx>,
  patience<Ctx>,
  sometimes<Ctx>,
];

export async function runSeed({ seed, ops, openDatabase }: RunOptions): Promise<RunResult> {
  const firstDatabase = await seededDatabase({ schema, rows: appModel.initial, openDatabase });
  const random = new Random(seed);
  const theme = themeOf(seed);
  const roles = new Map<string, Ctx["role"]>();
  const trouble = { meet: (_token: string): Promise<void> => Promise.resolve() };
  const world: World<Ctx> = new World<Ctx>({
    random,
    schema,
    mutators: appMutators({ meet: (token) => trouble.meet(token) }),
    model: appModel,
    ctxOf: (userId) => ({ userId, role: roles.get(userId) ?? "member" }),
    queries: queries as never,
    checkers: CHECKERS,
    openDatabase: (content) => openDatabase(content ?? firstDatabase),
    isD1: seed % 2 === 0,
    handler: theme.handler ?? {},
  });
  const driver = new Driver({ world, random, roles, ops, theme });
  trouble.meet = (token) => driver.meetTrouble(token);
  const stopListening = onUnhandledRejection((reason) =>
    world.fail(`C11: nobody handled ${reason instanceof Error ? reason.stack : String(reason)}`),
  );
  try {
    await driver.run();
  } catch (error) {
    world.fail(`The simulator failed: ${error instanceof Error ? error.stack : String(error)}`);
  } finally {
    world.close();
    stopListening();
  }
  return {
    seed,
    violation: world.violation,
    hash: world.scheduler.hash,
    ops: world.history.ops.length,
    steps: world.scheduler.steps,
    faults: driver.faults,
    commits: world.timeline.version,
    virtualMs: world.scheduler.elapsed,
    states: world.states.counts,
    trail: world.scheduler.trail,
  };
}
