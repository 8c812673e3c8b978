/**
 * The scheduled jobs of the server: the upkeep, and compaction by itself. Each is a process of its own, meets the same
 * database as requests do, and may be stopped and run again at any moment. What fails in them without any cause is a violation.
 *
 * How short things may be kept: the log not at all, because whoever was away longer gets a snapshot. Outcomes of mutations that
 * worked as long as a copy of their client may come back, so that they are only forgotten where there are no copies. Clients
 * and refusals longer than anybody is away, which is longer than a run.
 */

import { compactChangeLog, runMaintenance } from "@sh1n4ps/plasma-server";
import type { Ctx } from "./workload/app.ts";
import type { Random } from "./world/random.ts";
import { InjectedFailure } from "./world/server.ts";
import type { Job } from "./world/server.ts";
import type { World } from "./world/world.ts";

export interface UpkeepOptions {
  readonly world: World<Ctx>;
  readonly random: Random;
  /** Profiles are copied in this run. */
  readonly hasCopies: boolean;
  /** To be called when a run has failed: schedules do so. */
  readonly runAgain: () => void;
}

const MINUTE = 60_000;

export class Upkeep {
  readonly #options: UpkeepOptions;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  run(): void {
    const { world, random, hasCopies, runAgain } = this.#options;
    const { states } = world;
    const retention = {
      changeLogMs: random.pick([0, 0.1 * MINUTE, MINUTE]),
      ...(!hasCopies && { outcomesMs: random.pick([0, 0.2 * MINUTE, 2 * MINUTE]) }),
    };
    // Runs with few rows stop in the middle of a table.
    const maxRows = random.pick([3, 20, 200]);
    this.#start(
      {
        name: "upkeep",
        work: async (tools) => {
          for (let hasMore = true; hasMore;) {
            const result = await runMaintenance({ ...tools, retention, maxRows });
            ({ hasMore } = result);
            if (hasMore) states.reached("upkeep left something for its next run");
            if (result.removed.outcomes > 0) states.reached("upkeep forgot outcomes");
          }
        },
      },
      runAgain,
    );
  }

  /** Forgets all but so many versions. `isAtOnce`: the horizon is raised before anything else happens. */
  compact(behind: number, isAtOnce: boolean): void {
    const { timeline } = this.#options.world;
    const safeUpToVersion = Math.max(0, timeline.version - behind);
    const work: Job<unknown>["work"] = ({ executor }) =>
      compactChangeLog({ executor, safeUpToVersion });
    this.#start({ name: "compaction", work, isAtOnce });
  }

  kill(): void {
    const { server, states } = this.#options.world;
    if (server.killJobs()) states.reached("upkeep died half-way");
  }

  #start(job: Job<unknown>, runAgain: () => void = () => undefined): void {
    const { world } = this.#options;
    world.server.startJob(job).catch((error: unknown) => {
      if (!(error instanceof InjectedFailure)) {
        return world.fail(`C11: ${job.name} failed: ${String(error)}`);
      }
      world.states.reached("upkeep failed half-way");
      runAgain();
    });
  }
}
