import { describe, expect, it } from "vitest";
import { aggregateValues, shownValue } from "./aggregate-values.ts";
import type { AggregateFunction, Value } from "./ast.ts";
import type { ValueType } from "./value-type.ts";

const MAX_SAFE = Number.MAX_SAFE_INTEGER;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

function aggregate(fn: AggregateFunction, type: ValueType, values: readonly NonNullable<Value>[]) {
  return aggregateValues({ kind: "aggregate", fn, distinct: false, operand: null }, type, values);
}

describe("a sum", () => {
  it.each<[string, ValueType, readonly (number | bigint)[], number | bigint]>([
    ["of ints is exact up to its end", "int", [MAX_SAFE, -1, 1], MAX_SAFE],
    ["of ints may leave it in between", "int", [MAX_SAFE, MAX_SAFE, -MAX_SAFE], MAX_SAFE],
    ["of ints past it is infinite", "int", [MAX_SAFE, 1], Infinity],
    ["below as well", "int", [-MAX_SAFE, -1], -Infinity],
    ["of bigints is exact up to its ends", "bigint", [INT64_MIN, -1n, 1n], INT64_MIN],
    ["of bigints past them is infinite", "bigint", [INT64_MAX, 1n], Infinity],
    ["of reals that are whole is no sum of ints", "real", [MAX_SAFE, 1], 2 ** 53],
    ["of reals may be infinite", "real", [1.7e308, 1.7e308], Infinity],
    ["of what did not fit does not fit", "int", [Infinity, -5], Infinity],
    ["of both ends does not either", "bigint", [-Infinity, 1n, Infinity], Infinity],
  ])("%s", (_what, type, values, expected) => {
    expect(aggregate("sum", type, values)).toBe(expected);
  });
});

describe("an average", () => {
  it("divides the exact total, however large", () => {
    expect(aggregate("avg", "bigint", [INT64_MAX, INT64_MAX, INT64_MAX])).toBe(2 ** 63);
    expect(aggregate("avg", "int", [MAX_SAFE, MAX_SAFE, 1])).toBe((2 * MAX_SAFE + 1) / 3);
  });

  it("of a sum that did not fit is infinite", () => {
    expect(aggregate("avg", "int", [1, Infinity])).toBe(Infinity);
  });
});

describe("the least and the most", () => {
  it("count a sum that did not fit as beyond all others", () => {
    expect(aggregate("max", "bigint", [INT64_MAX, Infinity])).toBe(Infinity);
    expect(aggregate("min", "bigint", [INT64_MIN, -Infinity, 0n])).toBe(-Infinity);
  });
});

describe("what a result shows", () => {
  it("is every value but an infinite one", () => {
    for (const value of [null, 0, MAX_SAFE, INT64_MAX, "Infinity", true]) {
      expect(shownValue(value)).toBe(value);
    }
    for (const value of [Infinity, -Infinity, NaN]) {
      expect(() => shownValue(value)).toThrow(expect.objectContaining({ code: "overflow" }));
    }
  });
});
