import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { realTotal, REAL_TOTAL_LIMIT } from "./real-total.ts";

const LARGEST = 2 ** REAL_TOTAL_LIMIT;

function totalOf(values: readonly number[]): number {
  const total = realTotal();
  for (const value of values) total.add(value);
  return total.value();
}

/** A real as a whole number of 2^-1074, the smallest part of any double. */
function exactly(value: number): bigint {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const high = bits.getUint32(0);
  const exponent = (high >>> 20) & 0x7ff;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4));
  const size = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1);
  return value < 0 ? -size : size;
}

const usual = fc.double({ min: -1e12, max: 1e12, noNaN: true }).map((value) => value + 0);
const any = fc.double({ noNaN: true, noDefaultInfinity: true });

describe("the total of reals", () => {
  it.each([
    [[], 0],
    [[0.5], 0.5],
    [[-0], 0],
    [[1e16, 1, -1e16], 1],
    [[1e29, 1, -1e29], 1],
    [[0.1, 0.2, 0.3], 0.6],
    [[0.1, -0.1], 0],
    [[2 ** 60, -(2 ** 60) + 128], 128],
    [[1e-25, 2e-25], 1e-25 + 2e-25],
    [[2 ** -140], 2 ** -140],
    [[2 ** -141], 0],
    [[LARGEST], Infinity],
    [[-LARGEST], -Infinity],
    [[-LARGEST, LARGEST, 1], Infinity],
    [[LARGEST / 2, LARGEST / 2], LARGEST],
  ])("of %j is %d", (values, expected) => {
    expect(totalOf(values)).toBe(expected);
  });

  it("is the same in every order", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(usual, any)), fc.infiniteStream(fc.nat()), (values, dice) => {
        const shuffled = values
          .map((value) => [dice.next().value, value] as const)
          .sort(([left], [right]) => left - right)
          .map(([, value]) => value);
        expect(totalOf(shuffled)).toBe(totalOf(values));
      }),
    );
  });

  it("of one real is that real, unless it is too small or too large", () => {
    fc.assert(
      fc.property(any, (value) => {
        fc.pre(Math.abs(value) < LARGEST && Math.abs(value) > 2 ** -87);
        expect(totalOf([value])).toBe(value);
      }),
    );
  });

  it("is within a rounding or two of the exact total of the sizes", () => {
    fc.assert(
      fc.property(fc.array(usual, { maxLength: 200 }), (values) => {
        const exact = values.reduce((sum, value) => sum + exactly(value), 0n);
        const sizes = values.reduce((sum, value) => sum + exactly(Math.abs(value)), 0n);
        const smallest = BigInt(values.length) << BigInt(1074 - 140);
        const off = exactly(totalOf(values)) - exact;
        expect((off < 0n ? -off : off) <= (sizes >> 51n) + smallest).toBe(true);
      }),
    );
  });

  it("forgets what is taken away, exactly", () => {
    fc.assert(
      fc.property(fc.array(any), fc.array(any), (kept, gone) => {
        const total = realTotal();
        for (const value of [...gone, ...kept]) total.add(value);
        for (const value of gone) total.add(value, -1);
        expect(total.value()).toBe(totalOf(kept));
      }),
    );
  });

  it("stays exact over many additions", () => {
    const total = realTotal();
    for (let at = 0; at < 100_000; at++) total.add(2 ** 40 - 1);
    expect(total.value()).toBe((2 ** 40 - 1) * 100_000);
  });
});
