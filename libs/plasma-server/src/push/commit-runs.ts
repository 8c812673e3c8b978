/**
 * Commits what mutations did, with their outcomes and the client's last mutation id: all of them or none. If nobody can
 * say whether a commit happened, its version's nonce is looked up: it tells.
 */

import type { MutationResult, PlasmaError, RowChange, WireMutation } from "@sh1n4ps/plasma-core";
import { QUARANTINED, settleAttempts } from "../attempts.ts";
import { commit } from "../db/commit.ts";
import type { Assumption } from "../db/transaction.ts";
import { outcomeStatements } from "../outcomes.ts";
import type { Outcome } from "../outcomes.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { bind, bindInteger, name, sql } from "../sql/fragment.ts";
import type { SqlFragment } from "../sql/fragment.ts";
import type { Requirement } from "./judge-in-group.ts";
import { inStorage } from "./push-job.ts";
import type { PushJob } from "./push-job.ts";
import { resultOf } from "./standing.ts";
import type { Standing } from "./standing-memory.ts";

/** What became of one mutation. */
export interface Run {
  readonly mutation: WireMutation;
  readonly outcome: Outcome;
  /** The outcome is known under another client id, from which it is taken over. */
  readonly movesUid?: boolean;
  /** Its attempts were counted. */
  readonly settlesAttempts?: boolean;
}

export interface Decided {
  readonly results: readonly MutationResult[];
  readonly rows: readonly RowChange[];
  /** Null when it has to be read anew. */
  readonly standing: Standing | null;
}

export interface ToCommit {
  readonly runs: readonly Run[];
  readonly changes: readonly RowChange[];
  /** Default: nothing. */
  readonly assumed?: readonly Assumption[];
  /** Default: nothing. */
  readonly required?: readonly Requirement[];
}

export type Committed =
  | { readonly kind: "decided"; readonly decided: Decided }
  /** Something else was committed first, or nothing was. */
  | { readonly kind: "again"; readonly cause: unknown }
  /** The database's constraints say no. */
  | { readonly kind: "refused"; readonly error: PlasmaError };

export async function commitRuns(
  job: PushJob,
  standing: Standing,
  { runs, changes, assumed = [], required = [] }: ToCommit,
): Promise<Committed> {
  const { engine, identity, request } = job;
  const first = runs[0]!.mutation;
  const last = runs.at(-1)!.mutation;
  const committed = await commit({
    schema: engine.schema,
    executor: engine.executor,
    platform: engine.platform,
    base: standing.version,
    changes,
    // Rows of several mutations bear the last one's number.
    origin: { clientID: identity.clientID, mutationID: last.id },
    guards: [
      ...assumptionGuards(withoutInserted(assumed, changes), engine.executor),
      ...requirementGuards(required, engine.executor),
    ],
    alongside: (version) => {
      const now = engine.platform.clock.now();
      const settled = runs.filter(({ settlesAttempts }) => settlesAttempts);
      return [
        ...outcomeStatements({
          identity,
          executor: engine.executor,
          runs,
          version,
          forget: standing.lastReason > 0 ? Math.min(request.confirmed, first.id - 1) : 0,
          now,
        }),
        ...settled.map(({ mutation, outcome }) =>
          settleAttempts({ identity, mutation }, outcome === QUARANTINED ? now : null),
        ),
      ];
    },
  });
  const version = standing.version + 1;
  const lastReason =
    runs.findLast(({ outcome }) => outcome.status === "error")?.mutation.id ?? standing.lastReason;
  const decided: Committed = {
    kind: "decided",
    decided: {
      results: runs.map(({ mutation, outcome, movesUid }) => {
        const result = resultOf(mutation.id, outcome);
        return movesUid ? { ...result, duplicate: true } : result;
      }),
      rows: changes,
      standing: { ...standing, version, lastMutationID: last.id, lastReason },
    },
  };
  switch (committed.kind) {
    case "committed":
      engine.standings.committed(version);
      return decided;
    case "conflict":
      if (standing.isRecalled) engine.standings.mistrust();
      return { kind: "again", cause: null };
    case "refused":
      return committed;
    case "unknown": {
      const found = await inStorage(
        engine.executor.all(
          sql`SELECT version FROM _plasma_versions WHERE region = 0 AND version = ${bind(version)} AND nonce = ${bind(committed.nonce)}`,
        ),
      );
      // If it was not this commit, the next attempt finds out whether another one has decided the mutation.
      return found.length > 0 ? decided : { kind: "again", cause: committed.cause };
    }
  }
}

/** Whether the id of a row that is inserted is free, the insert finds out by itself. */
function withoutInserted(
  assumed: readonly Assumption[],
  changes: readonly RowChange[],
): readonly Assumption[] {
  const inserted = new Map<string, Set<unknown>>();
  for (const { table, id, before, after } of changes) {
    if (before || !after) continue;
    const ids = inserted.get(table);
    if (ids) ids.add(id);
    else inserted.set(table, new Set([id]));
  }
  return assumed.flatMap((assumption) => {
    const ids = assumption.column === "id" ? inserted.get(assumption.table) : undefined;
    if (!ids) return [assumption];
    const rest = assumption.values.filter((id) => !ids.has(id));
    return rest.length > 0 ? [{ ...assumption, values: rest }] : [];
  });
}

/** For each column one row if a value is not free. Asked before the first row is written. */
function assumptionGuards(
  assumed: readonly Assumption[],
  executor: SqlExecutor,
): readonly SqlFragment[] {
  const places = new Map<string, Assumption>();
  for (const { table, column, values } of assumed) {
    const key = `${table}.${column}`;
    places.set(key, { table, column, values: [...(places.get(key)?.values ?? []), ...values] });
  }
  return [...places.values()].map(({ table, column, values }) => {
    const held = sql`SELECT 1 FROM ${name(table)} WHERE ${name(column)} IN (${dialectOf(executor).values(values)})`;
    return sql`SELECT 'taken' WHERE EXISTS (${held})`;
  });
}

/** For each table one row if one of the ids is missing. Asked before the first row is written. */
function requirementGuards(
  required: readonly Requirement[],
  executor: SqlExecutor,
): readonly SqlFragment[] {
  const idsOf = new Map<string, Set<string>>();
  for (const { table, ids } of required) {
    const ofTable = idsOf.get(table) ?? new Set();
    idsOf.set(table, ofTable);
    for (const id of ids) ofTable.add(id);
  }
  return [...idsOf].map(([table, ids]) => {
    const found = sql`SELECT count(*) FROM ${name(table)} WHERE id IN (${dialectOf(executor).values([...ids])})`;
    return sql`SELECT 'reference' WHERE (${found}) < ${bindInteger(ids.size)}`;
  });
}
