import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlasmaValidationError } from "../errors.ts";
import { INT64_MAX, INT64_MIN } from "../schema/value.ts";
import { decodeTagged, encodeTagged, MAX_DEPTH, MAX_NODES } from "./tagged-json.ts";

/** As it travels: through JSON text. */
function travel(value: unknown): unknown {
  return decodeTagged(JSON.parse(JSON.stringify(encodeTagged(value))));
}

const plainText = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0"));
const key = fc
  .oneof(plainText, fc.constantFrom("$type", "value", "constructor", "toString"))
  .filter((name) => name !== "__proto__");
const storable = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    plainText,
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.bigInt({ min: INT64_MIN, max: INT64_MAX }),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array(),
    fc.constantFrom(null, undefined),
    fc.array(tie("value")),
    fc.dictionary(key, tie("value"), { noNullPrototype: true }),
  ),
})).value;

function nested(depth: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = wrap(value);
  return value;
}

describe("the tagged codec", () => {
  it("gives back what it was given, by way of JSON text", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(storable, (value) => {
        const back = travel(value);
        expect(back).toEqual(value);
        // `toEqual` takes undefined for missing, and `toStrictEqual` stumbles over a key named "constructor".
        expect(JSON.stringify(encodeTagged(back))).toBe(JSON.stringify(encodeTagged(value)));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each<[value: unknown, encoded: unknown]>([
    [undefined, { $type: "undefined" }],
    [5n, { $type: "bigint", value: "5" }],
    [new Date(-1), { $type: "date", value: -1 }],
    [new Uint8Array([0, 255]), { $type: "bytes", value: "AP8=" }],
    [
      { $type: "date", value: 1 },
      { $type: "object", value: { $type: "date", value: 1 } },
    ],
    [{ a: [undefined] }, { a: [{ $type: "undefined" }] }],
    [{ a: undefined }, { a: { $type: "undefined" } }],
    [{ value: 1 }, { value: 1 }],
    [-0, 0],
  ])("%# has one form, which is stored for good", (value, encoded) => {
    expect(encodeTagged(value)).toEqual(encoded);
    expect(travel(value)).toEqual(value === 0 ? 0 : value);
  });

  it("keeps an undefined property apart from a missing one", () => {
    expect(Object.keys(travel({ a: undefined }) as object)).toEqual(["a"]);
  });

  it("makes a plain date of a subclass, and bytes of a Buffer", () => {
    class Later extends Date {}
    class Bytes extends Uint8Array {}
    expect(travel(new Later(5))).toStrictEqual(new Date(5));
    expect(travel(new Bytes([1]))).toStrictEqual(new Uint8Array([1]));
  });

  it("takes objects without a prototype, and proxies for what they show", () => {
    expect(travel(Object.assign(Object.create(null), { a: 1 }))).toEqual({ a: 1 });
    expect(travel(new Proxy({ a: 1 }, { get: () => 2 }))).toEqual({ a: 2 });
    expect(travel(new Proxy([1, 2], {}))).toEqual([1, 2]);
  });

  it("may be mapped over a list: the index does not count as depth", () => {
    expect(new Array(200).fill([1]).map(encodeTagged)).toHaveLength(200);
    expect(new Array(200).fill([1]).map(decodeTagged)).toHaveLength(200);
  });

  it("leaves what it was given as it was", () => {
    const given = Object.freeze({ list: Object.freeze([1n, new Date(1)]) });
    expect(encodeTagged(given)).toEqual({
      list: [
        { $type: "bigint", value: "1" },
        { $type: "date", value: 1 },
      ],
    });
  });
});

describe("encoding refuses what would come back as something else", () => {
  class Point {
    x = 1;
  }
  const withProperty = Object.assign([1], { extra: 2 });
  const matched = /a/.exec("a");
  // eslint-disable-next-line no-sparse-arrays -- the hole is the point
  const holes = [1, , 3];

  it.each<[what: string, value: unknown, message: string]>([
    ["NaN", Number.NaN, "NaN cannot be stored: numbers must be finite."],
    ["−Infinity", [-Infinity], "-Infinity cannot be stored: numbers must be finite."],
    [
      "a bigint of 65 bits",
      INT64_MAX + 1n,
      "A bigint of more than 64 bits cannot be stored. Give it as text.",
    ],
    ["a negative one", INT64_MIN - 1n, "A bigint of more than 64 bits cannot be stored."],
    ["an invalid date", new Date(Number.NaN), "An invalid Date cannot be stored."],
    ["a function", { a: () => 1 }, "A function cannot be stored. Use plain data."],
    ["an object with toJSON", { toJSON: () => 1 }, "A function cannot be stored."],
    ["a symbol", Symbol("x"), "A symbol cannot be stored. Use plain data."],
    ["a symbol as key", { [Symbol("x")]: 1 }, "An object with symbols as keys cannot be stored."],
    ["a Map", new Map(), "An object of class Map cannot be stored. Use plain data."],
    ["a Set", new Set(), "An object of class Set cannot be stored."],
    ["a promise", Promise.resolve(), "An object of class Promise cannot be stored."],
    ["a regular expression", /a/, "An object of class RegExp cannot be stored."],
    ["an error", new Error("x"), "An object of class Error cannot be stored."],
    ["an ArrayBuffer", new ArrayBuffer(1), "An object of class ArrayBuffer cannot be stored."],
    [
      "another typed array",
      new Float64Array(1),
      "An object of class Float64Array cannot be stored.",
    ],
    ["a boxed string", new String("x"), "An object of class String cannot be stored."],
    ["a boxed number", new Number(1), "An object of class Number cannot be stored."],
    ["an object of a class", new Point(), "An object of class Point cannot be stored."],
    [
      "a prototype without a constructor",
      Object.create(Object.create(null)),
      "An object cannot be stored.",
    ],
    ["an array with a hole", holes, "An array with holes"],
    ["an array of nothing but holes", new Array(2 ** 32 - 1), "An array with holes"],
    ["an array with a property", withProperty, "An array with holes, with properties of its own"],
    ["the result of a match", matched, "An array with holes, with properties of its own"],
    ["__proto__", JSON.parse('{"__proto__":1}'), 'An object must not have a key "__proto__".'],
    ["NUL", "a\0", "Text must not contain the NUL character."],
    ["half a surrogate pair", ["\ud800"], "Text must not contain half of a surrogate pair."],
    ["half a pair in a key", { "\udc00": 1 }, "Text must not contain half of a surrogate pair."],
    ["NUL in a key", { "\0": 1 }, "Text must not contain the NUL character."],
  ])("%s", (_what, value, message) => {
    expect(() => encodeTagged(value)).toThrow(PlasmaValidationError);
    expect(() => encodeTagged(value)).toThrow(message);
  });

  it("an object that holds itself, and one part held very many times", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => encodeTagged(circle)).toThrow(
      `A value must not be nested more than ${MAX_DEPTH} deep.`,
    );
    let bomb: unknown = [];
    for (let level = 0; level < 60; level++) bomb = { a: bomb, b: bomb };
    expect(() => encodeTagged(bomb)).toThrow(`A value must not have more than ${MAX_NODES} parts.`);
  });
});

describe("depth", () => {
  it.each<[string, (inner: unknown) => unknown]>([
    ["arrays", (inner) => [inner]],
    ["objects", (inner) => ({ a: inner })],
    ["tagged objects", (inner) => ({ $type: inner })],
  ])("of %s is limited to the same number on both sides", (_what, wrap) => {
    const deepest = nested(MAX_DEPTH, wrap);
    expect(travel(deepest)).toEqual(deepest);
    expect(() => encodeTagged(nested(MAX_DEPTH + 1, wrap))).toThrow(
      "must not be nested more than 64 deep",
    );
    expect(() => encodeTagged(nested(100_000, wrap))).toThrow(
      "must not be nested more than 64 deep",
    );
  });

  it("does not exhaust the stack in decoding", () => {
    const bomb: unknown = JSON.parse("[".repeat(100_000) + "]".repeat(100_000));
    expect(() => decodeTagged(bomb)).toThrow("must not be nested more than 64 deep");
  });

  it("neither does width", () => {
    expect(() => decodeTagged(new Array(MAX_NODES + 1).fill(0))).toThrow("must not have more than");
  });
});

describe("decoding takes exactly what encoding writes", () => {
  it.each<[encoded: unknown]>([
    [undefined],
    [Number.NaN],
    [1n],
    [() => 1],
    [Symbol("x")],
    [{ $type: "nope" }],
    [{ $type: "toString" }],
    [{ $type: null, value: 1 }],
    [{ $type: { $type: "undefined" } }],
    [{ $type: "undefined", value: 1 }],
    [{ $type: "undefined", other: 1 }],
    [{ $type: "bigint" }],
    [{ $type: "bigint", value: 5 }],
    [{ $type: "bigint", value: "" }],
    [{ $type: "bigint", value: "1.5" }],
    [{ $type: "bigint", value: "-0" }],
    [{ $type: "bigint", value: "01" }],
    [{ $type: "bigint", value: "0x1" }],
    [{ $type: "bigint", value: "9223372036854775808" }],
    [{ $type: "bigint", value: "9".repeat(40) }],
    [{ $type: "bigint", value: "5", other: 1 }],
    [{ $type: "date", value: "1970-01-01" }],
    [{ $type: "date", value: 1.5 }],
    [{ $type: "date", value: 8.64e15 + 1 }],
    [{ $type: "date", value: null }],
    [{ $type: "bytes", value: "A" }],
    [{ $type: "bytes", value: "AA" }],
    [{ $type: "bytes", value: "A A=" }],
    [{ $type: "bytes", value: [1] }],
    [{ $type: "object", value: null }],
    [{ $type: "object", value: [] }],
    [{ $type: "object", value: {} }],
    [{ $type: "object", value: { a: 1 } }],
    [{ $type: "object", value: { $type: "x" }, other: 1 }],
    [JSON.parse('{"__proto__":{"admin":true}}')],
    [JSON.parse('{"$type":"object","value":{"$type":1,"__proto__":1}}')],
    ["\0"],
    [["\ud800"]],
    [{ "\udc00": 1 }],
  ])("%# is refused with a typed error", (encoded) => {
    expect(() => decodeTagged(encoded)).toThrow(PlasmaValidationError);
  });

  it(
    "garbage gives a typed error, or something that encodes to the same again",
    { timeout: 60_000 },
    () => {
      const tag = fc.constantFrom("undefined", "bigint", "date", "bytes", "object", "nope");
      const garbage = fc.oneof(
        fc.jsonValue(),
        fc.anything(),
        fc.record(
          { $type: tag, value: fc.oneof(fc.jsonValue(), fc.constantFrom("5", "AA==", 5)) },
          { requiredKeys: ["$type"] },
        ),
      );
      let accepted = 0;
      let refused = 0;
      fc.assert(
        fc.property(fc.oneof(garbage, fc.array(garbage)), (input) => {
          let decoded: unknown;
          try {
            decoded = decodeTagged(input);
          } catch (error) {
            refused++;
            expect(error).toBeInstanceOf(PlasmaValidationError);
            return;
          }
          accepted++;
          expect(JSON.stringify(encodeTagged(decoded))).toBe(JSON.stringify(input));
        }),
        { numRuns: 10_000 },
      );
      expect(Math.min(accepted, refused)).toBeGreaterThan(500);
    },
  );

  it("does not reach a prototype", () => {
    const decoded = decodeTagged(JSON.parse('{"constructor":1,"toString":2}')) as object;
    expect(Object.entries(decoded)).toEqual([
      ["constructor", 1],
      ["toString", 2],
    ]);
    expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
  });
});
