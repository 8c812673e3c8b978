/** Mistakes in mutators and ops, which an engine under failures could only swallow: each ends the run, with a story. */

import { randomUUID } from "node:crypto";
import {
  defineMutators,
  defineSchema,
  eq,
  id,
  int,
  MutationRefused,
  table,
} from "@sh1n4ps/plasma-core";
import type { MutatorInput } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { simulate } from "./simulate.ts";
import type { SimulateOptions } from "./simulate.ts";

const counters = table(
  "counters",
  { id: id(), value: int() },
  { auth: { read: () => true, write: () => true } },
);
const schema = defineSchema({ counters });

interface Ctx {
  readonly userId: string;
}
type Input<Args = Record<never, never>> = MutatorInput<Ctx, Args>;

const define = defineMutators<typeof schema, Ctx>();
const common = { schema, clients: 2, seed: 1, length: 60, invariants: {} };

/** A validator as libraries make them: whole numbers below ten. */
const small = {
  "~standard": {
    version: 1 as const,
    vendor: "test",
    validate: (value: unknown) => {
      const { by } = value as { by: number };
      return by < 10 ? { value: { by } } : { issues: [{ message: "Too large.", path: ["by"] }] };
    },
    types: undefined as { input: { by: number }; output: { by: number } } | undefined,
  },
};

const addCounter = async ({ db }: Input) => {
  const [counter] = await db.select().from(counters).where(eq(counters.id, "a"));
  if (!counter) await db.insert(counters).values({ id: "a", value: 0 });
};
const removeCounter = async ({ db }: Input) => {
  await db.delete(counters).where(eq(counters.id, "a"));
};
/** People touch a counter only while they see it; by the time that it runs again it may be gone. */
const touchCounter = (missing: () => Error) =>
  define({
    ...{ addCounter, removeCounter },
    touch: async ({ db }: Input) => {
      const [counter] = await db.select().from(counters).where(eq(counters.id, "a"));
      if (!counter) throw missing();
      const value = counter.value + 1;
      await db.update(counters).set({ value }).where(eq(counters.id, "a"));
    },
  });
type Touch = SimulateOptions<typeof schema, ReturnType<typeof touchCounter>>;
const touching: Touch["ops"] = {
  addCounter: () => ({}),
  removeCounter: () => ({}),
  touch: async ({ db }) =>
    (await db.select().from(counters).where(eq(counters.id, "a"))).length > 0 ? {} : undefined,
};

describe("simulate()", () => {
  it("tells of a mutator that fails on the device", async () => {
    const mutators = define({
      fail: ({ args }: Input<{ list?: string[] }>) => void args.list!.length,
    });
    const { violation, story } = await simulate({
      ...common,
      mutators,
      ops: { fail: () => ({}) },
    });
    expect(violation).toMatch(/^The mutator fail fails on the device: Cannot read properties/);
    const lines = story!.split("\n");
    expect(lines[0]).toMatch(/: fail \{\}$/);
    expect(lines.at(-1)).toBe(violation);
    expect(lines.length).toBeLessThanOrEqual(3);
  });

  it("tells of a mutator that fails when it is run again on newer rows", async () => {
    const mutators = touchCounter(() => new TypeError("There is none."));
    let story: string | null = null;
    for (let seed = 1; seed <= 20 && story === null; seed++) {
      ({ story } = await simulate({ ...common, mutators, ops: touching, seed }));
    }
    expect(story?.split("\n").at(-1)).toBe(
      "The mutator touch fails on the device when it is run again on newer rows: There is none.",
    );
  });

  it("tells of a mutator that fails on the server, and of what it threw", async () => {
    const mutators = define({
      fail: ({ unrestrictedDb }: Input) =>
        unrestrictedDb ? Promise.reject(new Error("A mistake.")) : Promise.resolve(),
    });
    const { violation } = await simulate({
      ...{ ...common, clients: 1, length: 5, mutators },
      ops: { fail: () => ({}) },
    });
    expect(violation).toBe("The mutator fail fails on the server: A mistake.");
  });

  it("takes it for normal that a mutator refuses, at once or when it is run again", async () => {
    const mutators = touchCounter(() => new MutationRefused("gone", "There is none."));
    for (let seed = 1; seed <= 5; seed++) {
      const { story } = await simulate({ ...common, mutators, ops: touching, seed });
      expect({ seed, story }).toEqual({ seed, story: null });
    }
  });

  it("tells which op draws args that the validator does not take, and what it said", async () => {
    const { story } = await simulate({
      ...common,
      mutators: define({ grow: { args: small, run: () => undefined } }),
      ops: { grow: ({ draw }) => ({ by: draw.pick([1, 12]) }) },
    });
    expect(story!.split("\n").slice(-2)).toEqual([
      expect.stringMatching(/: grow \{ by: 12 \}$/),
      "The op grow draws args that its mutator does not take. by: Too large.",
    ]);
  });

  it("tells which op draws args that cannot be sent", async () => {
    const { violation } = await simulate({
      ...common,
      mutators: define({ grow: ({ args }: Input<{ by: unknown }>) => void args }),
      ops: { grow: () => ({ by: new Map() }) },
    });
    expect(violation).toMatch(/^The op grow draws args that its mutator does not take\. ./);
  });

  it("tells of an op that never ends", async () => {
    const { story } = await simulate({
      ...{ ...common, mutators: define({ addCounter }) },
      ops: { addCounter: () => new Promise<Record<never, never>>(() => undefined) },
    });
    expect(story).toMatch(/^The op addCounter does not end within 60 s\. /);
  });

  it.each<[what: string, random: () => { inOp: string; inMutator: string }]>([
    ["an op", () => ({ inOp: randomUUID(), inMutator: "" })],
    ["a mutator", () => ({ inOp: "", inMutator: randomUUID() })],
  ])("tells that two runs differ, where %s is not deterministic", async (_, random) => {
    const mutators = define({
      add: async ({ db, args }: Input<{ id: string }>) => {
        await db.insert(counters).values({ id: args.id + random().inMutator, value: 0 });
      },
    });
    const { violation, story } = await simulate({
      ...{ ...common, mutators },
      ops: { add: ({ draw }) => ({ id: `${draw.below(99)}${random().inOp}` }) },
      invariants: {
        "there are few counters": async ({ db }) => (await db.select().from(counters)).length < 5,
      },
    });
    expect(violation).toBe("It does not hold that there are few counters.");
    const [told, sentence] = story!.split("\n").slice(-2);
    expect(told).toBe(violation);
    expect(sentence).toMatch(
      /^Two runs of this seed differ: ".*" in the one, ".*" in the other\. /,
    );
  });
});
