import {
  completeRow,
  eq,
  fieldsOfTable,
  inArray,
  like,
  PlasmaError,
  select,
  table,
} from "@sh1n4ps/plasma-core";
import {
  bigint,
  blob,
  id,
  int,
  json,
  real,
  tableInfo,
  text,
  timestamp,
} from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";

/** What engines would keep in different ways never gets that far: neither into a row nor into a query. */

const things = table("things", {
  id: id(),
  text: text().nullable(),
  int: int().nullable(),
  big: bigint().nullable(),
  real: real().nullable(),
  at: timestamp().nullable(),
  bytes: blob().nullable(),
  doc: json().nullable(),
});
const info = tableInfo(things);
const LONE = "\ud800";

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof PlasmaError) return error.code;
    throw error;
  }
  return "accepted";
}

describe("a row does not take", () => {
  it.each<[string, Record<string, unknown>]>([
    ["NaN", { real: NaN }],
    ["infinity", { real: Infinity }],
    ["minus infinity", { real: -Infinity }],
    ["NaN in a document", { doc: [NaN] }],
    ["a fraction as an int", { int: 0.5 }],
    ["2^53 as an int", { int: 2 ** 53 }],
    ["minus 2^53 as an int", { int: -(2 ** 53) }],
    ["2^63 as a bigint", { big: 2n ** 63n }],
    ["less than −2^63 as a bigint", { big: -(2n ** 63n) - 1n }],
    ["a number as a bigint", { big: 1 }],
    ["a date that is none", { at: new Date(NaN) }],
    ["milliseconds as a date", { at: 0 }],
    ["NUL in a text", { text: "a\0b" }],
    ["half of a surrogate pair", { text: LONE }],
    ["either in a document", { doc: { [LONE]: 1 } }],
    ["NUL in a document", { doc: ["\0"] }],
    ["__proto__ as a key of a document", { doc: JSON.parse('{"__proto__": {"admin": true}}') }],
    ["more than a million bytes of text", { text: "é".repeat(500_001) }],
    ["more than a million bytes", { bytes: new Uint8Array(1_000_001) }],
    [
      "1.9 million bytes in all its cells",
      { text: "x".repeat(1e6), bytes: new Uint8Array(900_001) },
    ],
  ])("%s", (_what, values) => {
    expect(codeOf(() => completeRow(info, { id: "1", ...values }))).toBe("invalid-value");
  });
});

describe("a query does not take", () => {
  it.each<[string, () => unknown]>([
    ["NaN", () => eq(things.real, NaN)],
    ["infinity", () => eq(things.real, Infinity)],
    ["infinity in a list", () => inArray(things.real, [1, -Infinity])],
    ["2^63", () => eq(things.big, 2n ** 63n)],
    ["a date that is none", () => eq(things.at, new Date(NaN))],
    ["NUL", () => eq(things.text, "\0")],
    ["NUL in a pattern", () => like(things.text, "%\0%")],
    ["half of a surrogate pair", () => eq(things.text, LONE)],
    ["half of one in a pattern", () => like(things.text, LONE)],
    ["a fraction as a limit", () => select().from(things).limit(0.5)],
    ["less than nothing as an offset", () => select().from(things).offset(-1)],
  ])("%s", (_what, query) => {
    expect(codeOf(query)).toBe("invalid-definition");
  });
});

describe("what is the same in all engines once it is in", () => {
  it("minus zero is zero, in cells, in documents and in queries", () => {
    const row = completeRow(info, { id: "1", real: -0, int: -0, doc: [-0] });
    expect(Object.is(row["real"], 0) && Object.is(row["int"], 0)).toBe(true);
    expect(JSON.stringify(row["doc"])).toBe("[0]");
    expect(eq(things.real, -0)).toEqual(eq(things.real, 0));
    expect(fieldsOfTable(info).get("real")?.type).toBe("real");
  });

  it("the last of two equal keys of a document is the only one that goes on", () => {
    const row = completeRow(info, { id: "1", doc: JSON.parse('{"a": 1, "a": 2}') });
    expect(JSON.stringify(row["doc"])).toBe('{"a":2}');
  });
});
