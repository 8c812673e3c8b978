/**
 * Push: runs each mutation exactly once, and stores what became of it.
 *
 * 1. Mutations of a client run in the order of their ids. An id that was decided is answered from the stored outcome;
 *    an id beyond the next one is a gap, and nothing runs.
 * 2. Rows, outcome and last mutation id are one commit (`db/commit.ts`), which fails if anything was committed since
 *    the version that the mutation started from. Then it runs again.
 * 3. Mutations that follow each other share a commit where they can (`decide-group.ts`); otherwise each has its own
 *    (`decide-one.ts`).
 * 4. What cannot be decided now leaves everything as it was; the client sends it again.
 */

import type { MutationResult, PushRequest, PushResponse, RowChange } from "@sh1n4ps/plasma-core";
import { basePosition } from "../db/base-position.ts";
import type { BasePosition } from "../db/base-position.ts";
import type { ConflictSource } from "../db/conflicts.ts";
import { bindRules } from "../db/rules.ts";
import type { Engine } from "../engine.ts";
import { RequestRefused, StorageFailure } from "../errors.ts";
import type { Identity } from "../options.ts";
import type { Decided } from "./commit-runs.ts";
import { decideGroup } from "./decide-group.ts";
import { decideOne } from "./decide-one.ts";
import type { PushJob } from "./push-job.ts";
import { readStanding } from "./standing.ts";
import type { Standing } from "./standing-memory.ts";
import { timeLimit } from "./time-limit.ts";

export interface PushedChanges {
  readonly response: PushResponse;
  /** Row changes, commit by commit. */
  readonly rows: readonly RowChange[];
  /** Why it stopped before the last mutation: the server cannot go on now, or it refuses to. */
  readonly stopped: StorageFailure | RequestRefused | null;
}

export async function push(
  engine: Engine,
  identity: Identity,
  request: PushRequest,
): Promise<PushedChanges> {
  const limit = timeLimit(engine.platform, engine.mutatorTimeoutMs);
  const job: PushJob = {
    limit,
    engine,
    identity,
    request,
    rules: bindRules(identity.ctx, engine.policy),
    conflicts: conflictSource(engine, identity, request),
  };
  try {
    return await decideAll(job);
  } finally {
    limit.end();
  }
}

async function decideAll(job: PushJob): Promise<PushedChanges> {
  const { engine, identity, request } = job;
  const { mutations } = request;
  const results: MutationResult[] = [];
  const rows: RowChange[] = [];
  let standing: Standing | null = engine.standings.recall(identity, request);
  let stopped: PushedChanges["stopped"] = null;
  // After a group that came to nothing, one mutation goes alone before the next group is tried.
  let mayGroup = true;
  while (results.length < mutations.length) {
    try {
      standing ??= await readStanding(job);
      const waiting = mutations.slice(results.length);
      const group: Decided | "overtaken" | null = mayGroup
        ? await decideGroup(job, standing, waiting)
        : null;
      if (group === "overtaken") {
        mayGroup = standing.isRecalled ?? false;
        standing = null;
        continue;
      }
      const decided: Decided =
        group ?? (await decideOne({ ...job, mutation: waiting[0]! }, standing));
      mayGroup = group !== null || !mayGroup;
      results.push(...decided.results);
      rows.push(...decided.rows);
      ({ standing } = decided);
    } catch (error) {
      // Whatever was committed before has to be told about.
      if (!(error instanceof StorageFailure) && !(error instanceof RequestRefused)) throw error;
      stopped = error;
      for (const { id } of mutations.slice(results.length)) {
        results.push({ id, status: "not-reached" });
      }
    }
  }
  engine.standings.keep(identity, stopped ? null : standing);
  return { response: { lastMutationID: standing?.lastMutationID ?? 0, results }, rows, stopped };
}

/** The mutations of a push have one base, which is looked at when the first of them asks. */
function conflictSource(engine: Engine, identity: Identity, { base }: PushRequest): ConflictSource {
  let found: { readonly position: BasePosition | null } | undefined;
  return {
    clientID: identity.clientID,
    async position(read) {
      found ??= { position: await basePosition({ engine, identity }, base, read) };
      return found.position;
    },
  };
}
