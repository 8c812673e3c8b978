import { describe, expect, it } from "vitest";
import { tellStep } from "./step.ts";
import { wordsOf } from "./words.ts";

describe("wordsOf()", () => {
  it.each<[value: unknown, words: string]>([
    ['a "b"', String.raw`"a \"b\""`],
    [1.5, "1.5"],
    [-0, "-0"],
    [NaN, "NaN"],
    [12n, "12n"],
    [true, "true"],
    [null, "null"],
    [undefined, "undefined"],
    [new Date(0), 'new Date("1970-01-01T00:00:00.000Z")'],
    [new Date(NaN), "new Date(NaN)"],
    [new Uint8Array([1, 255]), "new Uint8Array([1, 255])"],
    [[1, [2n]], "[1, [2n]]"],
    [{}, "{}"],
    [Object.assign(Object.create(null), { a: 1 }), "{ a: 1 }"],
    [{ a: { b: undefined }, "a-b": 1, "1": 2 }, '{ "1": 2, a: { b: undefined }, "a-b": 1 }'],
    [new Map(), "Map {}"],
    [() => 1, "[a function]"],
    [Symbol("a"), "Symbol(a)"],
  ])("%# is what one would write", (value, words) => {
    expect(wordsOf(value)).toBe(words);
  });

  it("ends for what holds itself", () => {
    const holder: { self?: unknown } = {};
    holder.self = holder;
    expect(wordsOf([holder, holder])).toBe("[{ self: [itself] }, { self: [itself] }]");
  });

  it("tells the args of a step", () => {
    const step = { kind: "mutate", person: "ada", waitMs: 3_000, name: "pay", seed: 1 } as const;
    const made = { where: " in the second tab", args: { cents: 5n } };
    expect(tellStep(step, made)).toBe("3 s later. Ada in the second tab: pay { cents: 5n }");
  });
});
