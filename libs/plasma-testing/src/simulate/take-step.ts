/** Takes one step of a run. */

import { decodeTagged, encodeTagged, requireMutator, validateArgs } from "@sh1n4ps/plasma-core";
import type { AnyMutators, Schema } from "@sh1n4ps/plasma-core";
import { Random } from "../simulator/world/random.ts";
import { messageOf } from "./failure.ts";
import type { Failure } from "./failure.ts";
import type { Ops } from "./ops.ts";
import { PATIENCE_MS } from "./stage.ts";
import type { Stage } from "./stage.ts";
import { tellStep } from "./step.ts";
import type { Step } from "./step.ts";

export interface Script {
  readonly mutators: AnyMutators;
  readonly ops: Ops<Schema, AnyMutators>;
}

/** Nothing is told of an op that finds nothing to do. */
export async function takeStep(step: Step, stage: Stage, script: Script): Promise<void> {
  if (step.kind !== "mutate") stage.tell(tellStep(step));
  if (step.kind === "weather") stage.change(step.what);
  if (step.kind === "fate") stage.meet(step.person, step.what);
  if (step.kind === "mutate") await mutate(step, stage, script);
}

async function mutate(
  step: Extract<Step, { readonly kind: "mutate" }>,
  stage: Stage,
  { mutators, ops }: Script,
): Promise<void> {
  const { person, name, seed } = step;
  const draw = new Random(seed);
  // By the step's own chance, so that it is the same whatever is left out before it.
  const { tab, where } = stage.tabOf(person, draw.fraction());
  const input = { draw, person, db: tab.client.db };
  const drawn = await stage.awaitInWorld(Promise.resolve(ops[name]?.(input)));
  if (drawn === null) return stage.fail(endless(`The op ${name}`, name));
  const args = drawn.value;
  if (args === undefined) return;
  stage.tell(tellStep(step, { where, args }));
  const checked = await stage.awaitInWorld(whyNotTaken(mutators, name, args));
  if (checked === null) return stage.fail(endless(`The validator of ${name}`, name));
  if (checked.value === null) return stage.mutate(tab, name, args);
  const text = `The op ${name} draws args that its mutator does not take. ${checked.value}`;
  stage.fail({ kind: "args", name, text });
}

function endless(what: string, name: string): Failure {
  const text = `${what} does not end within ${PATIENCE_MS / 1_000} s. Time is virtual here, so it can await its db and nothing of the world outside.`;
  return { kind: "op", name, text };
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
