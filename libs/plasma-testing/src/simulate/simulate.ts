/**
 * `simulate()`: an app's own schema and mutators, with several people, under a seed of failures. What breaks an
 * invariant is shortened to the few steps that it takes, and told as a story.
 *
 * ```ts
 * const { story } = await simulate({
 *   schema,
 *   mutators,
 *   clients: ["ada", "grace"],
 *   ops: { addTodo: ({ draw }) => ({ id: `t${draw.below(9)}`, title: "Milk" }) },
 *   seed: 7,
 *   invariants: {
 *     "no todo is without a title": async ({ db }) =>
 *       (await db.select().from(todos)).every(({ title }) => title !== ""),
 *   },
 * });
 * expect(story).toBeNull();
 * ```
 */

import type { MutatorContext } from "@sh1n4ps/plasma-client";
import { requireMutator } from "@sh1n4ps/plasma-core";
import type { AnyMutators, MutatorDb, Schema } from "@sh1n4ps/plasma-core";
import Database from "better-sqlite3";
import { onUnhandledRejection } from "../simulator/world/host.ts";
import { Random } from "../simulator/world/random.ts";
import { drawSteps } from "./draw-steps.ts";
import type { Counts } from "./calls.ts";
import { isAlike, messageOf } from "./failure.ts";
import type { Failure } from "./failure.ts";
import { firstContent } from "./first-content.ts";
import type { Ops } from "./ops.ts";
import { firstDifference } from "./same-course.ts";
import { shrink } from "./shrink.ts";
import { Stage } from "./stage.ts";
import type { Invariant, StageOptions } from "./stage.ts";
import type { Step } from "./step.ts";
import { takeStep } from "./take-step.ts";
import type { Script } from "./take-step.ts";

/**
 * `context`: what rules and mutators get of a person. Default: `{ userId: person }`; where that is not what the mutators
 * ask for, there is no default.
 */
type ContextOption<M extends AnyMutators> =
  { userId: string } extends MutatorContext<M>
    ? { readonly context?: (person: string) => MutatorContext<M> }
    : { readonly context: (person: string) => MutatorContext<M> };

export type SimulateOptions<S extends Schema, M extends AnyMutators> = ContextOption<M> & {
  readonly schema: S;
  readonly mutators: M;
  /** Who takes part, or how many; each has a device. */
  readonly clients: readonly string[] | number;
  readonly ops: Ops<S, M>;
  readonly seed: number;
  /** By what they say: each ends the sentence "It does not hold that …". Checked at every commit and at the end. */
  readonly invariants: Readonly<Record<string, Invariant<S>>>;
  /** How many steps people and chance take. Default: 100. */
  readonly length?: number;
  /** Writes what the server begins with. */
  readonly setup?: (db: MutatorDb<S>) => Promise<void>;
};

/** For each mutator, 0 where there was none. */
export type CallCounts<M extends AnyMutators> = { readonly [K in keyof M & string]: number };

export interface Simulation<M extends AnyMutators = AnyMutators> {
  /** The sentence of the invariant that broke, or what else went wrong; null if nothing did. */
  readonly violation: string | null;
  /**
   * The fewest steps that lead to it, one a line; null if nothing went wrong. Of an app that does not do the same again
   * it has all steps, and ends with what differs.
   */
  readonly story: string | null;
  /** Of the whole course, of the args and of the rows: equal for equal seeds. */
  readonly hash: string;
  /** How many mutations the server has accepted. A run in which it accepts none of a mutator has tested little of it. */
  readonly accepted: CallCounts<M>;
  /** How many mutations the device refused at once, or the server later. */
  readonly refused: CallCounts<M>;
}

const NAMES = ["ada", "grace", "linus", "barbara", "edsger", "frances", "donald", "radia"];
const LENGTH = 100;
const SHRINKING_ATTEMPTS = 400;

interface Run {
  readonly failure: Failure | null;
  readonly lines: readonly string[];
  readonly hash: string;
  readonly trail: readonly string[];
  readonly counts: { readonly accepted: Counts; readonly refused: Counts };
  /** Steps that were begun. */
  readonly begun: number;
}

type Play = (steps: readonly Step[]) => Promise<Run>;

/**
 * Resolves also when something goes wrong, with its story.
 *
 * @throws TypeError if there are no clients or no ops, PlasmaError `unknown-mutator` for an op without a mutator, and
 * whatever `setup` or an op throws.
 */
export async function simulate<S extends Schema, M extends AnyMutators>(
  options: SimulateOptions<S, M>,
): Promise<Simulation<M>> {
  const { schema, setup, ops, length = LENGTH } = options;
  const people = peopleOf(options.clients);
  const names = Object.keys(ops).sort();
  if (names.length === 0) {
    throw new TypeError("simulate() has no ops. Give it a function for at least one mutator.");
  }
  for (const name of names) requireMutator(options.mutators, name);
  const openDatabase = (content?: Buffer) => new Database(content ?? ":memory:");
  // A stream each: what people do must not say anything about what the network does.
  const chance = new Random(options.seed);
  const stage: StageOptions = {
    ...{ seed: chance.below(2 ** 31), schema, people, openDatabase, mutators: options.mutators },
    contextOf: options.context ?? ((userId: string) => ({ userId })),
    invariants: options.invariants as Readonly<Record<string, Invariant>>,
    content: await firstContent({ schema, setup: setup as never, openDatabase }),
  };
  const script: Script = { mutators: options.mutators, ops: ops as Script["ops"] };
  const play: Play = (steps) => run(stage, script, steps);
  const steps = drawSteps(new Random(chance.below(2 ** 31)), { people, names, length });
  const first = await play(steps);
  const { failure, hash } = first;
  const told = { hash, ...(first.counts as Pick<Simulation<M>, "accepted" | "refused">) };
  if (failure === null) return { violation: null, story: null, ...told };
  const story = await storyOf({ ...first, failure }, steps, play);
  return { violation: failure.text, story, ...told };
}

function peopleOf(clients: readonly string[] | number): readonly string[] {
  const people =
    typeof clients === "number"
      ? Array.from({ length: clients }, (_, at) => NAMES[at] ?? `person${at + 1}`)
      : clients;
  if (people.length === 0 || new Set(people).size < people.length) {
    throw new TypeError("simulate() needs at least one client, and each under another name.");
  }
  return people;
}

async function run(
  stageOptions: StageOptions,
  script: Script,
  steps: readonly Step[],
): Promise<Run> {
  const stage = new Stage(stageOptions);
  const stopListening = onUnhandledRejection((reason) => {
    const text = `Nobody handled a rejected promise: ${messageOf(reason)}`;
    stage.fail({ kind: "unhandled rejection", name: "", text });
  });
  let begun = 0;
  try {
    for (const step of steps) {
      begun++;
      await stage.wait(step.waitMs);
      if (stage.failure !== null) break;
      await takeStep(step, stage, script);
      if (stage.failure !== null) break;
    }
    if (stage.failure === null) {
      stage.tell("Everything works again, and everybody sends what is left.");
      await stage.drain();
    }
    const { failure, lines, hash, trail, counts } = stage;
    return { failure, lines, hash, trail, counts, begun };
  } finally {
    stage.close();
    stopListening();
  }
}

type FailedRun = Run & { readonly failure: Failure };

async function storyOf(first: FailedRun, steps: readonly Step[], play: Play): Promise<string> {
  const difference = await whatDiffers(first, steps, play);
  if (difference !== null) {
    const advice =
      "An op draws everything from `draw`, and a mutator takes ids and times from its args.";
    const sentence = `Two runs of this seed differ: ${difference}. ${advice}`;
    return [...first.lines, first.failure.text, sentence].join("\n");
  }
  let shortest = first;
  // A function of the app may take for granted what a step that is left out has done: where one throws, the story is not
  // told shorter, and what went wrong first stays what is told.
  const fails = async (fewer: readonly Step[]): Promise<boolean> => {
    const again = await play(fewer).catch(() => null);
    const failure = again?.failure;
    if (!again || !failure || !isAlike(failure, first.failure)) return false;
    shortest = { ...again, failure };
    return true;
  };
  await shrink(steps.slice(0, first.begun), fails, SHRINKING_ATTEMPTS);
  return [...shortest.lines, shortest.failure.text].join("\n");
}

/** Shorter runs of an app that has another course each time would tell of something else, if of anything. */
async function whatDiffers(
  first: FailedRun,
  steps: readonly Step[],
  play: Play,
): Promise<string | null> {
  const again = await play(steps).catch((error: unknown) => ({
    ...{ trail: first.trail, failure: { text: `An op throws: ${messageOf(error)}` } },
  }));
  return firstDifference(
    { trail: first.trail, end: first.failure.text },
    { trail: again.trail, end: again.failure?.text ?? "Nothing went wrong." },
  );
}
