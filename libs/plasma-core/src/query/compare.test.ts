import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlasmaError } from "../errors.ts";
import type { Value } from "./ast.ts";
import { compareForSort, compareText, compareValues } from "./compare.ts";

const wellFormed = fc.string({ unit: "binary" });
// Where UTF-16 order and code point order part: around the surrogates.
const nearSurrogates = fc.string({
  unit: fc.constantFrom(
    "a",
    "\ud7ff",
    "\ue000",
    "\ufffd",
    "\uffff",
    "\u{10000}",
    "\u{1f600}",
    "\u{10ffff}",
  ),
});

function byCodePoints(left: string, right: string): number {
  const a = Array.from(left, (character) => character.codePointAt(0) as number);
  const b = Array.from(right, (character) => character.codePointAt(0) as number);
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    if (a[at] !== b[at]) return (a[at] as number) < (b[at] as number) ? -1 : 1;
  }
  return Math.sign(a.length - b.length);
}

describe("text", () => {
  it("is ordered by code point, as UTF-8 is", () => {
    for (const texts of [wellFormed, nearSurrogates]) {
      fc.assert(
        fc.property(texts, texts, (left, right) => {
          expect(compareText(left, right)).toBe(byCodePoints(left, right));
        }),
        { numRuns: 3_000 },
      );
    }
  });

  it("puts U+10000 after U+FFFD, where JavaScript's < has it the other way round", () => {
    expect("\u{10000}" < "\ufffd").toBe(true);
    expect(compareText("\u{10000}", "\ufffd")).toBe(1);
    expect(compareText("\ufffd", "\u{10000}")).toBe(-1);
  });

  it.each([
    ["", "", 0],
    ["", "a", -1],
    ["a", "ab", -1],
    ["Z", "a", -1],
    ["a", "á", -1],
    ["e\u0301", "\u00e9", -1],
    ["10", "9", -1],
    ["\u{1f600}", "\u{1f601}", -1],
    ["\u{1f600}", "\u{1f600}a", -1],
    ["\u{10000}", "\u{10400}", -1],
  ])("%j against %j is %i", (left, right, order) => {
    expect(compareText(left, right)).toBe(order);
    expect(compareText(right, left)).toBe(0 - order);
  });
});

describe("values", () => {
  it.each<[NonNullable<Value>, NonNullable<Value>, number]>([
    [1, 2, -1],
    [2, 2, 0],
    [0.1, 0.2, -1],
    [2n ** 53n, 2n ** 53n + 1n, -1],
    [2 ** 53, 2n ** 53n + 1n, -1],
    [1, 1n, 0],
    [2n ** 63n - 1n, 1e300, -1],
    [false, true, -1],
    [true, true, 0],
    [new Date(1), new Date(2), -1],
    [new Date(1), new Date(1), 0],
    [new Uint8Array([1]), new Uint8Array([1, 0]), -1],
    [new Uint8Array([127]), new Uint8Array([128]), -1],
    [new Uint8Array(), new Uint8Array(), 0],
    [new Uint8Array([2]), new Uint8Array([1, 9]), 1],
  ])("%# have one order", (left, right, order) => {
    expect(compareValues(left, right)).toBe(order);
    expect(compareValues(right, left)).toBe(0 - order);
  });

  const kinds: [string, NonNullable<Value>][] = [
    ["string", "1"],
    ["number", 1],
    ["boolean", true],
    ["date", new Date(1)],
    ["blob", new Uint8Array([1])],
  ];

  it.each(kinds)("a %s is compared with its own kind only", (kind, value) => {
    for (const [otherKind, other] of kinds) {
      if (kind === otherKind) expect(compareValues(value, other)).toBe(0);
      else {
        expect(() => compareValues(value, other)).toThrow(PlasmaError);
        expect(() => compareValues(value, other)).toThrow(
          `A ${kind} cannot be compared with a ${otherKind}.`,
        );
      }
    }
  });

  it("sort with null first", () => {
    const values: Value[] = [3, null, 1, null, 2];
    expect(values.sort(compareForSort)).toEqual([null, null, 1, 2, 3]);
  });
});
