/** What an author of an app gets from `simulate()`: their mistakes, as short stories. */

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
type Input<Args> = MutatorInput<Ctx, Args>;

const mutators = defineMutators<typeof schema, Ctx>()({
  increment: async ({ db, args }: Input<{ id: string }>) => {
    await db.increment(counters.value, 1).where(eq(counters.id, args.id));
  },
  /** Loses updates: the value was read before, and somebody else may have written since. */
  incrementFrom: async ({ db, args }: Input<{ id: string; value: number }>) => {
    await db
      .update(counters)
      .set({ value: args.value + 1 })
      .where(eq(counters.id, args.id));
  },
});

type Options = SimulateOptions<typeof schema, typeof mutators>;

const common: Omit<Options, "ops"> = {
  ...{ schema, mutators, clients: 3, seed: 1 },
  setup: async (db) => {
    await db.insert(counters).values({ id: "a", value: 0 });
  },
  invariants: {
    "every increment counts": async ({ db, accepted }) => {
      const [counter] = await db.select().from(counters).where(eq(counters.id, "a"));
      return counter?.value === accepted.length;
    },
  },
};
const increment = { increment: () => ({ id: "a" }) } satisfies Options["ops"];
const incrementFrom: Options["ops"] = {
  incrementFrom: async ({ db }) => {
    const [counter] = await db.select().from(counters).where(eq(counters.id, "a"));
    return counter && { id: "a", value: counter.value };
  },
};

describe("simulate()", () => {
  it("finds nothing in a counter that increments", async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const { violation, accepted } = await simulate({ ...common, ops: increment, seed });
      expect({ seed, violation }).toEqual({ seed, violation: null });
      expect(accepted.increment).toBeGreaterThan(10);
    }
  });

  it("finds the update that is lost, and tells it in a few steps, the same for the same seed", async () => {
    const tell = () => simulate({ ...common, ops: incrementFrom });
    const { violation, story, hash } = await tell();
    expect(violation).toBe("It does not hold that every increment counts.");
    const lines = story!.split("\n");
    expect(lines.length).toBeLessThanOrEqual(15);
    expect(lines.filter((line) => line.includes('incrementFrom { id: "a", value: '))).toHaveLength(
      2,
    );
    expect(lines.at(-1)).toBe(violation);
    expect(await tell()).toMatchObject({ story, hash });
  });

  it("sends what a server takes", async () => {
    const mutators = defineMutators<typeof schema, Ctx>()({
      attach: ({ args }: Input<{ text: string }>) => void args.text,
    });
    const { story } = await simulate({
      ...{ schema, mutators, clients: 1, seed: 1, length: 10, invariants: {} },
      ops: { attach: () => ({ text: "x".repeat(100_000) }) },
    });
    expect(story).toBeNull();
  });

  it("tells in which tab somebody acts who has more than one", async () => {
    let failures = 0;
    const { story } = await simulate({
      ...{ ...common, clients: ["ada"], length: 300, ops: increment },
      // It differs each time, so that every step is told.
      invariants: {
        "they are few": ({ accepted }) => {
          if (accepted.length > 100) throw new Error(`${++failures}`);
        },
      },
    });
    const told = new Set<string>();
    let open = 1;
    for (const line of story!.split("\n")) {
      if (line.endsWith("Ada opens another tab.")) open++;
      if (/Ada (loses all tabs|clears the browser)/.test(line)) open = 1;
      const where = /Ada(.*): increment \{ id: "a" \}$/.exec(line)?.[1];
      if (where !== undefined) told.add(`${Math.min(open, 3)} open${where}`);
    }
    expect(told).toContain("1 open");
    expect(told).toContain("2 open in the first tab");
    expect(told).toContain("2 open in the second tab");
    for (const other of [
      "1 open in the first tab",
      "2 open",
      "2 open in the third tab",
      "3 open",
    ]) {
      expect(told).not.toContain(other);
    }
  });

  it("tells what it has found, although an op throws in histories that are shorter", async () => {
    let thrown = 0;
    const takenForGranted: Options["ops"] = {
      ...increment,
      incrementFrom: async ({ db }) => {
        const [counter] = await db.select().from(counters).where(eq(counters.id, "a"));
        if (counter) return { id: "a", value: counter.value };
        thrown++;
        throw new TypeError("There is no counter yet.");
      },
    };
    const { violation, story } = await simulate({ ...common, ops: takenForGranted });
    expect(violation).toBe("It does not hold that every increment counts.");
    expect(story!.split("\n").at(-1)).toBe(violation);
    expect(thrown).toBeGreaterThan(0);
  });

  it("counts what was accepted and what was refused, on the device and by the server", async () => {
    const choosy = defineMutators<typeof schema, Ctx>()({
      unused: () => undefined,
      refuse: ({ args, unrestrictedDb }: Input<{ onServer: boolean }>) => {
        if (unrestrictedDb || !args.onServer) throw new MutationRefused("no", "No.");
      },
      increment: async ({ db, args }: Input<{ id: string }>) => {
        await db.increment(counters.value, 1).where(eq(counters.id, args.id));
      },
    });
    let drawn = 0;
    const { accepted, refused, violation } = await simulate({
      ...{ schema, mutators: choosy, clients: 2, seed: 1, setup: common.setup! },
      ops: {
        refuse: ({ draw }) => (++drawn, { onServer: draw.chance(0.5) }),
        increment: () => ({ id: "a" }),
      },
      invariants: {
        "the increments that count are those that were accepted": async ({ db, accepted: all }) =>
          (await db.select().from(counters))[0]?.value === all.length,
      },
    });
    expect(violation).toBeNull();
    expect(accepted).toEqual({ unused: 0, refuse: 0, increment: expect.any(Number) });
    expect(accepted.increment).toBeGreaterThan(10);
    // Some are lost with the storage of a device that is cleared.
    expect(refused.refuse).toBeGreaterThan(drawn / 2);
    expect(refused.refuse).toBeLessThanOrEqual(drawn);
    expect(refused).toEqual({ unused: 0, increment: 0, refuse: refused.refuse });
  });

  it("has another course for another seed", async () => {
    const [one, two] = [1, 2].map((seed) => simulate({ ...common, ops: increment, seed }));
    expect((await one!).hash).not.toBe((await two!).hash);
  });

  it("says what it needs", async () => {
    await expect(simulate({ ...common, ops: {} })).rejects.toThrow("at least one mutator");
    const mistyped: object = { incremnt: () => ({ id: "a" }) };
    await expect(simulate({ ...common, ops: mistyped })).rejects.toThrow('no mutator "incremnt"');
    const twice = simulate({ ...common, ops: increment, clients: ["ada", "ada"] });
    await expect(twice).rejects.toThrow("under another name");
  });
});
