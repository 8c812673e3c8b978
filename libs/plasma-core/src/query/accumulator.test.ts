import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accumulator } from "./accumulator.ts";
import { aggregateValues } from "./aggregate-values.ts";
import type { AggregateFunction, AggregateOperand, Value } from "./ast.ts";
import type { ValueType } from "./value-type.ts";

const FUNCTIONS: AggregateFunction[] = ["count", "sum", "avg", "min", "max"];
const operandOf = (fn: AggregateFunction, distinct = false): AggregateOperand => {
  return { kind: "aggregate", fn, distinct, operand: null };
};

/** Few, so that values repeat, and extreme, so that sums do not fit. Reals are fractions that a double adds exactly. */
const VALUES: [ValueType, Value[]][] = [
  ["int", [null, 0, 1, -1, 7, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, Infinity]],
  ["bigint", [null, 0n, 5n, -5n, 2n ** 63n - 1n, -(2n ** 63n), Infinity, -Infinity]],
  ["real", [null, 0, 0.5, -0.25, 1024]],
];
const OTHERS: [ValueType, Value[]][] = [
  ["text", [null, "", "a", "\uffff", "\u{1f600}"]],
  ["timestamp", [null, new Date(0), new Date(1)]],
  ["boolean", [null, true, false]],
];

describe("an accumulator", () => {
  it.each(VALUES)("of %s has after each change the aggregate of what is there", (type, values) => {
    for (const fn of FUNCTIONS) follows(operandOf(fn), type, values);
    follows(operandOf("count", true), type, values);
  });

  it.each(OTHERS)("of %s has after each change the aggregate of what is there", (type, values) => {
    for (const fn of ["count", "min", "max"] as const) follows(operandOf(fn), type, values);
    follows(operandOf("count", true), type, values);
  });

  it("does not keep the rounding of a real that has left", () => {
    const total = accumulator(operandOf("sum"), "real");
    for (const value of [1, 1e300]) total.add(value);
    total.remove(1e300);
    expect(total.value()).toBe(1);
  });

  it("has the next least value when the least has left, however many there are", () => {
    const least = accumulator(operandOf("min"), "int");
    for (let value = 99; value >= 0; value--) least.add(value);
    for (let value = 0; value < 100; value++) {
      expect(least.value()).toBe(value);
      least.remove(value);
    }
    expect(least.value()).toBe(null);
  });
});

function follows(operand: AggregateOperand, type: ValueType, values: readonly Value[]): void {
  const step = fc.record({ at: fc.nat(values.length - 1), removes: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const one = accumulator(operand, type);
      const there: Value[] = [];
      for (const { at, removes } of steps) {
        const value = values[at] as Value;
        const place = there.indexOf(value);
        if (!removes) {
          one.add(value);
          there.push(value);
        } else if (place !== -1) {
          one.remove(value);
          there.splice(place, 1);
        }
        const present = there.filter((some) => some !== null);
        expect(one.value()).toStrictEqual(aggregateValues(operand, type, present));
      }
    }),
  );
}
