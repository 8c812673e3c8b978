/**
 * Several mutations of a push in one commit: each runs over what those before it have written, and all become visible at
 * once. A commit is most of what a mutation costs.
 *
 * 1. Each mutation stays atomic by itself: what a refused one has written is taken back before the next one runs, and
 *    whether it is refused does not hang on those after it (`judge-in-group.ts`).
 * 2. Only mutations that nothing is known of go into a group: no outcome, no failure, no doubt. The rest, and a group
 *    that the database refuses, is left to `decide-one.ts`, one by one. After another commit has overtaken a group, one
 *    goes alone before the next group is tried.
 * 3. A group ends before it gets large: it is held in memory, and whoever else writes waits for its commit.
 */

import type { WireMutation } from "@sh1n4ps/plasma-core";
import { createOverlay } from "../db/overlay.ts";
import type { Assumption } from "../db/transaction.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import { commitRuns } from "./commit-runs.ts";
import type { Decided, Run } from "./commit-runs.ts";
import { judgeInGroup } from "./judge-in-group.ts";
import type { Requirement } from "./judge-in-group.ts";
import { isSuspect } from "./decide-one.ts";
import type { PushJob } from "./push-job.ts";
import { runMutator } from "./run-mutator.ts";
import type { Standing } from "./standing-memory.ts";

const MAX_MUTATIONS = 200;
const MAX_ROWS = 2000;
const MAX_DURATION_MS = 1000;

/** The first of these mutations, as many as it could; null when none; `overtaken` by another commit. */
export async function decideGroup(
  job: PushJob,
  standing: Standing,
  waiting: readonly WireMutation[],
): Promise<Decided | "overtaken" | null> {
  const candidates = unsuspicious(job, standing, waiting);
  if (candidates.length < 2) return null;
  const { engine } = job;
  const overlay = createOverlay(engine.schema, dialectOf(engine.executor));
  const until = engine.platform.clock.now() + MAX_DURATION_MS;
  const runs: Run[] = [];
  const assumed: Assumption[] = [];
  const required: Requirement[] = [];
  for (const mutation of candidates) {
    if (overlay.size > MAX_ROWS || engine.platform.clock.now() > until) break;
    const { takeBack, changes } = overlay.savepoint();
    const ran = await runMutator({ ...job, mutation }, { overlay, optimistic: true });
    const isRefused = ran.kind === "decided" && ran.outcome.status === "error";
    if (ran.kind === "failed" || isRefused) takeBack();
    // What it was refused for may be what it had taken for free: that one has to look.
    if (ran.kind === "failed" || (isRefused && ran.assumed.length > 0)) break;
    const reliance = judgeInGroup(engine.schema, overlay, changes());
    if (!reliance) {
      takeBack();
      break;
    }
    runs.push({ mutation, outcome: ran.outcome });
    assumed.push(...ran.assumed, ...reliance.assumed);
    required.push(...reliance.required);
  }
  if (runs.length < 2) return null;
  const committed = await commitRuns(job, standing, {
    runs,
    changes: overlay.changes(),
    assumed,
    required,
  });
  switch (committed.kind) {
    case "decided":
      return committed.decided;
    case "again":
      return "overtaken";
    case "refused":
      return null;
  }
}

function unsuspicious(
  job: PushJob,
  standing: Standing,
  waiting: readonly WireMutation[],
): WireMutation[] {
  const group: WireMutation[] = [];
  for (const mutation of waiting) {
    const isPlain =
      mutation.id === standing.lastMutationID + 1 + group.length &&
      !standing.elsewhere.has(mutation.uid) &&
      !isSuspect(mutation, job.request, standing);
    if (!isPlain || group.length === MAX_MUTATIONS) break;
    group.push(mutation);
  }
  return group;
}
