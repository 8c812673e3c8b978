/** Invoking a mutator: the one place where its name is looked up, its args are validated, and it runs. */

import { PlasmaError, PlasmaValidationError } from "../errors.ts";
import type { MutatorDb } from "../query/db.ts";
import type { AnyMutators, Mutator } from "./define-mutators.ts";
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
  const args = await validateArgs(name, mutator, call.args);
  const input = {
    db: call.db,
    args,
    ctx: call.ctx,
    clientID: call.clientID ?? "server",
    mutationID: call.mutationID ?? 0,
  };
  if (!("unrestrictedDb" in call) && !call.onUnrestrictedDb) return mutator.run(input);
  await mutator.run({
    ...input,
    // Few mutators ask for it, and it is made for those only.
    get unrestrictedDb() {
      const { unrestrictedDb } = call;
      if (!unrestrictedDb) call.onUnrestrictedDb?.();
      return unrestrictedDb;
    },
  });
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
