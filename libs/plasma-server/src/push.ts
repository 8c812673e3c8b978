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
 * 6. What cannot be decided now leaves everything as it was; the client sends it again.
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
import { backOff } from "./backoff.ts";
import { SELECT_META, metaFrom } from "./change-log/meta.ts";
import { commit } from "./db/commit.ts";
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
  let standing: Standing | null = null;
  let stopped: PushedChanges["stopped"] = null;
  for (const [at, mutation] of request.mutations.entries()) {
    try {
      const decided: Decided = await decide({ engine, identity, request, mutation }, standing);
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
}

/** What is known of the database and the client, as of one version. */
interface Standing {
  readonly version: number;
  readonly lastMutationID: number;
  /** Outcomes of mutations of this push that were decided under this client id. */
  readonly decided: ReadonlyMap<number, { readonly uid: string | null; readonly outcome: Outcome }>;
  /** Outcomes of mutations of this push that were decided under another id. */
  readonly elsewhere: ReadonlyMap<string, Outcome>;
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
    ]),
  );
  const [meta = [], [client] = [], own = [], others = []] = read;
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
  const run: Run = known
    ? { outcome: known, changes: [], bug: null, movesUid: true }
    : await runMutator(job);
  const attempted = await commitRun(job, standing, run);
  if (attempted.kind !== "refused") return attempted;
  // The constraints were asked at the version that the mutation started from, so the refusal is the truth there.
  const refusal: Run = {
    outcome: refusalOf(attempted.error),
    changes: [],
    bug: null,
    movesUid: false,
  };
  const refused = await commitRun(job, standing, refusal);
  if (refused.kind !== "refused") return refused;
  return { kind: "again", cause: refused.error };
}

interface Run {
  readonly outcome: Outcome;
  readonly changes: readonly RowChange[];
  /** What the mutator threw, if that was no refusal. */
  readonly bug: unknown;
  /** The outcome is known under another client id, from which it is taken over. */
  readonly movesUid: boolean;
}

const DISCARDED: Run = {
  outcome: refusalOf(new PlasmaError(DISCARDED_CODE, "This change was discarded on the device.")),
  changes: [],
  bug: null,
  movesUid: false,
};

async function runMutator({ engine, identity, mutation }: Job): Promise<Run> {
  // An outcome all the same, because the next mutation waits for this id.
  if (mutation.name === NOOP_MUTATOR) return DISCARDED;
  const transaction = openTransaction({
    schema: engine.schema,
    executor: engine.executor,
    ctx: identity.ctx,
    policy: engine.policy,
    fullScans: engine.fullScans,
  });
  let thrown: { readonly error: unknown } | null = null;
  try {
    await invokeMutator(engine.mutators, mutation.name, {
      db: mutatorDb(engine.schema, transaction.restricted),
      unrestrictedDb: mutatorDb(engine.schema, transaction.unrestricted),
      args: decodeTagged(mutation.args),
      ctx: identity.ctx,
      clientID: identity.clientID,
      mutationID: mutation.id,
    });
  } catch (error) {
    thrown = { error };
  }
  transaction.close();
  if (!thrown)
    return {
      outcome: { status: "ok" },
      changes: transaction.changes(),
      bug: null,
      movesUid: false,
    };
  const isRefusal = thrown.error instanceof PlasmaError;
  return {
    outcome: refusalOf(thrown.error),
    changes: [],
    bug: isRefusal ? null : thrown.error,
    movesUid: false,
  };
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
    alongside: (version) =>
      outcomeStatements({
        identity,
        mutation,
        version,
        outcome: run.outcome,
        movesUid: run.movesUid,
        confirmed: request.confirmed,
        now: engine.platform.clock.now(),
      }),
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

function settle({ engine, mutation }: Job, run: Run, standing: Standing): Decided {
  if (run.bug !== null) {
    engine.report(
      new SyncServerError(
        "mutation-error",
        `The mutator "${mutation.name}" failed. Its mutation was refused.`,
        {
          cause: run.bug,
          details: { mutator: mutation.name, mutationID: mutation.id },
        },
      ),
    );
  }
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
