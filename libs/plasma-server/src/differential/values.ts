/** Values that engines have been known to disagree about, by type. */

import type { Value, ValueType } from "@sh1n4ps/plasma-core";
import type { Random } from "./random.ts";

export const MAX_SAFE = Number.MAX_SAFE_INTEGER;
export const INT64_MIN = -(2n ** 63n);
export const INT64_MAX = 2n ** 63n - 1n;

const COMPOSED = "\u00e9";
const DECOMPOSED = "e\u0301";
const LONG = "the quick brown fox jumps over the lazy dog, and % and _ too";

export const TEXTS: readonly string[] = [
  "",
  " ",
  "a",
  "A",
  "ab",
  "AB",
  "Ab",
  "b",
  "ba",
  "z",
  "Z",
  "0",
  "1",
  "10",
  "null",
  "%",
  "_",
  "\\",
  "a%b",
  "a_b",
  "a\\b",
  "*",
  "[a]",
  "?",
  "^a",
  "'",
  '"',
  "?1",
  "$1",
  "\n",
  "\ta",
  COMPOSED,
  DECOMPOSED,
  "\u00c9",
  "\u00df",
  "\u0130",
  "\u0131",
  "\ue000",
  "\ufffd",
  "\uffff",
  "\u{10000}",
  "\u{1f600}",
  "a\u{1f600}b",
  "\u{10ffff}",
  LONG,
  `${LONG}${LONG}`,
  LONG.toUpperCase(),
];

const NUMBERS: Record<"int" | "bigint" | "real", readonly Value[]> = {
  int: [
    0,
    1,
    2,
    3,
    -1,
    -2,
    7,
    10,
    100,
    255,
    65_536,
    2 ** 31,
    -(2 ** 31),
    2 ** 32,
    MAX_SAFE,
    -MAX_SAFE,
    MAX_SAFE - 1,
  ],
  bigint: [
    0n,
    1n,
    2n,
    -1n,
    7n,
    10n,
    2n ** 31n,
    2n ** 32n,
    -(2n ** 32n),
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 53n + 1n,
    -(2n ** 53n) - 1n,
    INT64_MAX,
    INT64_MAX - 1n,
    INT64_MIN,
    INT64_MIN + 1n,
  ],
  real: [
    0,
    1,
    2,
    -1,
    0.5,
    -0.5,
    0.25,
    1.5,
    2.5,
    -2.75,
    3,
    7,
    10,
    100.125,
    -1024.5,
    2 ** 31,
    2 ** 40 + 0.5,
  ],
};

/** Reals of every size, which only some column holds. Their sums round, cancel, or do not fit. */
export const EXTREME_REALS: readonly number[] = [
  0.1,
  1 / 3,
  1e-300,
  5e-324,
  -5e-324,
  2.2250738585072014e-308,
  1e15 + 0.3,
  MAX_SAFE,
  2 ** 53,
  2 ** 63,
  1e22,
  1e23,
  1.7976931348623157e308,
  -1.7976931348623157e308,
  123456789.12345679,
  0.2,
  -0.3,
  1e16,
  -1e16,
  1e-30,
  2 ** 52 + 0.5,
  2 ** 60,
  -(2 ** 60) + 128,
  2 ** 100 - 2 ** 47,
  -(2 ** 100) + 2 ** 47,
];

const DATES: readonly Date[] = [
  0, 1, -1, 1000, 1_700_000_000_000, 1_700_000_000_001, -62_135_596_800_000, 8.64e15, -8.64e15,
].map((time) => new Date(time));

const BYTES: readonly Uint8Array[] = [
  [],
  [0],
  [0, 0],
  [1],
  [127],
  [128],
  [255],
  [255, 255],
  [97],
  [97, 98],
  [39, 34, 63],
  [0xf0, 0x9f, 0x98, 0x80],
].map((bytes) => Uint8Array.from(bytes));

export const DOCUMENTS: readonly unknown[] = [
  {},
  [],
  "",
  "a",
  0,
  1,
  -1.5,
  1e300,
  true,
  false,
  { a: 1 },
  { b: 1, a: 2 },
  { a: null },
  [1, [2, { c: "\u{1f600}" }]],
  { "": "empty", "\u00e9": "\ue000", "a.b": [], $: {} },
  { deep: { deeper: { deepest: [null, true] } } },
  '"quoted\\"',
];

/** Some value of the type that is not null. */
export function someValue(random: Random, type: Exclude<ValueType, "json">): NonNullable<Value> {
  switch (type) {
    case "text":
      return random.pick(TEXTS);
    case "boolean":
      return random.chance(0.5);
    case "timestamp":
      return random.pick(DATES);
    case "blob":
      return random.pick(BYTES);
    case "int":
    case "bigint":
    case "real":
      return random.pick(NUMBERS[type])!;
  }
}

/** All of them, for the layers that leave nothing to chance. */
export function valuesOf(type: Exclude<ValueType, "json">): readonly NonNullable<Value>[] {
  switch (type) {
    case "text":
      return TEXTS;
    case "boolean":
      return [false, true];
    case "timestamp":
      return DATES;
    case "blob":
      return BYTES;
    case "int":
    case "bigint":
    case "real":
      return NUMBERS[type] as readonly NonNullable<Value>[];
  }
}

/** A pattern that has something to do with a text: parts of it replaced, escaped, cut off or made long. */
export function somePattern(random: Random): string {
  const characters = [...random.pick(TEXTS)];
  const parts = characters.flatMap((character) => {
    const dice = random.next();
    if (dice < 0.12) return ["%"];
    if (dice < 0.22) return ["_"];
    if (dice < 0.3) return ["\\", character];
    if (dice < 0.36) return [];
    if (dice < 0.4) return [character.toUpperCase()];
    return [character];
  });
  if (random.chance(0.3)) parts.unshift("%");
  if (random.chance(0.3)) parts.push("%");
  if (random.chance(0.05)) parts.push("\\");
  const pattern = parts.join("");
  // D1 takes no GLOB pattern of more than 50 bytes.
  return random.chance(0.05) ? `%${pattern}${"%".repeat(60)}` : pattern;
}
