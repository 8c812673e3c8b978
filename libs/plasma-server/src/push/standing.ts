/** Where the client of a push stands in the database, and what is known of the push's mutations. */

import type { MutationResult, WireMutation } from "@sh1n4ps/plasma-core";
import { RequestRefused, StorageFailure } from "../errors.ts";
import { outcomeFrom, uidOf } from "../outcomes.ts";
import type { Outcome } from "../outcomes.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import type { SqlRow, Statement } from "../sql/executor.ts";
import { bind, sql } from "../sql/fragment.ts";
import { inStorage } from "./push-job.ts";
import type { PushJob } from "./push-job.ts";
import type { Standing } from "./standing-memory.ts";

/** In one statement, because each one is a round trip on some databases. */
export async function readStanding(job: PushJob): Promise<Standing> {
  const { engine, identity } = job;
  const rows = await inStorage(engine.executor.all(selectStanding(job)));
  const of = (what: string) => rows.filter((row) => row["what"] === what);
  const [client] = of("client");
  if (client && client["uid"] !== null && client["uid"] !== identity.principal) {
    throw new RequestRefused({
      status: 403,
      code: "forbidden",
      message: "This client cannot be used.",
      kind: "forbidden",
    });
  }
  if (!client) throw new StorageFailure("The database has no version.");
  const numberOf = (row: SqlRow | undefined) => (row?.["number"] as number | null | undefined) ?? 0;
  const version = client["version"] as number;
  engine.standings.found(version);
  return {
    version,
    lastMutationID: numberOf(client),
    decided: new Map(
      of("own").map((row) => [numberOf(row), { uid: uidOf(row), outcome: outcomeFrom(row) }]),
    ),
    elsewhere: new Map(of("person").map((row) => [row["uid"] as string, outcomeFrom(row)])),
    lastReason: numberOf(of("reason")[0]),
    failedBefore: new Set(of("failed").map((row) => row["uid"] as string)),
  };
}

const NO_OUTCOME = sql`CAST(NULL AS text) AS status, CAST(NULL AS text) AS code, CAST(NULL AS text) AS message, CAST(NULL AS text) AS details`;
const NO_NUMBER = sql`CAST(NULL AS bigint)`;

function selectStanding({ engine, identity, request }: PushJob): Statement {
  const { mutations } = request;
  const first = (mutations[0] as WireMutation).id;
  const client = bind(identity.clientID);
  const person = bind(identity.principal);
  const dialect = dialectOf(engine.executor);
  const uids = dialect.values(mutations.map((mutation) => mutation.uid));
  const outcome = sql`${NO_NUMBER} AS version, mutation_id AS number, uid, status, code, message, details`;
  const outcomes = sql`${outcome} FROM _plasma_client_mutations`;
  // By its key, SQLite would look at all outcomes that are kept of the client, of which hardly any has a reason.
  const reasons = dialect.byIndex(
    sql`_plasma_client_mutations`,
    "_plasma_client_mutations_reasons",
  );
  return sql`
    SELECT 'client' AS what, version, last_mutation_id AS number, principal AS uid, ${NO_OUTCOME}
      FROM _plasma_meta LEFT JOIN _plasma_clients ON client_id = ${client}
    UNION ALL SELECT 'own' AS what, ${outcomes}
      WHERE client_id = ${client} AND mutation_id BETWEEN ${bind(first)} AND ${bind(first + mutations.length)}
    UNION ALL SELECT 'person' AS what, ${outcomes} WHERE principal = ${person} AND uid IN (${uids})
    UNION ALL SELECT 'reason' AS what, ${NO_NUMBER} AS version, max(mutation_id) AS number, NULL AS uid, ${NO_OUTCOME}
      FROM ${reasons} WHERE client_id = ${client} AND message IS NOT NULL
    UNION ALL SELECT 'failed' AS what, ${NO_NUMBER} AS version, ${NO_NUMBER} AS number, uid, ${NO_OUTCOME}
      FROM _plasma_attempts WHERE principal = ${person} AND uid IN (${uids})`;
}

/** The answer to a mutation that was decided before; null if it is the next one. Throws at a gap and at a fork. */
export function answerDecided(mutation: WireMutation, standing: Standing): MutationResult | null {
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

export function resultOf(
  id: number,
  outcome: Outcome,
): Exclude<MutationResult, { status: "not-reached" }> {
  if (outcome.status === "ok") return { id, status: "ok" };
  return { id, ...outcome };
}
