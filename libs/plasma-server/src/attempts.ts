/**
 * Mutations that fail for no reason of their own: a bug in the mutator, a timeout, the end of its process. Nobody can
 * say whether the next attempt would fail as well, so nothing is decided: the client waits, and sends it again.
 *
 * 1. Each failure is counted. After a push that got no answer the attempt is counted before it runs, so that a mutation
 *    that takes its process down is counted, too. A mutation that works costs nothing of this. A push counts once, however
 *    often it has to run the mutation; and where the database fails, or others are always faster, it is not counted at all.
 *    An attempt that the database does not take back then is not counted the next time. That is remembered by the process
 *    that made it: another one, or the same after a restart, does not know, and leaves one more behind. It takes a push
 *    without an answer to begin with, because after an answer what has no failures is not counted before it runs.
 * 2. After some attempts over some time the mutation is quarantined: its outcome is an error, those after it go on, and
 *    name and args stay here for whoever mends the bug. The client keeps it, too, among the refused ones.
 * 3. The count is by person and uid, so that a change of the client id does not begin it anew.
 */

import { RequestRefused } from "./errors.ts";
import type { Engine } from "./engine.ts";
import type { Outcome } from "./outcomes.ts";
import type { Attempted } from "./owed-attempts.ts";
import type { Statement } from "./sql/executor.ts";
import { bind, bindInteger, sql } from "./sql/fragment.ts";

export interface AttemptCount {
  readonly attempts: number;
  /** When the first of them was, in milliseconds. */
  readonly firstAt: number;
}

/** Adds one to the attempts of a mutation, or takes one that is owed for this one. */
export async function countAttempt(
  { executor, platform, owedAttempts }: Engine,
  attempted: Attempted,
): Promise<AttemptCount> {
  const { identity, mutation } = attempted;
  const now = platform.clock.now();
  const more = owedAttempts.has(attempted) ? 0 : 1;
  // A database that fails may have done it nevertheless. The time begins with the first that really counts, not with the
  // trouble that left one behind.
  owedAttempts.add(attempted);
  const [row] = await executor.all(
    sql`INSERT INTO _plasma_attempts (principal, uid, client_id, mutation_id, name, args, attempts, first_at, last_at)
      VALUES (${bind(identity.principal)}, ${bind(mutation.uid)}, ${bind(identity.clientID)}, ${bind(mutation.id)}, ${bind(mutation.name)}, ${bind(JSON.stringify(mutation.args))}, 1, ${bind(now)}, ${bind(now)})
      ON CONFLICT (principal, uid) DO UPDATE SET attempts = _plasma_attempts.attempts + ${bindInteger(more)},
        first_at = CASE WHEN _plasma_attempts.attempts + ${bindInteger(more)} <= 1 THEN excluded.first_at ELSE _plasma_attempts.first_at END,
        last_at = excluded.last_at, client_id = excluded.client_id, mutation_id = excluded.mutation_id
      RETURNING attempts, first_at`,
  );
  owedAttempts.delete(attempted);
  return { attempts: row!["attempts"] as number, firstAt: row!["first_at"] as number };
}

/** Takes an attempt back that was counted, and came to nothing for another reason than its mutator. Never throws. */
export async function forgiveAttempt(
  { executor, owedAttempts }: Engine,
  attempted: Attempted,
): Promise<void> {
  const { identity, mutation } = attempted;
  const which = sql`principal = ${bind(identity.principal)} AND uid = ${bind(mutation.uid)}`;
  try {
    await executor.all(sql`DELETE FROM _plasma_attempts WHERE ${which} AND attempts <= 1`);
    await executor.all(sql`UPDATE _plasma_attempts SET attempts = attempts - 1 WHERE ${which}`);
  } catch {
    owedAttempts.add(attempted);
  }
}

/** Whether it has failed often and long enough. */
export function isHopeless({ attempts, firstAt }: AttemptCount, engine: Engine): boolean {
  const { quarantine, platform } = engine;
  return attempts >= quarantine.attempts && platform.clock.now() - firstAt >= quarantine.afterMs;
}

export const QUARANTINED: Outcome = {
  status: "error",
  code: "quarantined",
  message: "The server failed on this change each time it tried, and has put it aside.",
};

/** Within the commit that decides the mutation. */
export function settleAttempts(
  { identity, mutation }: Attempted,
  quarantinedAt: number | null,
): Statement {
  const which = sql`principal = ${bind(identity.principal)} AND uid = ${bind(mutation.uid)}`;
  return quarantinedAt === null
    ? sql`DELETE FROM _plasma_attempts WHERE ${which}`
    : sql`UPDATE _plasma_attempts SET quarantined_at = ${bind(quarantinedAt)} WHERE ${which}`;
}

const LONGEST_WAIT_S = 60;

/** What the client is told meanwhile: longer each time. */
export function held({ attempts }: AttemptCount, cause: unknown): RequestRefused {
  const seconds = Math.min(LONGEST_WAIT_S, 2 ** Math.min(attempts, 10));
  return new RequestRefused({
    status: 503,
    code: "mutation-held",
    message: "The server could not carry out a change. It is kept, and tried again later.",
    kind: "mutation-error",
    headers: { "Retry-After": String(seconds) },
    cause,
  });
}
