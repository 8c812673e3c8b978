/** Runs one mutator against the database, and says what it wants; nothing is written. */

import {
  decodeTagged,
  DISCARDED_CODE,
  invokeMutator,
  mutatorDb,
  NOOP_MUTATOR,
  PlasmaError,
} from "@sh1n4ps/plasma-core";
import type { RowChange } from "@sh1n4ps/plasma-core";
import type { Overlay } from "../db/overlay.ts";
import { openTransaction } from "../db/transaction.ts";
import type { Assumption } from "../db/transaction.ts";
import { refusalOf } from "../outcomes.ts";
import type { Outcome } from "../outcomes.ts";
import type { MutationJob } from "./push-job.ts";

export interface RunOptions {
  /** What mutations before it have written and not committed yet. It writes there, too. Default: nothing. */
  readonly overlay?: Overlay;
  /** See `transaction.ts`. */
  readonly optimistic: boolean;
}

export type Ran =
  | {
      readonly kind: "decided";
      readonly outcome: Outcome;
      /** The net changes; of a refusal: none. With an overlay of others: theirs included. */
      changes(): readonly RowChange[];
      /** What it took for free: the commit has to look. */
      readonly assumed: readonly Assumption[];
    }
  /** It threw what is no refusal, or did not end in time. */
  | { readonly kind: "failed"; readonly cause: unknown };

export async function runMutator(job: MutationJob, options: RunOptions): Promise<Ran> {
  const { engine, identity, mutation } = job;
  // An outcome all the same, because the next mutation waits for this id.
  if (mutation.name === NOOP_MUTATOR) {
    const discarded = new PlasmaError(DISCARDED_CODE, "This change was discarded on the device.");
    return { kind: "decided", outcome: refusalOf(discarded), changes: nothing, assumed: [] };
  }
  const transaction = openTransaction({
    schema: engine.schema,
    executor: engine.executor,
    ctx: identity.ctx,
    rules: job.rules,
    fullScans: engine.fullScans,
    conflicts: job.conflicts,
    ...options,
  });
  const run = async () =>
    invokeMutator(engine.mutators, mutation.name, {
      db: mutatorDb(engine.schema, transaction.restricted),
      unrestrictedDb: mutatorDb(engine.schema, transaction.unrestricted),
      args: decodeTagged(mutation.args),
      ctx: identity.ctx,
      clientID: identity.clientID,
      mutationID: mutation.id,
    });
  const ended = await job.limit.wait(run());
  // Throws if a read has failed: then nothing that the mutator made of it counts.
  transaction.close();
  switch (ended.kind) {
    case "done": {
      const { changes, assumed } = transaction;
      return { kind: "decided", outcome: { status: "ok" }, changes, assumed };
    }
    case "threw":
      if (!(ended.error instanceof PlasmaError)) return { kind: "failed", cause: ended.error };
      return {
        kind: "decided",
        outcome: refusalOf(ended.error),
        changes: nothing,
        assumed: transaction.assumed,
      };
    case "late":
      return {
        kind: "failed",
        cause: new Error(`It took longer than ${engine.mutatorTimeoutMs} ms.`),
      };
  }
}

const nothing = () => [];
