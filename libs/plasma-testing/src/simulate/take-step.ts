/** Takes one step of a run. */

import { decodeTagged, encodeTagged, requireMutator, validateArgs } from "@sh1n4ps/plasma-core";
import type { AnyMutators, Schema } from "@sh1n4ps/plasma-core";
import { Random } from "../simulator/world/random.ts";
import { messageOf } from "./failure.ts";
import type { Ops } from "./simulate.ts";
import type { Stage } from "./stage.ts";
import { tellStep } from "./step.ts";
import type { Step } from "./step.ts";

export interface Script {
  readonly mutators: AnyMutators;
  readonly ops: Ops<Schema, AnyMutators>;
}

/** Answers with how it is told; null if there was nothing to do. */
export async function takeStep(step: Step, stage: Stage, script: Script): Promise<string | null> {
  if (step.kind === "weather") stage.change(step.what);
  if (step.kind === "fate") stage.meet(step.person, step.what);
  if (step.kind !== "mutate") return tellStep(step, undefined);
  const { person, name, seed } = step;
  const tab = stage.tabOf(person);
  const input = { draw: new Random(seed), person, db: tab.client.db };
  const args = await stage.awaitInWorld(Promise.resolve(script.ops[name]?.(input)));
  if (args === undefined) return null;
  const refusal = await stage.awaitInWorld(whyNotTaken(script.mutators, name, args));
  if (typeof refusal === "string") {
    const text = `The op ${name} draws args that its mutator does not take. ${refusal}`;
    stage.fail({ kind: "args", name, text });
  } else {
    await stage.mutate(tab, name, args);
  }
  return tellStep(step, args);
}

/** What the mutator's validator has against the args, as they are after a journey; null if nothing. */
async function whyNotTaken(
  mutators: AnyMutators,
  name: string,
  args: unknown,
): Promise<string | null> {
  try {
    await validateArgs(name, requireMutator(mutators, name), decodeTagged(encodeTagged(args)));
    return null;
  } catch (error) {
    const { issues } = ((error as { details?: unknown }).details ?? {}) as {
      issues?: readonly string[];
    };
    return issues?.join(" · ") ?? messageOf(error);
  }
}
