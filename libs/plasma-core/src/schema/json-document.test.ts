import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copyJson, isPlainObject, MAX_JSON_DEPTH, MAX_JSON_NODES } from "./json-document.ts";

class Refused extends Error {}

function copy(document: unknown, maxBytes = 1_000_000): unknown {
  return copyJson(document, maxBytes, (rule) => {
    throw new Refused(rule);
  });
}

function nested(depth: number, wrap: (inner: unknown) => unknown): unknown {
  let document: unknown = 1;
  for (let level = 0; level < depth; level++) document = wrap(document);
  return document;
}

function isDeeplyFrozen(document: unknown): boolean {
  if (typeof document !== "object" || document === null) return true;
  return Object.isFrozen(document) && Object.values(document).every(isDeeplyFrozen);
}

describe("a JSON document", () => {
  it(
    "is copied to what JSON.parse(JSON.stringify()) gives, frozen, sharing nothing",
    { timeout: 60_000 },
    () => {
      fc.assert(
        fc.property(fc.jsonValue({ maxDepth: 5 }), (document) => {
          if (JSON.stringify(document).includes('"__proto__":')) return;
          const text = JSON.stringify(document);
          if (text.includes("\\u0000")) return;
          const copied = copy(document);
          expect(JSON.stringify(copied)).toBe(text);
          expect(isDeeplyFrozen(copied)).toBe(true);
          if (typeof document === "object" && document !== null) expect(copied).not.toBe(document);
        }),
        { numRuns: 2_000 },
      );
    },
  );

  it("does not freeze or change what was given", () => {
    const given = { tags: ["a"] };
    const kept = copy(given) as typeof given;
    given.tags.push("b");
    expect(kept).toEqual({ tags: ["a"] });
    expect(() => kept.tags.push("c")).toThrow(TypeError);
  });

  it("leaves properties out that are undefined, as JSON does, but refuses undefined in arrays", () => {
    expect(copy({ a: undefined, b: 1 })).toEqual({ b: 1 });
    expect(Object.keys(copy({ a: undefined }) as object)).toEqual([]);
    expect(() => copy([undefined])).toThrow("must be a JSON document");
    // eslint-disable-next-line no-sparse-arrays -- the hole is the point
    expect(() => copy([1, , 2])).toThrow("must be a JSON document");
  });

  it("reads a getter once", () => {
    let reads = 0;
    expect(
      copy({
        get x() {
          return ++reads;
        },
      }),
    ).toEqual({ x: 1 });
  });

  it("takes objects without a prototype, and proxies for what they show", () => {
    expect(copy(Object.assign(Object.create(null), { a: 1 }))).toEqual({ a: 1 });
    expect(copy(new Proxy({ a: 1 }, {}))).toEqual({ a: 1 });
  });

  it("keeps keys that objects have anyway as its own", () => {
    const copied = copy({ constructor: 1, toString: 2, hasOwnProperty: 3 });
    expect(Object.entries(copied as object)).toEqual([
      ["constructor", 1],
      ["toString", 2],
      ["hasOwnProperty", 3],
    ]);
  });

  const symbol = Symbol("key");
  it.each<[what: string, document: unknown, rule: string]>([
    ["NaN", Number.NaN, "must hold finite numbers only"],
    ["−Infinity inside", [{ a: -Infinity }], "must hold finite numbers only"],
    ["a bigint", { a: 1n }, "must be a JSON document"],
    ["a function", { toJSON: () => 1 }, "must be a JSON document"],
    ["a Date", { at: new Date(0) }, "must be a JSON document"],
    ["bytes", new Uint8Array(1), "must be a JSON document"],
    ["a Map", new Map([["a", 1]]), "must be a JSON document"],
    ["a boxed string", new String("x"), "must be a JSON document"],
    ["a promise", Promise.resolve(1), "must be a JSON document"],
    ["an object of a class", new (class Point {})(), "must be a JSON document"],
    ["a prototype in between", Object.create({ a: 1 }), "must be a JSON document"],
    ["a symbol as key", { [symbol]: 1 }, "must not have symbols as keys"],
    ["__proto__", JSON.parse('{"__proto__":{"admin":true}}'), 'must not have a key "__proto__"'],
    ["a NUL", ["a\0"], "must not contain the NUL character"],
    ["a NUL in a key", { "a\0": 1 }, "must not contain the NUL character"],
    ["half a surrogate pair", { a: "\ud800" }, "must not contain half of a surrogate pair"],
    ["half a pair in a key", { "\udc00": 1 }, "must not contain half of a surrogate pair"],
  ])("with %s is refused", (_what, document, rule) => {
    expect(() => copy(document)).toThrow(new Refused(rule));
  });

  it.each<[string, (inner: unknown) => unknown]>([
    ["arrays", (inner) => [inner]],
    ["objects", (inner) => ({ a: inner })],
  ])("may be nested %s 64 deep and no deeper", (_what, wrap) => {
    expect(copy(nested(MAX_JSON_DEPTH, wrap))).toEqual(nested(MAX_JSON_DEPTH, wrap));
    expect(() => copy(nested(MAX_JSON_DEPTH + 1, wrap))).toThrow(
      "must not be nested more than 64 deep",
    );
    expect(() => copy(nested(100_000, wrap))).toThrow("must not be nested more than 64 deep");
  });

  it("that holds itself is refused", () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    expect(() => copy(circle)).toThrow("must not be nested more than 64 deep");
  });

  it("that holds one part many times over is refused before it is unfolded", () => {
    let document: unknown = [];
    for (let level = 0; level < 60; level++) document = [document, document];
    expect(() => copy(document)).toThrow(`must not have more than ${MAX_JSON_NODES} parts`);
  });

  it("with very many small parts is refused", () => {
    expect(() => copy(new Array(MAX_JSON_NODES + 1).fill(0))).toThrow("must not have more than");
    expect(() => copy(Array.from({ length: 60_000 }, () => [1]))).toThrow(
      "must not have more than",
    );
    expect(() => copy(new Array(2 ** 32 - 1))).toThrow("must not have more than");
    expect(copy(new Array(1_000).fill(0))).toHaveLength(1_000);
  });

  it("is measured as it is stored: escapes, quotes and commas count", () => {
    expect(copy("x".repeat(98), 100)).toHaveLength(98);
    expect(() => copy("x".repeat(99), 100)).toThrow("must be at most 100 bytes");
    expect(() => copy("\u0001".repeat(20), 100)).toThrow("must be at most 100 bytes");
    expect(() => copy(new Array(60).fill(1), 100)).toThrow("must be at most 100 bytes");
    expect(() => copy({ ["k".repeat(100)]: 1 }, 100)).toThrow("must be at most 100 bytes");
  });
});

describe("isPlainObject()", () => {
  it.each([
    [{}, true],
    [Object.create(null), true],
    [[], false],
    [new Date(), false],
    [Object.create({}), false],
  ])("%#", (value: object, plain) => {
    expect(isPlainObject(value)).toBe(plain);
  });
});
