/** The stored outcome of a mutation: what it is, how it is written within a commit, and read again. */

import type { ErrorBody, PlasmaError, WireMutation } from "@sh1n4ps/plasma-core";
import type { Identity } from "./options.ts";
import { dialectOf } from "./sql/dialect-of.ts";
import type { SqlExecutor, SqlRow, Statement } from "./sql/executor.ts";
import { bind, bindInteger, bindText, join, sql } from "./sql/fragment.ts";

export type Outcome = { readonly status: "ok" } | ({ readonly status: "error" } & ErrorBody);

/**
 * A uid belongs to the client id under which it was sent last. Where it was before, it stays legible behind this mark, so
 * that a copy of that client is still found out by another uid under the same id. No uid that is sent has the mark in it.
 */
const MOVED = sql`':'`;

/** Which mutation this was, wherever its uid is now. */
export function uidOf(row: SqlRow): string | null {
  return (row["uid"] as string | null)?.split(":")[0] ?? null;
}

const MAX_MESSAGE = 1000;
const MAX_DETAILS = 4000;

/** What the client learns of a refusal. */
export function refusalOf(error: PlasmaError): Outcome {
  const details = storable(error.details);
  return {
    status: "error",
    code: error.code,
    message: error.message.toWellFormed().slice(0, MAX_MESSAGE),
    ...(details !== undefined && { details }),
  };
}

function storable(details: unknown): unknown {
  if (details === undefined) return undefined;
  try {
    const text = JSON.stringify(details);
    return text !== undefined && text.length <= MAX_DETAILS
      ? (JSON.parse(text) as unknown)
      : undefined;
  } catch {
    return undefined;
  }
}

export function outcomeFrom(row: SqlRow): Outcome {
  if (row["status"] === "ok") return { status: "ok" };
  return { status: "error", ...errorFrom(row) };
}

export function errorFrom(row: SqlRow): ErrorBody {
  const details = row["details"];
  return {
    code: row["code"] as string,
    // The reason of an outcome that the client has confirmed was forgotten (see `outcomeStatements`).
    message: (row["message"] as string | null) ?? "This change was refused.",
    ...(typeof details === "string" && { details: JSON.parse(details) as unknown }),
  };
}

export interface OutcomeRecord {
  readonly identity: Identity;
  readonly executor: SqlExecutor;
  /** Mutations with consecutive ids, and what became of each. */
  readonly runs: readonly {
    readonly mutation: WireMutation;
    readonly outcome: Outcome;
    /** Take the uid over from the client under which it was decided. */
    readonly movesUid?: boolean;
  }[];
  readonly version: number;
  /** The client knows the reasons of its refusals up to this id; 0: nothing is to be forgotten. */
  readonly forget: number;
  readonly now: number;
}

/**
 * Moves the client's last mutation id on to the last of these, and keeps the outcomes. Where the client is somebody
 * else's, or does not stand just before these, a value is missing (`isOvertaken` in `schema/system-tables.ts`).
 */
export function outcomeStatements(record: OutcomeRecord): Statement[] {
  const { identity, runs, forget, now } = record;
  const { clientID, clientGroupID, principal } = identity;
  const first = runs[0]!.mutation.id;
  const last = runs.at(-1)!.mutation.id;
  const advance =
    first === 1
      ? sql`INSERT INTO _plasma_clients (client_id, principal, client_group_id, last_mutation_id, seen_at)
        VALUES (${bind(clientID)}, ${bind(principal)}, ${bind(clientGroupID)}, ${bind(last)}, ${bind(now)})`
      : sql`UPDATE _plasma_clients SET last_mutation_id = CASE last_mutation_id WHEN ${bindInteger(first - 1)} THEN ${bindInteger(last)} END, seen_at = ${bind(now)}
        WHERE client_id = ${bind(clientID)} AND principal = ${bind(principal)}`;
  const moved = runs.filter(({ movesUid }) => movesUid).map(({ mutation }) => mutation.uid);
  return [
    advance,
    ...moved.map(
      (uid) =>
        sql`UPDATE _plasma_client_mutations SET uid = uid || ${MOVED} || client_id || ${MOVED} || mutation_id WHERE principal = ${bind(principal)} AND uid = ${bind(uid)}`,
    ),
    insertOutcomes(record),
    ...(forget > 0
      ? [
          // The uid stays: a copy of this client that never heard of the outcome may still send the mutation.
          sql`UPDATE _plasma_client_mutations SET message = NULL, details = NULL WHERE client_id = ${bind(clientID)} AND mutation_id <= ${bind(forget)} AND message IS NOT NULL`,
        ]
      : []),
  ];
}

function insertOutcomes({ identity, executor, runs, version, now }: OutcomeRecord): Statement {
  const dialect = dialectOf(executor);
  const list = runs.map(({ mutation: { id, uid }, outcome }) => {
    const error = outcome.status === "error" ? outcome : null;
    const details = error?.details === undefined ? null : JSON.stringify(error.details);
    return [id, uid, outcome.status, error?.code ?? null, error?.message ?? null, details];
  });
  const [id, uid, ...rest] = (["int", "text", "text", "text", "text", "text"] as const).map(
    (kind, slot) => dialect.cell(slot, kind),
  );
  return sql`INSERT INTO _plasma_client_mutations (client_id, principal, mutation_id, uid, status, code, message, details, version, time)
    SELECT (SELECT client_id FROM _plasma_clients WHERE client_id = ${bind(identity.clientID)} AND principal = ${bind(identity.principal)}), ${bindText(identity.principal)}, ${id!}, ${uid!}, ${join(rest)}, ${bindInteger(version)}, ${bindInteger(now)}
    FROM ${dialect.jsonRows(JSON.stringify(list))}`;
}
