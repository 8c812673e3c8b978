/** Invoking a mutator: the one place where its name is looked up, its args are validated, and it runs. */

import { PlasmaError, PlasmaValidationError } from "../errors.ts";
import type { MutatorDb } from "../query/db.ts";
import type { AnyMutators, Mutator, MutatorInput } from "./define-mutators.ts";
import { describeIssue } from "./standard-schema.ts";

export interface MutatorCall {
  readonly db: MutatorDb;
  readonly args: unknown;
  readonly ctx: unknown;
  readonly clientID?: string;
  readonly mutationID?: number;
  readonly unrestrictedDb?: MutatorDb;
  /** Where there is no `unrestrictedDb`: called when the mutator looks whether there is one. */
  readonly onUnrestrictedDb?: () => void;
}

/**
 * Validates the args and runs the mutator, on the client, on the server, or from a scheduled job.
 *
 * @throws PlasmaError `unknown-mutator`, PlasmaValidationError `invalid-value`, and whatever the mutator throws.
 */
export async function invokeMutator(
  mutators: AnyMutators,
  name: string,
  call: MutatorCall,
): Promise<void> {
  const mutator = requireMutator(mutators, name);
  const args = mutator.args ? await validateArgs(name, mutator, call.args) : call.args;
  await mutator.run(inputOf(call, args));
}

/** Each case is written out: it is made for each mutation, and spreading takes longer than many a mutator. */
function inputOf(call: MutatorCall, args: unknown): MutatorInput<unknown, unknown> {
  const { db, ctx, clientID = "server", mutationID = 0, unrestrictedDb, onUnrestrictedDb } = call;
  if (unrestrictedDb) return { db, args, ctx, clientID, mutationID, unrestrictedDb };
  if (!onUnrestrictedDb) return { db, args, ctx, clientID, mutationID };
  return {
    db,
    args,
    ctx,
    clientID,
    mutationID,
    get unrestrictedDb() {
      onUnrestrictedDb();
      return undefined as never;
    },
  };
}

export function requireMutator(mutators: AnyMutators, name: string): Mutator {
  const mutator = Object.hasOwn(mutators, name) ? mutators[name] : undefined;
  if (!mutator)
    throw new PlasmaError(
      "unknown-mutator",
      `There is no mutator "${name}". Check its name, and that defineMutators() declares it.`,
    );
  return mutator as Mutator;
}

/** The validator's output, or a `PlasmaValidationError` with every issue on a line. */
export async function validateArgs(
  name: string,
  mutator: Mutator,
  args: unknown,
): Promise<unknown> {
  if (!mutator.args) return args;
  const result = await mutator.args["~standard"].validate(args);
  if (!result.issues) return result.value;
  const issues = result.issues.map(describeIssue);
  throw new PlasmaValidationError(
    `The args of "${name}" are not valid. ${issues.join(" · ")}`.trim(),
    {
      details: { issues },
    },
  );
}
