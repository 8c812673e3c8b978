/**
 * Decides one mutation, by attempts: each reads where the client stands, runs the mutator and tries to commit.
 *
 * 1. A refusal is an outcome like any other and commits the same way: it may have come from reads of two moments, and
 *    then the commit fails and the mutation runs again.
 * 2. A uid that is known was decided under another id (a client that changed its id): it does not run again.
 * 3. The first run of an attempt is optimistic (`db/transaction.ts`). If it was refused after it had taken something for
 *    free, by itself or by the commit, the mutation runs once more and looks.
 * 4. What fails for no reason of its own is tried again for a while (`attempts.ts`). A mutator that does not end has
 *    failed after its time: what it still does afterwards is refused, and no lock waits for it.
 */

import type { PushRequest, WireMutation } from "@sh1n4ps/plasma-core";
import { countAttempt, forgiveAttempt, held, isHopeless, QUARANTINED } from "../attempts.ts";
import type { AttemptCount } from "../attempts.ts";
import { backOff } from "../backoff.ts";
import { StorageFailure, SyncServerError } from "../errors.ts";
import { refusalOf } from "../outcomes.ts";
import { commitRuns } from "./commit-runs.ts";
import type { Committed, Decided, Run } from "./commit-runs.ts";
import { inStorage } from "./push-job.ts";
import type { MutationJob } from "./push-job.ts";
import { runMutator } from "./run-mutator.ts";
import type { Ran } from "./run-mutator.ts";
import { answerDecided, readStanding } from "./standing.ts";
import type { Standing } from "./standing-memory.ts";

const MAX_ATTEMPTS = 10;
const MAX_DURATION_MS = 15_000;

export async function decideOne(job: MutationJob, known: Standing | null): Promise<Decided> {
  const { platform } = job.engine;
  const deadline = platform.clock.now() + MAX_DURATION_MS;
  let standing = known;
  let counted: AttemptCount | null = null;
  let failure: unknown = null;
  // To have remembered wrongly is nobody's fault, and nothing to wait for.
  const first = known?.isRecalled ? -1 : 0;
  try {
    for (let attempt = first; attempt < MAX_ATTEMPTS; attempt++) {
      if (platform.clock.now() >= deadline) break;
      if (attempt > 0) await backOff(platform, attempt - 1);
      standing ??= await readStanding(job);
      const answer = answerDecided(job.mutation, standing);
      if (answer) {
        // Another push has decided it meanwhile, without a word of this attempt.
        if (counted) await forgiveAttempt(job.engine, job);
        return { results: [answer], rows: [], standing };
      }
      counted ??= await countIfSuspect(job, standing);
      const attempted = await attemptOnce(job, standing, counted);
      if (attempted.kind === "decided") return attempted.decided;
      failure = attempted.cause;
      standing = null;
    }
    throw new StorageFailure("A mutation could not be committed within its attempts.", {
      cause: failure,
    });
  } catch (error) {
    // Its process is still there, and its mutator has not failed.
    if (counted && error instanceof StorageFailure) await forgiveAttempt(job.engine, job);
    throw error;
  }
}

type Attempt = Exclude<Committed, { readonly kind: "refused" }>;

async function attemptOnce(
  job: MutationJob,
  standing: Standing,
  counted: AttemptCount | null,
): Promise<Attempt> {
  const { mutation } = job;
  const outcome = standing.elsewhere.get(mutation.uid);
  if (outcome) return commitOutcome(job, standing, { mutation, outcome, movesUid: true });
  // It was never seen to fail, because whoever ran it was gone afterwards.
  if (
    counted &&
    counted.attempts > job.engine.quarantine.attempts &&
    isHopeless(counted, job.engine)
  )
    return quarantine(job, standing, new Error("It took the server's process down."));
  const settlesAttempts = counted !== null;
  let ran = await runMutator(job, { optimistic: true });
  let committed = await commitRan(job, standing, { ran, settlesAttempts });
  if (committed === "look" || (committed?.kind === "refused" && mayHaveAssumed(ran))) {
    ran = await runMutator(job, { optimistic: false });
    committed = await commitRan(job, standing, { ran, settlesAttempts });
  }
  if (ran.kind === "failed") {
    // A mutation that was decided elsewhere has no failures.
    if (standing.isRecalled && !(await isStill(job, standing)))
      return { kind: "again", cause: ran.cause };
    return fail(job, standing, { counted, cause: ran.cause });
  }
  if (committed === null || committed === "look")
    throw new TypeError("It was run and not decided.");
  if (committed.kind !== "refused") return committed;
  // The constraints were asked at the version that the mutation started from, so the refusal is the truth there.
  const refusal = { mutation, outcome: refusalOf(committed.error), settlesAttempts };
  return commitOutcome(job, standing, refusal);
}

/** Before it runs, because its process may not be there afterwards. */
async function countIfSuspect(job: MutationJob, standing: Standing): Promise<AttemptCount | null> {
  const { mutation, request } = job;
  // Decided already, under another id: it does not run.
  if (standing.elsewhere.has(mutation.uid)) return null;
  return isSuspect(mutation, request, standing) ? count(job) : null;
}

/** Whether what was recalled is so, and the mutation unknown. */
async function isStill(job: MutationJob, recalled: Standing): Promise<boolean> {
  const read = await readStanding(job);
  return (
    read.version === recalled.version &&
    read.lastMutationID === recalled.lastMutationID &&
    !read.elsewhere.has(job.mutation.uid) &&
    !isSuspect(job.mutation, job.request, read)
  );
}

/** A push that got no answer may have died of its first mutation; another may have failed before. */
export function isSuspect(
  { uid }: WireMutation,
  { retry, mutations }: PushRequest,
  standing: Standing,
): boolean {
  const isRetried = retry === true && uid === mutations[0]?.uid;
  return isRetried || standing.failedBefore.has(uid);
}

function mayHaveAssumed(ran: Ran): boolean {
  return ran.kind === "decided" && ran.assumed.length > 0;
}

/** Null: there is nothing to commit. `look`: it was refused on an assumption. */
async function commitRan(
  { mutation, ...job }: MutationJob,
  standing: Standing,
  { ran, settlesAttempts }: { readonly ran: Ran; readonly settlesAttempts: boolean },
): Promise<Committed | "look" | null> {
  if (ran.kind === "failed") return null;
  const { outcome, changes, assumed } = ran;
  if (outcome.status === "error" && assumed.length > 0) return "look";
  return commitRuns(job, standing, {
    runs: [{ mutation, outcome, settlesAttempts }],
    changes: changes(),
    assumed,
  });
}

async function commitOutcome(job: MutationJob, standing: Standing, run: Run): Promise<Attempt> {
  const committed = await commitRuns(job, standing, { runs: [run], changes: [] });
  return committed.kind === "refused" ? { kind: "again", cause: committed.error } : committed;
}

async function fail(
  job: MutationJob,
  standing: Standing,
  { counted, cause }: { readonly counted: AttemptCount | null; readonly cause: unknown },
): Promise<Attempt> {
  const failures = counted ?? (await count(job));
  if (isHopeless(failures, job.engine)) return quarantine(job, standing, cause);
  report(job, cause, `attempt ${failures.attempts}; its client tries again`);
  throw held(failures, cause);
}

function count(job: MutationJob): Promise<AttemptCount> {
  return inStorage(countAttempt(job.engine, job));
}

function quarantine(job: MutationJob, standing: Standing, cause: unknown): Promise<Attempt> {
  report(job, cause, "for the last time; its mutation is quarantined");
  const { mutation } = job;
  return commitOutcome(job, standing, { mutation, outcome: QUARANTINED, settlesAttempts: true });
}

function report({ engine, mutation }: MutationJob, cause: unknown, what: string): void {
  engine.report(
    new SyncServerError("mutation-error", `The mutator "${mutation.name}" failed (${what}).`, {
      cause,
      details: { mutator: mutation.name, mutationID: mutation.id },
    }),
  );
}
