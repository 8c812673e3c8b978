/**
 * An app's mutators as its devices run them. A `PlasmaError` is a refusal, also where a mutator that worked runs again
 * on newer rows: others have changed them. Anything else is a mistake in the mutator, which the engine could only
 * swallow: a device shows nothing of such a mutation.
 */

import { PlasmaError } from "@sh1n4ps/plasma-core";
import type { AnyMutators } from "@sh1n4ps/plasma-core";
import { messageOf } from "./failure.ts";
import type { Failure } from "./failure.ts";

export function watchMutators(
  mutators: AnyMutators,
  fail: (failure: Failure) => void,
): AnyMutators {
  const madeBefore = new Set<string>();
  const watched = ([name, mutator]: [string, AnyMutators[string]]) => {
    const run: typeof mutator.run = async (input) => {
      const mutation = `${input.clientID} ${input.mutationID}`;
      try {
        await mutator.run(input);
        madeBefore.add(mutation);
      } catch (error) {
        if (!(error instanceof PlasmaError)) {
          fail(mistakeIn(name, { error, isAgain: madeBefore.has(mutation) }));
        }
        throw error;
      }
    };
    return [name, { ...mutator, run }] as const;
  };
  return Object.fromEntries(Object.entries(mutators).map(watched));
}

function mistakeIn(
  name: string,
  { error, isAgain }: { readonly error: unknown; readonly isAgain: boolean },
): Failure {
  const message = messageOf(error);
  return isAgain
    ? {
        ...{ kind: "mutator run again", name },
        text: `The mutator ${name} fails on the device when it is run again on newer rows: ${message}`,
      }
    : {
        ...{ kind: "mutator on the device", name },
        text: `The mutator ${name} fails on the device: ${message}`,
      };
}
