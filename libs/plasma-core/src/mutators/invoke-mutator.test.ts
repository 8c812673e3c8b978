import { describe, expect, it } from "vitest";
import { z } from "zod";
import { MutationRefused, PlasmaError, PlasmaValidationError } from "../errors.ts";
import type { MutatorDb } from "../query/db.ts";
import { defineMutators } from "./define-mutators.ts";
import type { AnyMutators, MutatorInput } from "./define-mutators.ts";
import { invokeMutator, requireMutator, validateArgs } from "./invoke-mutator.ts";
import { describeIssue } from "./standard-schema.ts";
import type { StandardIssue, StandardSchemaV1 } from "./standard-schema.ts";

const db = {} as MutatorDb;

function answering(result: unknown): StandardSchemaV1 {
  return { "~standard": { version: 1, vendor: "test", validate: () => result as never } };
}

function registry() {
  const calls: MutatorInput<unknown, unknown>[] = [];
  const record = (input: MutatorInput<unknown, unknown>) => {
    calls.push(input);
  };
  const mutators: AnyMutators = defineMutators()({
    plain: record,
    checked: {
      args: z.object({ title: z.string().trim().min(1), size: z.number().default(1) }),
      run: record,
    },
    slow: {
      args: z.string().refine((text) => Promise.resolve(text === "ok"), "not ok"),
      run: record,
    },
    refusing: () => Promise.reject(new MutationRefused("list-full", "The list is full.")),
    throwing: () => {
      throw new TypeError("oops");
    },
  });
  return { calls, mutators };
}

describe("invokeMutator()", () => {
  it("runs the mutator on the validator's output", async () => {
    const { calls, mutators } = registry();
    await invokeMutator(mutators, "checked", {
      db,
      ctx: { me: "ada" },
      args: { title: " x " },
      clientID: "c",
      mutationID: 7,
    });
    expect(calls).toEqual([
      { db, ctx: { me: "ada" }, args: { title: "x", size: 1 }, clientID: "c", mutationID: 7 },
    ]);
  });

  it("called from a job, says that it is the server", async () => {
    const { calls, mutators } = registry();
    await invokeMutator(mutators, "plain", { db, ctx: null, args: undefined });
    expect(calls).toEqual([{ db, ctx: null, args: undefined, clientID: "server", mutationID: 0 }]);
  });

  it("hands the unrestricted db on, and otherwise has none", async () => {
    const { calls, mutators } = registry();
    await invokeMutator(mutators, "plain", { db, ctx: null, args: 1, unrestrictedDb: db });
    await invokeMutator(mutators, "plain", { db, ctx: null, args: 1 });
    expect(calls.map((call) => "unrestrictedDb" in call)).toEqual([true, false]);
  });

  it("does not run the mutator when its args are not valid", async () => {
    const { calls, mutators } = registry();
    const invocation = invokeMutator(mutators, "checked", {
      db,
      ctx: null,
      args: { title: " ", size: "1" },
    });
    await expect(invocation).rejects.toBeInstanceOf(PlasmaValidationError);
    await expect(invocation).rejects.toMatchObject({
      code: "invalid-value",
      message: expect.stringMatching(
        /^The args of "checked" are not valid\. title: .+ · size: .+$/,
      ),
      details: { issues: [expect.stringMatching(/^title: /), expect.stringMatching(/^size: /)] },
    });
    expect(calls).toEqual([]);
  });

  it("waits for a validator that takes its time", async () => {
    const { calls, mutators } = registry();
    await invokeMutator(mutators, "slow", { db, ctx: null, args: "ok" });
    expect(calls).toHaveLength(1);
    await expect(invokeMutator(mutators, "slow", { db, ctx: null, args: "no" })).rejects.toThrow(
      'The args of "slow" are not valid. not ok',
    );
  });

  it("lets through what the mutator throws, early or late", async () => {
    const { mutators } = registry();
    await expect(
      invokeMutator(mutators, "refusing", { db, ctx: null, args: 1 }),
    ).rejects.toMatchObject({ code: "list-full" });
    await expect(invokeMutator(mutators, "throwing", { db, ctx: null, args: 1 })).rejects.toThrow(
      TypeError,
    );
  });

  it.each(["nope", "", "toString", "constructor", "__proto__", "hasOwnProperty"])(
    "%j is no mutator, in whatever object the mutators come",
    async (name) => {
      const { mutators } = registry();
      for (const lookedUpIn of [mutators, { ...mutators }]) {
        await expect(
          invokeMutator(lookedUpIn, name, { db, ctx: null, args: 1 }),
        ).rejects.toMatchObject({
          code: "unknown-mutator",
          message: `There is no mutator "${name}". Check its name, and that defineMutators() declares it.`,
        });
        expect(() => requireMutator(lookedUpIn, name)).toThrow(PlasmaError);
      }
    },
  );
});

describe("validateArgs()", () => {
  it("of a plain function gives the args as they are", async () => {
    const args = { any: "thing" };
    await expect(
      validateArgs("plain", { args: undefined, run: () => undefined }, args),
    ).resolves.toBe(args);
  });

  it("takes a result without issues, whatever its value", async () => {
    for (const value of [undefined, null, 0, false, { issues: ["x"] }]) {
      const mutator = { args: answering({ value }), run: () => undefined };
      await expect(validateArgs("m", mutator, 1)).resolves.toBe(value);
    }
  });

  it("takes an empty list of issues for a refusal, as the standard has it", async () => {
    const mutator = { args: answering({ value: 1, issues: [] }), run: () => undefined };
    await expect(validateArgs("m", mutator, 1)).rejects.toThrow(
      /^The args of "m" are not valid\.$/,
    );
  });

  it("lets through what a validator throws", async () => {
    const broken: StandardSchemaV1 = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: () => {
          throw new Error("broken validator");
        },
      },
    };
    await expect(validateArgs("m", { args: broken, run: () => undefined }, 1)).rejects.toThrow(
      "broken validator",
    );
  });
});

describe("an issue", () => {
  it.each<[StandardIssue, string]>([
    [{ message: "Required" }, "Required"],
    [{ message: "Required", path: undefined }, "Required"],
    [{ message: "Required", path: [] }, "Required"],
    [{ message: "Too short", path: ["title"] }, "title: Too short"],
    [{ message: "Too short", path: ["items", 0, "title"] }, "items.0.title: Too short"],
    [{ message: "Too short", path: [{ key: "items" }, { key: 2 }] }, "items.2: Too short"],
    [{ message: "Odd", path: [Symbol("s")] }, "Symbol(s): Odd"],
  ])("%# is one readable line", (issue, line) => {
    expect(describeIssue(issue)).toBe(line);
  });
});
