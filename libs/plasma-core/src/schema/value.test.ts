import { describe, expect, it } from "vitest";
import { PlasmaValidationError } from "../errors.ts";
import { bigint, blob, boolean, id, int, json, real, ref, text, timestamp } from "./column.ts";
import type { AnyColumn } from "./column.ts";
import { table } from "./table.ts";
import { checkValue, describeValue, INT64_MAX, INT64_MIN, MAX_CELL_SIZE } from "./value.ts";

const t = table("t", {
  id: id(),
  ref: ref(() => t.id as AnyColumn),
  text: text(),
  size: text({ enum: ["s", "m"] }),
  int: int(),
  bigint: bigint(),
  real: real(),
  boolean: boolean(),
  timestamp: timestamp(),
  blob: blob(),
  json: json(),
  note: text().nullable(),
}) as unknown as Record<string, AnyColumn>;

const column = (name: string) => t[name] as AnyColumn;

// Node has it, the engine is compiled without it.
declare const Buffer: { from(bytes: number[]): Uint8Array };

class Later extends Date {}
class Point {
  x = 1;
}

const accepted: [column: string, values: unknown[]][] = [
  ["id", ["a", "x".repeat(128), "e\u0301", "\u{1f600}"]],
  ["ref", ["a", "not an id of any row"]],
  ["text", ["", " ", "\ufffd", "\ufeffx", "\u{10ffff}", "null", "x".repeat(MAX_CELL_SIZE)]],
  ["size", ["s", "m"]],
  ["int", [0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]],
  ["bigint", [0n, -1n, 2n ** 53n + 1n, INT64_MAX, INT64_MIN]],
  ["real", [0, 0.1, 5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 53 + 2]],
  ["boolean", [true, false]],
  ["timestamp", [new Date(0), new Date(-1), new Date(8.64e15), new Date(-8.64e15)]],
  ["blob", [new Uint8Array(), new Uint8Array([0, 255])]],
  ["json", [false, 0, "", [], {}, { a: [{ b: null }] }, { constructor: 1, $type: "x" }]],
  ["note", [null, "x"]],
];

const torture: [column: string, values: unknown[]][] = [
  ["id", ["", "x".repeat(129), 1, null, undefined, "a\0", "\ud800", {}, new String("a")]],
  ["ref", ["", null, 7, Symbol("x"), "\udc00"]],
  [
    "text",
    [
      null,
      undefined,
      1,
      true,
      "\0",
      "a\ud800",
      "\udc00a",
      new String("x"),
      ["x"],
      "x".repeat(MAX_CELL_SIZE + 1),
      "é".repeat(MAX_CELL_SIZE / 2 + 1),
    ],
  ],
  ["size", ["", "S", "l", "toString", null]],
  [
    "int",
    [
      Number.NaN,
      Infinity,
      -Infinity,
      0.5,
      2 ** 53,
      -(2 ** 53),
      "1",
      1n,
      true,
      null,
      new Date(1),
      [1],
    ],
  ],
  ["bigint", [INT64_MAX + 1n, INT64_MIN - 1n, 1, "1", null, true]],
  ["real", [Number.NaN, Infinity, -Infinity, "0.5", 1n, null]],
  ["boolean", [0, 1, "true", "", null, undefined]],
  ["timestamp", [new Date(Number.NaN), new Date(8.64e15 + 1), 0, "1970-01-01", null, {}]],
  [
    "blob",
    [
      new ArrayBuffer(1),
      new Uint16Array(1),
      new DataView(new ArrayBuffer(1)),
      [1],
      "AA==",
      null,
      new Uint8Array(MAX_CELL_SIZE + 1),
    ],
  ],
  [
    "json",
    [undefined, Number.NaN, 1n, () => 1, Symbol("x"), new Date(0), new Map(), new Point(), null],
  ],
];

describe("checkValue()", () => {
  it.each(accepted)("%s accepts what it should, as an equal value", (name, values) => {
    for (const value of values) expect(checkValue(column(name), value)).toEqual(value);
  });

  it.each(torture)("%s refuses what some engine would change", (name, values) => {
    for (const value of values) {
      expect(() => checkValue(column(name), value), describeValue(value)).toThrow(
        PlasmaValidationError,
      );
    }
  });

  it("names the column in the error's details", () => {
    expect(() => checkValue(column("int"), "x")).toThrow(
      expect.objectContaining({ code: "invalid-value", details: { table: "t", column: "int" } }),
    );
  });

  it("says what the column wants", () => {
    const wrong = [
      "id",
      "ref",
      "text",
      "size",
      "int",
      "bigint",
      "real",
      "boolean",
      "timestamp",
      "blob",
    ];
    const messages = wrong.map((name) => {
      try {
        return checkValue(column(name), Symbol("x"));
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(messages).toMatchInlineSnapshot(`
      [
        ""t.id" must be an id: text of 1 to 128 characters, but it was given a symbol.",
        ""t.ref" must be an id: text of 1 to 128 characters, but it was given a symbol.",
        ""t.text" must be a string, but it was given a symbol.",
        ""t.size" must be a string, but it was given a symbol.",
        ""t.int" must be a safe integer, but it was given a symbol.",
        ""t.bigint" must be a bigint of 64 bits, but it was given a symbol.",
        ""t.real" must be a finite number, but it was given a symbol.",
        ""t.boolean" must be true or false, but it was given a symbol.",
        ""t.timestamp" must be a valid Date, but it was given a symbol.",
        ""t.blob" must be a Uint8Array, but it was given a symbol.",
      ]
    `);
  });

  it("does not repeat what people wrote", () => {
    const secret = "attack at dawn";
    for (const value of [secret, { secret }, [secret], () => secret, new Error(secret)]) {
      for (const name of ["int", "size", "timestamp", "blob"]) {
        expect(() => checkValue(column(name), value)).toThrow(
          expect.objectContaining({ message: expect.not.stringContaining("dawn") }),
        );
      }
    }
  });

  it("turns −0 into 0, since databases do not keep its sign", () => {
    expect(Object.is(checkValue(column("int"), -0), 0)).toBe(true);
    expect(Object.is(checkValue(column("real"), -0), 0)).toBe(true);
    expect(Object.is(checkValue(column("json"), -0), 0)).toBe(true);
  });

  it("copies dates, and makes plain ones of subclasses", () => {
    const given = new Later(5);
    const kept = checkValue(column("timestamp"), given) as Date;
    given.setTime(6);
    expect(kept.getTime()).toBe(5);
    expect(Object.getPrototypeOf(kept)).toBe(Date.prototype);
  });

  it("copies bytes, those of a Buffer too", () => {
    for (const given of [new Uint8Array([1, 2]), Buffer.from([1, 2])]) {
      const kept = checkValue(column("blob"), given) as Uint8Array;
      given[0] = 9;
      expect([...kept]).toEqual([1, 2]);
      expect(Object.getPrototypeOf(kept)).toBe(Uint8Array.prototype);
    }
  });

  it("takes bytes up to the limit", () => {
    expect(checkValue(column("blob"), new Uint8Array(MAX_CELL_SIZE))).toHaveLength(MAX_CELL_SIZE);
  });

  it("takes a view's own bytes, not those of the buffer behind it", () => {
    const view = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    expect([...(checkValue(column("blob"), view) as Uint8Array)]).toEqual([2, 3]);
  });

  it("counts bytes, not characters", () => {
    expect(checkValue(column("text"), "é".repeat(MAX_CELL_SIZE / 2))).toHaveLength(
      MAX_CELL_SIZE / 2,
    );
    expect(() => checkValue(column("text"), "é".repeat(MAX_CELL_SIZE / 2) + "x")).toThrow(
      `"t.text" must be at most ${MAX_CELL_SIZE} bytes, but it was given text of 500001 characters.`,
    );
  });
});

describe("describeValue()", () => {
  it.each([
    ["secret", "text of 6 characters"],
    [Number.NaN, "NaN"],
    [-0, "-0"],
    [2n ** 64n, "18446744073709551616n"],
    [undefined, "undefined"],
    [null, "null"],
    [true, "true"],
    [() => 1, "a function"],
    [Symbol("x"), "a symbol"],
    [[1], "an array"],
    [{}, "an object"],
    [Object.create(null), "an object"],
    [Object.create(Object.create(null)), "an object"],
    [new Date(0), "a Date"],
    [new Date(Number.NaN), "an invalid Date"],
    [new Uint8Array(3), "3 bytes"],
    [new Map(), "an object of class Map"],
    [new (class {})(), "an object of class (anonymous)"],
  ])("%# tells the kind of a value and not what is in it", (value, description) => {
    expect(describeValue(value)).toBe(description);
  });
});
