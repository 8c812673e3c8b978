import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlasmaError, PlasmaValidationError } from "../errors.ts";
import { bigint, blob, boolean, id, int, json, real, ref, text, timestamp } from "./column.ts";
import type { AnyColumn } from "./column.ts";
import { completeRow } from "./row.ts";
import { decodeCell, decodeRow, encodeCell, encodeRow, fromBase64, toBase64 } from "./row-codec.ts";
import { table, tableInfo } from "./table.ts";
import { INT64_MAX, INT64_MIN } from "./value.ts";

const all = tableInfo(
  table("all_kinds", {
    id: id(),
    ref: ref((): AnyColumn => undefined as never).nullable(),
    text: text(),
    size: text({ enum: ["s", "m"] }),
    int: int().nullable(),
    bigint: bigint().nullable(),
    real: real(),
    boolean: boolean(),
    timestamp: timestamp().nullable(),
    blob: blob().nullable(),
    json: json().nullable(),
  }),
);

const plainText = fc.string({ unit: "binary" }).filter((value) => !value.includes("\0"));
const key = plainText.filter((value) => value !== "__proto__");
const document = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: "small" },
    plainText,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("json")),
    fc.dictionary(key, tie("json")),
  ),
})).json;

const anyRow = fc.record({
  id: plainText.filter((value) => value.length > 0 && value.length <= 128),
  ref: fc.option(fc.uuid()),
  text: plainText,
  size: fc.constantFrom("s", "m"),
  int: fc.option(fc.maxSafeInteger()),
  bigint: fc.option(fc.bigInt({ min: INT64_MIN, max: INT64_MAX })),
  real: fc.double({ noNaN: true, noDefaultInfinity: true }),
  boolean: fc.boolean(),
  timestamp: fc.option(fc.date({ noInvalidDate: true })),
  blob: fc.option(fc.uint8Array({ size: "medium" })),
  json: document,
});

describe("rows as JSON", () => {
  it("come back as they were, by way of JSON text", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(anyRow, (values) => {
        const row = completeRow(all, values);
        const wire: unknown = JSON.parse(JSON.stringify(encodeRow(all, row)));
        expect(decodeRow(all, wire)).toEqual(row);
      }),
      { numRuns: 3_000 },
    );
  });

  it("have one form for each kind", () => {
    const row = completeRow(all, {
      id: "1",
      text: "é",
      size: "m",
      bigint: -(2n ** 60n),
      real: 0.5,
      boolean: true,
      timestamp: new Date(-1),
      blob: new Uint8Array([0, 255]),
      json: { a: [1] },
    });
    expect(encodeRow(all, row)).toEqual({
      id: "1",
      ref: null,
      text: "é",
      size: "m",
      int: null,
      bigint: "-1152921504606846976",
      real: 0.5,
      boolean: true,
      timestamp: -1,
      blob: "AP8=",
      json: { a: [1] },
    });
  });

  it(
    "garbage gives a typed error or a row that is right, never anything else",
    { timeout: 60_000 },
    () => {
      const cell = fc.oneof(
        fc.anything(),
        fc.jsonValue(),
        fc.constantFrom(9e15, 1.5, "-0", "AA", "=AAA", "1e3"),
      );
      const garbage = fc.oneof(
        cell,
        fc.dictionary(fc.constantFrom(...all.columnNames, "__proto__", "toString"), cell),
        fc
          .tuple(anyRow, fc.constantFrom(...all.columnNames), cell)
          .map(([values, name, value]) => ({
            ...encodeRow(all, completeRow(all, values)),
            [name]: value,
          })),
      );
      let refused = 0;
      fc.assert(
        fc.property(garbage, (input) => {
          try {
            const row = decodeRow(all, input);
            expect(completeRow(all, row)).toEqual(row);
          } catch (error) {
            refused++;
            expect(error).toBeInstanceOf(PlasmaError);
          }
        }),
        { numRuns: 5_000 },
      );
      expect(refused).toBeGreaterThan(500);
    },
  );

  it("are decoded to frozen rows without what the table does not know", () => {
    const row = decodeRow(tableInfo(table("t", { id: id() })), { id: "1", later: 1, toString: 2 });
    expect(Object.entries(row)).toEqual([["id", "1"]]);
    expect(Object.isFrozen(row)).toBe(true);
  });

  it.each([null, undefined, 1, "row", [], true])("%j is no row", (encoded) => {
    expect(() => decodeRow(all, encoded)).toThrow('A row of "all_kinds" must be an object.');
  });

  it("a column that is missing counts as null", () => {
    const t = tableInfo(table("t", { id: id(), a: text().nullable(), b: text() }));
    expect(decodeRow(t, { id: "1", b: "x" })).toEqual({ id: "1", a: null, b: "x" });
    expect(() => decodeRow(t, { id: "1" })).toThrow('"t.b" is not nullable');
  });

  it("an inherited value does not count", () => {
    const t = tableInfo(table("t", { id: id() }));
    expect(() => decodeRow(t, Object.create({ id: "1" }))).toThrow('"t.id" is not nullable');
  });
});

describe("a cell from outside", () => {
  const column = (name: string) => all.columns[name] as AnyColumn;

  it.each<[kind: string, cell: unknown]>([
    ["timestamp", 1.5],
    ["timestamp", 8.64e15 + 1],
    ["timestamp", "1970-01-01"],
    ["timestamp", null as unknown],
    ["bigint", "9223372036854775808"],
    ["bigint", "-9223372036854775809"],
    ["bigint", "99999999999999999999"],
    ["bigint", "007"],
    ["bigint", "-0"],
    ["bigint", "+1"],
    ["bigint", "0x10"],
    ["bigint", " 1"],
    ["bigint", ""],
    ["bigint", 1],
    ["int", "1"],
    ["boolean", 1],
    ["blob", "AA"],
    ["blob", "A A="],
    ["blob", "===="],
    ["blob", "AA=A"],
    ["blob", "AA-_"],
    ["blob", [1]],
  ])("%s refuses %j", (name, cell) => {
    const table_ = { ...all, columnNames: [name] };
    if (cell === null) expect(decodeRow(table_, { [name]: cell })).toEqual({ [name]: null });
    else expect(() => decodeRow(table_, { [name]: cell })).toThrow(PlasmaValidationError);
  });

  it("undefined and null are encoded as null", () => {
    expect(encodeCell(column("text"), undefined)).toBeNull();
    expect(encodeCell(column("blob"), null)).toBeNull();
    expect(decodeCell(column("timestamp"), null)).toBeNull();
  });
});

describe("base64", () => {
  it("gives any bytes back, also more than the arguments of one call", () => {
    const large = Uint8Array.from({ length: 100_001 }, (_, at) => (at * 31) % 256);
    expect(fromBase64(toBase64(large))).toEqual(large);
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
      }),
    );
  });

  it("encodes a view's own bytes", () => {
    expect(toBase64(new Uint8Array([9, 0, 255, 9]).subarray(1, 3))).toBe("AP8=");
  });
});
