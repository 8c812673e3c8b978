/** The stored outcome of a mutation: what it is, how it is written within a commit, and read again. */

import type { ErrorBody, PlasmaError, WireMutation } from "@sh1n4ps/plasma-core";
import type { Identity } from "./options.ts";
import type { SqlRow, Statement } from "./sql/executor.ts";
import { bind, sql } from "./sql/fragment.ts";

export type Outcome = { readonly status: "ok" } | ({ readonly status: "error" } & ErrorBody);

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

export const OUTCOME_COLUMNS = sql`client_id, mutation_id, uid, status, code, message, details`;

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
  readonly mutation: WireMutation;
  readonly version: number;
  readonly outcome: Outcome;
  /** Take the uid over from the client under which it was decided. */
  readonly movesUid: boolean;
  /** Outcomes up to this id are known to the client. */
  readonly confirmed: number;
  readonly now: number;
}

/** Moves the client's last mutation id on by exactly one, or fails the batch; then keeps the outcome. */
export function outcomeStatements(record: OutcomeRecord): Statement[] {
  const { identity, mutation, version, outcome, now } = record;
  const { clientID, clientGroupID, principal } = identity;
  const error = outcome.status === "error" ? outcome : null;
  const details = error?.details === undefined ? null : JSON.stringify(error.details);
  const isFirst = mutation.id === 1;
  const isNext = isFirst
    ? sql`NOT EXISTS (SELECT 1 FROM _plasma_clients WHERE client_id = ${bind(clientID)})`
    : sql`EXISTS (SELECT 1 FROM _plasma_clients WHERE client_id = ${bind(clientID)} AND principal = ${bind(principal)} AND last_mutation_id = ${bind(mutation.id - 1)})`;
  const advance = isFirst
    ? sql`INSERT INTO _plasma_clients (client_id, principal, client_group_id, last_mutation_id, seen_at)
        VALUES (${bind(clientID)}, ${bind(principal)}, ${bind(clientGroupID)}, 1, ${bind(now)})`
    : sql`UPDATE _plasma_clients SET last_mutation_id = ${bind(mutation.id)}, seen_at = ${bind(now)} WHERE client_id = ${bind(clientID)}`;
  const forget = Math.min(record.confirmed, mutation.id - 1);
  return [
    sql`INSERT INTO _plasma_guard (kind) SELECT 'client' WHERE NOT ${isNext}`,
    advance,
    ...(record.movesUid
      ? [
          sql`UPDATE _plasma_client_mutations SET uid = NULL WHERE principal = ${bind(principal)} AND uid = ${bind(mutation.uid)}`,
        ]
      : []),
    sql`INSERT INTO _plasma_client_mutations (client_id, mutation_id, principal, uid, status, code, message, details, version, time)
      VALUES (${bind(clientID)}, ${bind(mutation.id)}, ${bind(principal)}, ${bind(mutation.uid)}, ${bind(outcome.status)},
        ${bind(error?.code ?? null)}, ${bind(error?.message ?? null)}, ${bind(details)}, ${bind(version)}, ${bind(now)})`,
    ...(forget > 0
      ? [
          // The uid stays: a copy of this client that never heard of the outcome may still send the mutation.
          sql`UPDATE _plasma_client_mutations SET message = NULL, details = NULL WHERE client_id = ${bind(clientID)} AND mutation_id <= ${bind(forget)} AND message IS NOT NULL`,
        ]
      : []),
  ];
}
