import { describe, expect, it } from "vitest";
import { z } from "zod";
import { PlasmaDefinitionError } from "../errors.ts";
import { defineMutators } from "./define-mutators.ts";
import type { AnyMutators } from "./define-mutators.ts";
import type { StandardSchemaV1 } from "./standard-schema.ts";

const define = (definitions: unknown) =>
  defineMutators()(definitions as Record<string, never>) as unknown as AnyMutators;
const run = () => undefined;

const byHand: StandardSchemaV1<number, string> = {
  "~standard": { version: 1, vendor: "hand", validate: (value) => ({ value: String(value) }) },
};

describe("defineMutators()", () => {
  it("takes functions, and validators with functions", () => {
    const args = z.object({ x: z.number() });
    const mutators = define({ plain: run, checked: { args, run } });
    expect(mutators["plain"]).toEqual({ args: undefined, run });
    expect(mutators["checked"]).toEqual({ args, run });
  });

  it("takes any Standard Schema: objects made by hand, and functions such as ArkType's", () => {
    const callable = Object.assign(() => true, byHand);
    const mutators = define({ a: { args: byHand, run }, b: { args: callable, run } });
    expect([mutators["a"]?.args, mutators["b"]?.args]).toEqual([byHand, callable]);
  });

  it("gives a registry without a prototype, which nothing can be added to", () => {
    const mutators = define({ run });
    expect(Object.getPrototypeOf(mutators)).toBeNull();
    expect("toString" in mutators).toBe(false);
    expect(Object.isFrozen(mutators) && Object.isFrozen(mutators["run"])).toBe(true);
  });

  it("gives registries that can be spread into one", () => {
    const together: AnyMutators = {
      ...define({ one: run }),
      ...define({ two: { args: byHand, run } }),
    };
    expect(Object.keys(together)).toEqual(["one", "two"]);
  });

  it.each([
    "",
    "add todo",
    "_noop",
    "1st",
    "toString",
    "constructor",
    "prototype",
    "valueOf",
    "x".repeat(64),
  ])("refuses the name %j", (name) => {
    expect(() => define({ [name]: run })).toThrow(PlasmaDefinitionError);
    expect(() => define({ [name]: run })).toThrow(`"${name}" cannot be the name of a mutator`);
  });

  it("refuses the name __proto__", () => {
    expect(() => define({ ["__proto__"]: run })).toThrow(
      '"__proto__" cannot be the name of a mutator',
    );
  });

  it.each([
    null,
    undefined,
    "run",
    {},
    { run },
    { args: byHand },
    { args: null, run },
    { args: "x", run },
    { args: {}, run },
    { args: { "~standard": {} }, run },
    { args: { "~standard": null }, run },
    { args: byHand, run: "run" },
  ])("refuses %j as a mutator", (definition) => {
    expect(() => define({ addTodo: definition })).toThrow(
      'Mutator "addTodo" must be a function, or { args, run } with a Standard Schema (Zod, Valibot, ArkType, …) as args.',
    );
  });
});
