import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeLike, likeMatcher, normalizePattern } from "./like.ts";

/** The definition, said in another way: character by character, every way of filling a `%` tried once. */
function reference(pattern: string, text: string): boolean {
  const wanted = [...pattern];
  const given = [...text];
  const known = new Map<string, boolean>();
  const from = (p: number, t: number): boolean => {
    const place = `${p},${t}`;
    const earlier = known.get(place);
    if (earlier !== undefined) return earlier;
    const answer = decide(p, t);
    known.set(place, answer);
    return answer;
  };
  const decide = (p: number, t: number): boolean => {
    if (p === wanted.length) return t === given.length;
    if (wanted[p] === "%") return from(p + 1, t) || (t < given.length && from(p, t + 1));
    if (t === given.length) return false;
    if (wanted[p] === "_") return from(p + 1, t + 1);
    const literal = wanted[p] === "\\" && p + 1 < wanted.length ? p + 1 : p;
    return wanted[literal] === given[t] && from(literal + 1, t + 1);
  };
  return from(0, 0);
}

const alphabet = fc.constantFrom("a", "b", "%", "_", "\\", "\u{1f600}", "\u{1f601}", "\n", ".");
const pieces = fc.string({ unit: alphabet, maxLength: 12 });

describe("like", () => {
  it.each<[pattern: string, text: string, matches: boolean]>([
    ["", "", true],
    ["", "a", false],
    ["%", "", true],
    ["%", "anything\nat all", true],
    ["%%", "", true],
    ["_", "", false],
    ["_", "a", true],
    ["_", "ab", false],
    ["__", "ab", true],
    ["abc", "abc", true],
    ["abc", "ABC", false],
    ["É", "é", false],
    ["é", "e\u0301", false],
    ["a%", "abc", true],
    ["%c", "abc", true],
    ["%c", "abcb", false],
    ["a%c", "ac", true],
    ["a_c", "ac", false],
    ["%b%", "abc", true],
    ["%_", "", false],
    ["_%", "a", true],
    ["%a_", "aab", true],
    ["%ab", "aab", true],
    ["%aab", "aaab", true],
    ["\\%", "%", true],
    ["\\%", "a", false],
    ["\\_", "_", true],
    ["\\_", "a", false],
    ["\\\\", "\\", true],
    ["\\a", "a", true],
    ["100\\%%", "100% sure", true],
    ["a\\", "a\\", true],
    ["a\\", "a", false],
    ["a\nb", "a\nb", true],
    ["a_b", "a\nb", true],
    ["a%b", "a\r\n\u2028b", true],
    ["_", "\u{1f600}", true],
    ["__", "\u{1f600}", false],
    ["%_", "\u{1f600}", true],
    ["\u{1f600}%", "\u{1f600}!", true],
    ["\\\u{1f600}", "\u{1f600}", true],
    ["\u{1f600}", "\u{1f601}", false],
    [".", "a", false],
    ["a.c", "abc", false],
    ["^a$", "a", false],
    ["(a|b)*", "(a|b)*", true],
    ["[a-z]+", "[a-z]+", true],
    ["a{2}", "aa", false],
    ["$&", "$&", true],
  ])("%j against %j: %s", (pattern, text, matches) => {
    expect(likeMatcher(pattern)(text)).toBe(matches);
    expect(reference(pattern, text)).toBe(matches);
  });

  it("means what the reference says", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(pieces, pieces, (pattern, text) => {
        expect(likeMatcher(pattern)(text)).toBe(reference(pattern, text));
      }),
      { numRuns: 20_000 },
    );
  });

  it("matches every text that its pattern was made from", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(pieces, pieces)), (parts) => {
        const pattern = parts.map(([literal]) => `${escapeLike(literal)}%`).join("");
        const text = parts.map(([literal, filling]) => literal + filling).join("");
        expect(likeMatcher(pattern)(text)).toBe(true);
      }),
    );
  });

  it(
    "does not backtrack without end: with a regular expression this test would never be over",
    { timeout: 60_000 },
    () => {
      const long = "a".repeat(50_000);
      expect(likeMatcher("%a".repeat(30) + "b")(long)).toBe(false);
      expect(likeMatcher("%a%".repeat(30))(long)).toBe(true);
      expect(likeMatcher("_%".repeat(30) + "b")(long)).toBe(false);
      expect(likeMatcher("%" + "a".repeat(200) + "b")(long)).toBe(false);
    },
  );

  it("may be asked many times", () => {
    const matches = likeMatcher("a%");
    expect(["a", "b", "ab"].map(matches)).toEqual([true, false, true]);
  });
});

describe("a pattern for what a person typed", () => {
  it("is found wherever the text holds it", () => {
    fc.assert(
      fc.property(pieces, pieces, pieces, (before, typed, after) => {
        const matches = likeMatcher(`%${escapeLike(typed)}%`);
        expect(matches(before + typed + after)).toBe(true);
        expect(matches(before)).toBe(before.includes(typed));
      }),
    );
  });
});

describe("a pattern that ends in a backslash", () => {
  it.each([
    ["a\\", "a\\\\"],
    ["a\\\\", "a\\\\"],
    ["a\\\\\\", "a\\\\\\\\"],
    ["\\", "\\\\"],
    ["a", "a"],
    ["", ""],
    ["\\%", "\\%"],
  ])("%j becomes %j, which every database reads alike", (pattern, normal) => {
    expect(normalizePattern(pattern)).toBe(normal);
  });

  it("means the same afterwards", () => {
    fc.assert(
      fc.property(pieces, pieces, (pattern, text) => {
        expect(likeMatcher(normalizePattern(pattern))(text)).toBe(likeMatcher(pattern)(text));
      }),
    );
  });
});
