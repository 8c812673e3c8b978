/** What a pull says of the asker's mutations: how far they are decided, and which were refused. */

import type { PullRequest, Rejection } from "@sh1n4ps/plasma-core";
import type { Engine } from "../engine.ts";
import type { Identity } from "../options.ts";
import { errorFrom, uidOf } from "../outcomes.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import type { SqlRow, Statement } from "../sql/executor.ts";
import { bind, sql } from "../sql/fragment.ts";

interface Asker {
  readonly engine: Engine;
  readonly identity: Identity;
  readonly request: Required<PullRequest>;
}

/** What is decided, as of a version. */
export interface Settled {
  readonly lastMutationIDs: ReadonlyMap<string, number>;
  /** Of those that are still known. */
  readonly lastMutationUIDs: ReadonlyMap<string, string>;
  readonly rejections: readonly Rejection[];
}

/** For the clients that the request names and that belong to the principal; of others nothing is said. */
export function selectSettled(
  { engine, identity, request }: Asker,
  version: number | null,
): Statement[] {
  const dialect = dialectOf(engine.executor);
  const list = request.clients.map(({ clientID, confirmed }) => [clientID, confirmed]);
  const named = sql`(SELECT ${dialect.cell(0, "text")} AS client_id, ${dialect.cell(1, "int")} AS confirmed FROM ${dialect.jsonRows(JSON.stringify(list))}) AS named`;
  const upTo = version === null ? sql`1 = 1` : sql`outcome.version <= ${bind(version)}`;
  // Outcomes of then may be forgotten by now, those since then are not (see `maintenance.ts`).
  const decided =
    version === null
      ? sql`client.last_mutation_id`
      : sql`coalesce((SELECT min(outcome.mutation_id) - 1 FROM _plasma_client_mutations AS outcome
          WHERE outcome.client_id = client.client_id AND outcome.mutation_id > named.confirmed AND outcome.version > ${bind(version)}), client.last_mutation_id)`;
  return [
    sql`SELECT client.client_id, client.last_mutation_id, ${decided} AS decided, named.confirmed,
        (SELECT own.uid FROM _plasma_client_mutations AS own WHERE own.client_id = client.client_id AND own.mutation_id = ${decided}) AS uid
      FROM ${named} JOIN _plasma_clients AS client ON client.client_id = named.client_id WHERE client.principal = ${bind(identity.principal)}`,
    sql`SELECT outcome.client_id, outcome.mutation_id, outcome.code, outcome.message, outcome.details
      FROM ${named} JOIN _plasma_client_mutations AS outcome ON outcome.client_id = named.client_id AND outcome.mutation_id > named.confirmed
      WHERE outcome.principal = ${bind(identity.principal)} AND outcome.status = 'error' AND ${upTo}
      ORDER BY outcome.client_id, outcome.mutation_id`,
  ];
}

export function readSettled([clients = [], refused = []]: readonly (readonly SqlRow[])[]): Settled {
  return {
    lastMutationIDs: new Map(
      clients.map((row) => [row["client_id"] as string, lastMutationID(row)]),
    ),
    lastMutationUIDs: new Map(
      clients.flatMap((row): [string, string][] => {
        const uid = uidOf(row);
        const isReported = lastMutationID(row) === Number(row["decided"]);
        return uid !== null && isReported ? [[row["client_id"] as string, uid]] : [];
      }),
    ),
    rejections: refused.map((row) => ({
      clientID: row["client_id"] as string,
      id: row["mutation_id"] as number,
      ...errorFrom(row),
    })),
  };
}

/** Outcomes that the client has confirmed may be gone, so what it knows counts as well. */
function lastMutationID(row: SqlRow): number {
  const [last, decided, confirmed] = ["last_mutation_id", "decided", "confirmed"].map((column) =>
    Number(row[column] ?? 0),
  ) as [number, number, number];
  return Math.min(last, Math.max(decided, confirmed));
}
