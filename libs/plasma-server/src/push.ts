/**
 * Push: runs each mutation exactly once, and stores what became of it.
 *
 * 1. Mutations of a client run in the order of their ids. An id that was decided is answered from the stored outcome;
 *    an id beyond the next one is a gap, and nothing runs.
 * 2. Rows, outcome and last mutation id are one commit (`db/commit.ts`), which fails if anything was committed since
 *    the version that the mutation started from. Then it runs again.
 * 3. A refusal is an outcome like any other and commits the same way: it may have come from reads of two moments, and
 *    then the commit fails and the mutation runs again.
 * 4. A uid that is known was decided under another id (a client that changed its id): it does not run again.
 * 5. If nobody can say whether a commit happened, the last mutation id is read again: it tells.
 * 6. What fails for no reason of its own is tried again for a while (`attempts.ts`). A mutator that does not end has
 *    failed after its time: what it still does afterwards is refused, and no lock waits for it.
 * 7. What cannot be decided now leaves everything as it was; the client sends it again.
 */

import {
  decodeTagged,
  DISCARDED_CODE,
  invokeMutator,
  mutatorDb,
  NOOP_MUTATOR,
  PlasmaError,
} from "@sh1n4ps/plasma-core";
import type {
  MutationResult,
  PushRequest,
  PushResponse,
  RowChange,
  WireMutation,
} from "@sh1n4ps/plasma-core";
import { countAttempt, held, isHopeless, QUARANTINED, settleAttempts } from "./attempts.ts";
import type { AttemptCount } from "./attempts.ts";
import { backOff } from "./backoff.ts";
import { SELECT_META, metaFrom } from "./change-log/meta.ts";
import { basePosition } from "./db/base-position.ts";
import type { BasePosition } from "./db/base-position.ts";
import { commit } from "./db/commit.ts";
import type { ConflictSource } from "./db/conflicts.ts";
import { openTransaction } from "./db/transaction.ts";
import type { Engine } from "./engine.ts";
import { RequestRefused, StorageFailure, SyncServerError } from "./errors.ts";
import type { Identity } from "./options.ts";
import { OUTCOME_COLUMNS, outcomeFrom, outcomeStatements, refusalOf } from "./outcomes.ts";
import type { Outcome } from "./outcomes.ts";
import { dialectOf } from "./sql/dialect-of.ts";
import { bind, sql } from "./sql/fragment.ts";

export interface PushedChanges {
  readonly response: PushResponse;
  /** Row changes, commit by commit. */
  readonly rows: readonly RowChange[];
  /** Why it stopped before the last mutation: the server cannot go on now, or it refuses to. */
  readonly stopped: StorageFailure | RequestRefused | null;
}

const MAX_ATTEMPTS = 10;
const MAX_DURATION_MS = 15_000;

export async function push(
  engine: Engine,
  identity: Identity,
  request: PushRequest,
): Promise<PushedChanges> {
  const results: MutationResult[] = [];
  const rows: RowChange[] = [];
  const conflicts = conflictSource(engine, identity, request);
  let standing: Standing | null = null;
  let stopped: PushedChanges["stopped"] = null;
  for (const [at, mutation] of request.mutations.entries()) {
    try {
      const decided: Decided = await decide(
        { engine, identity, request, mutation, conflicts },
        standing,
      );
      results.push(decided.result);
      rows.push(...decided.rows);
      standing = decided.standing;
    } catch (error) {
      // Whatever was committed before has to be told about.
      if (!(error instanceof StorageFailure) && !(error instanceof RequestRefused)) throw error;
      stopped = error;
      results.push(
        ...request.mutations.slice(at).map(({ id }) => ({ id, status: "not-reached" }) as const),
      );
      break;
    }
  }
  return { response: { lastMutationID: standing?.lastMutationID ?? 0, results }, rows, stopped };
}

interface Job {
  readonly engine: Engine;
  readonly identity: Identity;
  readonly request: PushRequest;
  readonly mutation: WireMutation;
  readonly conflicts: ConflictSource;
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

/** What is known of the database and the client, as of one version. */
interface Standing {
  readonly version: number;
  readonly lastMutationID: number;
  /** Outcomes of mutations of this push that were decided under this client id. */
  readonly decided: ReadonlyMap<number, { readonly uid: string | null; readonly outcome: Outcome }>;
  /** Outcomes of mutations of this push that were decided under another id. */
  readonly elsewhere: ReadonlyMap<string, Outcome>;
  /** The uids of this push's mutations that have failed before. */
  readonly failedBefore: ReadonlySet<string>;
}

interface Decided {
  readonly result: MutationResult;
  readonly rows: readonly RowChange[];
  /** Null when it has to be read anew. */
  readonly standing: Standing | null;
}

async function decide(job: Job, known: Standing | null): Promise<Decided> {
  const { platform } = job.engine;
  const deadline = platform.clock.now() + MAX_DURATION_MS;
  let standing = known;
  let failure: unknown = null;
  for (let attempt = 0; attempt < MAX_ATTEMPTS && platform.clock.now() < deadline; attempt++) {
    if (attempt > 0) await backOff(platform, attempt - 1);
    standing ??= await readStanding(job);
    const answer = answerDecided(job.mutation, standing);
    if (answer) return { result: answer, rows: [], standing };
    const attempted = await attemptOnce(job, standing);
    if (attempted.kind === "decided") return attempted.decided;
    failure = attempted.cause;
    standing = null;
  }
  throw new StorageFailure("A mutation could not be committed within its attempts.", {
    cause: failure,
  });
}

async function readStanding({ engine, identity, request }: Job): Promise<Standing> {
  const { mutations } = request;
  const first = (mutations[0] as WireMutation).id;
  const uids = dialectOf(engine.executor).values(mutations.map((mutation) => mutation.uid));
  const read = await inStorage(
    engine.executor.batch([
      SELECT_META,
      sql`SELECT principal, last_mutation_id FROM _plasma_clients WHERE client_id = ${bind(identity.clientID)}`,
      sql`SELECT ${OUTCOME_COLUMNS} FROM _plasma_client_mutations WHERE client_id = ${bind(identity.clientID)} AND mutation_id BETWEEN ${bind(first)} AND ${bind(first + mutations.length)}`,
      sql`SELECT ${OUTCOME_COLUMNS} FROM _plasma_client_mutations WHERE principal = ${bind(identity.principal)} AND uid IN (${uids})`,
      sql`SELECT uid FROM _plasma_attempts WHERE principal = ${bind(identity.principal)} AND uid IN (${uids})`,
    ]),
  );
  const [meta = [], [client] = [], own = [], others = [], failed = []] = read;
  if (client && client["principal"] !== identity.principal) {
    throw new RequestRefused({
      status: 403,
      code: "forbidden",
      message: "This client cannot be used.",
      kind: "forbidden",
    });
  }
  return {
    version: metaFrom(meta).version,
    lastMutationID: client ? (client["last_mutation_id"] as number) : 0,
    decided: new Map(
      own.map((row) => [
        row["mutation_id"] as number,
        { uid: row["uid"] as string | null, outcome: outcomeFrom(row) },
      ]),
    ),
    elsewhere: new Map(others.map((row) => [row["uid"] as string, outcomeFrom(row)])),
    failedBefore: new Set(failed.map((row) => row["uid"] as string)),
  };
}

function answerDecided(mutation: WireMutation, standing: Standing): MutationResult | null {
  const expected = standing.lastMutationID + 1;
  if (mutation.id === expected) return null;
  if (mutation.id > expected) {
    throw new RequestRefused({
      status: 409,
      code: "gap",
      message: `The next mutation of this client must be number ${expected}. Send from there.`,
      details: { expected },
    });
  }
  const stored = standing.decided.get(mutation.id);
  // A uid that has moved to another client id leaves none behind.
  if (stored?.uid && stored.uid !== mutation.uid) {
    throw new RequestRefused({
      status: 409,
      code: "client-forked",
      message:
        "Another copy of this client has used this mutation id. Take a new client id and send the mutations under it, with their uids.",
    });
  }
  return { ...resultOf(mutation.id, stored?.outcome ?? { status: "ok" }), duplicate: true };
}

type Attempt =
  | { readonly kind: "decided"; readonly decided: Decided }
  | { readonly kind: "again"; readonly cause: unknown };

async function attemptOnce(job: Job, standing: Standing): Promise<Attempt> {
  const known = standing.elsewhere.get(job.mutation.uid);
  if (known) return commitOrRefuse(job, standing, { ...DECIDED, outcome: known, movesUid: true });
  const { uid } = job.mutation;
  const isRetried = job.request.retry === true && uid === job.request.mutations[0]?.uid;
  const isSuspect = isRetried || standing.failedBefore.has(uid);
  const counted = isSuspect ? await count(job) : null;
  // It was never seen to fail, because whoever ran it was gone afterwards.
  if (
    counted &&
    counted.attempts > job.engine.quarantine.attempts &&
    isHopeless(counted, job.engine)
  )
    return quarantine(job, standing, new Error("It took the server's process down."));
  const ran = await runMutator(job);
  if (ran.kind === "decided") {
    return commitOrRefuse(job, standing, { ...ran.run, settlesAttempts: counted !== null });
  }
  const failures = counted ?? (await count(job));
  if (isHopeless(failures, job.engine)) return quarantine(job, standing, ran.cause);
  report(job, ran.cause, `attempt ${failures.attempts}; its client tries again`);
  throw held(failures, ran.cause);
}

function count(job: Job): Promise<AttemptCount> {
  const { engine } = job;
  return inStorage(countAttempt(engine.executor, job, engine.platform.clock.now()));
}

function quarantine(job: Job, standing: Standing, cause: unknown): Promise<Attempt> {
  report(job, cause, "for the last time; its mutation is quarantined");
  return commitOrRefuse(job, standing, {
    ...DECIDED,
    outcome: QUARANTINED,
    settlesAttempts: true,
  });
}

function report({ engine, mutation }: Job, cause: unknown, what: string): void {
  engine.report(
    new SyncServerError("mutation-error", `The mutator "${mutation.name}" failed (${what}).`, {
      cause,
      details: { mutator: mutation.name, mutationID: mutation.id },
    }),
  );
}

async function commitOrRefuse(job: Job, standing: Standing, run: Run): Promise<Attempt> {
  const attempted = await commitRun(job, standing, run);
  if (attempted.kind !== "refused") return attempted;
  // The constraints were asked at the version that the mutation started from, so the refusal is the truth there.
  const { settlesAttempts } = run;
  const refusal: Run = { ...DECIDED, outcome: refusalOf(attempted.error), settlesAttempts };
  const refused = await commitRun(job, standing, refusal);
  if (refused.kind !== "refused") return refused;
  return { kind: "again", cause: refused.error };
}

interface Run {
  readonly outcome: Outcome;
  readonly changes: readonly RowChange[];
  /** The outcome is known under another client id, from which it is taken over. */
  readonly movesUid: boolean;
  /** Its attempts were counted. */
  readonly settlesAttempts: boolean;
}

const DECIDED: Run = {
  outcome: { status: "ok" },
  changes: [],
  movesUid: false,
  settlesAttempts: false,
};

type Ran =
  | { readonly kind: "decided"; readonly run: Run }
  /** It threw what is no refusal, or did not end in time. */
  | { readonly kind: "failed"; readonly cause: unknown };

async function runMutator(job: Job): Promise<Ran> {
  const { engine, identity, mutation } = job;
  // An outcome all the same, because the next mutation waits for this id.
  if (mutation.name === NOOP_MUTATOR) {
    const discarded = new PlasmaError(DISCARDED_CODE, "This change was discarded on the device.");
    return { kind: "decided", run: { ...DECIDED, outcome: refusalOf(discarded) } };
  }
  const transaction = openTransaction({
    schema: engine.schema,
    executor: engine.executor,
    ctx: identity.ctx,
    policy: engine.policy,
    fullScans: engine.fullScans,
    conflicts: job.conflicts,
  });
  const running = (async () =>
    invokeMutator(engine.mutators, mutation.name, {
      db: mutatorDb(engine.schema, transaction.restricted),
      unrestrictedDb: mutatorDb(engine.schema, transaction.unrestricted),
      args: decodeTagged(mutation.args),
      ctx: identity.ctx,
      clientID: identity.clientID,
      mutationID: mutation.id,
    }))();
  const ended = await inTime(running, engine);
  // Throws if a read has failed: then nothing that the mutator made of it counts.
  transaction.close();
  switch (ended.kind) {
    case "done":
      return { kind: "decided", run: { ...DECIDED, changes: transaction.changes() } };
    case "threw":
      if (!(ended.error instanceof PlasmaError)) return { kind: "failed", cause: ended.error };
      return { kind: "decided", run: { ...DECIDED, outcome: refusalOf(ended.error) } };
    case "late":
      return {
        kind: "failed",
        cause: new Error(`It took longer than ${engine.mutatorTimeoutMs} ms.`),
      };
  }
}

type Ended =
  | { readonly kind: "done" }
  | { readonly kind: "threw"; readonly error: unknown }
  | { readonly kind: "late" };

function inTime(running: Promise<void>, engine: Engine): Promise<Ended> {
  const { timers } = engine.platform;
  return new Promise((resolve) => {
    const timer = timers.set(() => resolve({ kind: "late" }), engine.mutatorTimeoutMs);
    const end = (ended: Ended) => {
      timers.clear(timer);
      resolve(ended);
    };
    running.then(
      () => end({ kind: "done" }),
      (error: unknown) => end({ kind: "threw", error }),
    );
  });
}

async function commitRun(
  job: Job,
  standing: Standing,
  run: Run,
): Promise<Attempt | { readonly kind: "refused"; readonly error: PlasmaError }> {
  const { engine, identity, mutation, request } = job;
  const committed = await commit({
    schema: engine.schema,
    executor: engine.executor,
    platform: engine.platform,
    base: standing.version,
    changes: run.changes,
    origin: { clientID: identity.clientID, mutationID: mutation.id },
    alongside: (version) => {
      const now = engine.platform.clock.now();
      const { outcome, movesUid } = run;
      const { confirmed } = request;
      return [
        ...outcomeStatements({ identity, mutation, version, outcome, movesUid, confirmed, now }),
        ...(run.settlesAttempts ? [settleAttempts(job, outcome === QUARANTINED ? now : null)] : []),
      ];
    },
  });
  switch (committed.kind) {
    case "committed":
      return {
        kind: "decided",
        decided: settle(job, run, {
          ...standing,
          version: committed.version,
          lastMutationID: mutation.id,
        }),
      };
    case "conflict":
      return { kind: "again", cause: null };
    case "refused":
      return committed;
    case "unknown": {
      const found = await inStorage(
        engine.executor.all(
          sql`SELECT version FROM _plasma_versions WHERE region = 0 AND version = ${bind(standing.version + 1)} AND nonce = ${bind(committed.nonce)}`,
        ),
      );
      // If it was not this commit, the next attempt finds out whether another one has decided the mutation.
      if (found.length === 0) return { kind: "again", cause: committed.cause };
      return {
        kind: "decided",
        decided: settle(job, run, {
          ...standing,
          version: standing.version + 1,
          lastMutationID: mutation.id,
        }),
      };
    }
  }
}

function settle({ mutation }: Job, run: Run, standing: Standing): Decided {
  const result = resultOf(mutation.id, run.outcome);
  return {
    result: run.movesUid ? { ...result, duplicate: true } : result,
    rows: run.changes,
    standing,
  };
}

function resultOf(
  id: number,
  outcome: Outcome,
): Exclude<MutationResult, { status: "not-reached" }> {
  if (outcome.status === "ok") return { id, status: "ok" };
  return { id, ...outcome };
}

async function inStorage<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw new StorageFailure("Reading from the database failed.", { cause });
  }
}
