import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLongerThan, textProblem, utf8Length } from "./text-check.ts";

// Node has it, the engine is compiled without it.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

const anyText = fc.string({ unit: "binary" });

describe("text", () => {
  it.each(["", "a", "é", "\u{1f600}", "\ufffd", "\ufeff", "\u0001", "line\nbreak", "e\u0301"])(
    "%j is kept as it is",
    (text) => {
      expect(textProblem(text)).toBeUndefined();
    },
  );

  it.each([
    ["\0", "must not contain the NUL character"],
    ["a\0b", "must not contain the NUL character"],
    ["\ud83d", "must not contain half of a surrogate pair"],
    ["a\ude00", "must not contain half of a surrogate pair"],
    ["\ude00\ud83d", "must not contain half of a surrogate pair"],
  ])("%j is refused", (text, problem) => {
    expect(textProblem(text)).toBe(problem);
  });

  it("has the length that TextEncoder gives it", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is longer than a limit exactly when its bytes are", () => {
    fc.assert(
      fc.property(anyText, fc.nat(60), (text, limit) => {
        expect(isLongerThan(text, limit)).toBe(utf8Length(text) > limit);
      }),
      { numRuns: 2_000 },
    );
  });
});
