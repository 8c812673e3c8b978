/** One random change to a JSON value: of a kind that a checker may have forgotten. */

import type { Chance } from "../contract/random.ts";
import { raw } from "./draft.ts";

const PROTOTYPE_KEYS = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];

const ODD_TEXT = [
  "",
  " ",
  "\0",
  "\ud800",
  "a\udc00b",
  "\ufeff",
  "'; DROP TABLE todos; --",
  '" OR 1=1 --',
  "%",
  "../../etc/passwd",
  "null",
  "😀".repeat(40),
  "x".repeat(201),
  "x".repeat(5000),
  "e\u0301",
  "\u202e",
  "\r\nx-injected: 1",
  ...PROTOTYPE_KEYS,
];

const ODD_NUMBERS = [
  0,
  -0.5,
  -1,
  1.5,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 53 - 2,
  1e308,
  5e-324,
];

const ODD_JSON = [
  raw("-0"),
  raw("1e999"),
  raw("-1e999"),
  raw("123456789012345678901234567890"),
  raw("0.1e-7"),
];

function oddValue(random: Chance, texts: readonly string[]): unknown {
  switch (random.below(10)) {
    case 0:
      return null;
    case 1:
      return random.oneIn(2);
    case 2:
    case 3:
      return random.pick(ODD_NUMBERS);
    case 4:
      return random.pick(ODD_JSON);
    case 5:
      return random.pick(ODD_TEXT);
    case 6:
      return random.pick(texts);
    case 7:
      return random.oneIn(2) ? [] : {};
    case 8:
      return tagged(random);
    default:
      return nested(random);
  }
}

function tagged(random: Chance): unknown {
  return {
    $type: random.pick(["bigint", "date", "bytes", "undefined", "object", "nope", "__proto__"]),
    ...(random.oneIn(3)
      ? {}
      : { value: random.pick(["5", "AA==", 5, null, "99999999999999999999", 8.64e15 + 1, {}]) }),
  };
}

function nested(random: Chance): unknown {
  const depth = random.pick([3, 63, 64, 65, 70, 71, 500, 5000]);
  return random.oneIn(2)
    ? raw("[".repeat(depth) + "]".repeat(depth))
    : raw('{"a":'.repeat(depth) + "1" + "}".repeat(depth));
}

/** `texts`: what somebody might know or guess, such as ids of rows and cookies of others. */
export function mutateJson(value: unknown, random: Chance, texts: readonly string[]): unknown {
  // Further down more often than not: what lies on top is checked first.
  if (typeof value === "object" && value !== null && !random.oneIn(4)) {
    return mutateInside(value, random, texts);
  }
  if (typeof value === "string" && random.oneIn(2)) return mutateText(value, random, texts);
  if (typeof value === "number" && random.oneIn(2)) {
    return random.pick([value + 1, value - 1, -value, value + 0.5, value * 2 ** 40, String(value)]);
  }
  switch (random.below(8)) {
    case 0:
      return [value];
    case 1:
      return { [random.pick(PROTOTYPE_KEYS.slice(1))]: value };
    default:
      return oddValue(random, texts);
  }
}

function mutateInside(value: object, random: Chance, texts: readonly string[]): unknown {
  if (Array.isArray(value)) {
    const items: unknown[] = [...(value as unknown[])];
    const at = random.below(items.length + 1);
    switch (random.below(5)) {
      case 0:
        items.splice(at, 1);
        return items;
      case 1:
        items.splice(at, 0, items[random.below(items.length)] ?? oddValue(random, texts));
        return items;
      case 2:
        return Array.from({ length: random.pick([2, 199, 201, 300]) }, () => items[0] ?? null);
      default:
        if (at < items.length) items[at] = mutateJson(items[at], random, texts);
        return items;
    }
  }
  const entries = Object.entries(value);
  const at = random.below(entries.length);
  const entry = entries[at];
  if (!entry) return { a: oddValue(random, texts) };
  const [key, item] = entry;
  switch (random.below(8)) {
    case 0:
      entries.splice(at, 1);
      break;
    case 1:
      entries.push([random.pick([...PROTOTYPE_KEYS, ...texts]), oddValue(random, texts)]);
      break;
    case 2:
      entries[at] = [random.pick([...PROTOTYPE_KEYS, key.toUpperCase(), `${key} `]), item];
      break;
    case 3: {
      const other = random.below(entries.length);
      entries[at] = [key, entries[other]![1]];
      entries[other] = [entries[other]![0], item];
      break;
    }
    default:
      entries[at] = [key, mutateJson(item, random, texts)];
  }
  // Unlike an assignment, this makes "__proto__" a key like any other.
  return Object.fromEntries(entries);
}

export function mutateText(text: string, random: Chance, texts: readonly string[]): string {
  const at = random.below(text.length + 1);
  switch (random.below(6)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + random.pick(ODD_TEXT) + text.slice(at);
    case 2:
      return text.slice(0, at) + String.fromCharCode(random.below(0x10000)) + text.slice(at + 1);
    case 3: {
      // Half of one, half of another: a cookie of somebody else's with the signature of one's own.
      const other = random.pick(texts);
      return random.oneIn(2) && text.includes(".") && other.includes(".")
        ? `${other.split(".")[0]}.${text.split(".")[1]}`
        : text.slice(0, at) + other.slice(random.below(other.length + 1));
    }
    case 4:
      return text + text;
    default:
      return random.pick(texts);
  }
}
