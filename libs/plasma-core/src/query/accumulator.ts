/**
 * Aggregates whose values come and go, for views that are kept up to date. What they mean is said in
 * `aggregate-values.ts`: for the values that are there, an accumulator's value is the one of `aggregateValues`.
 *
 * Whoever removes a value has added an equal one before. Nulls are left out here.
 */

import { sumFitting } from "./aggregate-values.ts";
import type { AggregateOperand, Value } from "./ast.ts";
import { compareValues, valueKey } from "./compare.ts";
import { realTotal } from "./real-total.ts";
import type { ValueType } from "./value-type.ts";

type Present = NonNullable<Value>;

export interface Accumulator {
  add(value: Value): void;
  remove(value: Value): void;
  value(): Value;
}

/** @param type Of the column that is aggregated. */
export function accumulator(operand: AggregateOperand, type: ValueType): Accumulator {
  const { fn } = operand;
  switch (fn) {
    case "count":
      return operand.distinct ? distinctCount() : presentCount();
    case "sum":
    case "avg":
      return type === "real" ? totalOfReals(fn) : exactTotal(fn, type);
    case "min":
    case "max":
      return extremum(fn);
  }
}

function presentCount(): Accumulator {
  let count = 0;
  return {
    add: (value) => (count += value === null ? 0 : 1),
    remove: (value) => (count -= value === null ? 0 : 1),
    value: () => count,
  };
}

function distinctCount(): Accumulator {
  const counts = new Map<string, number>();
  return {
    add: (value) => {
      if (value === null) return;
      const key = valueKey(value);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    remove: (value) => {
      if (value === null) return;
      const key = valueKey(value);
      const left = (counts.get(key) ?? 0) - 1;
      if (left > 0) counts.set(key, left);
      else counts.delete(key);
    },
    value: () => counts.size,
  };
}

/** Of integers, some of which may be sums that did not fit. */
function exactTotal(fn: "sum" | "avg", type: ValueType): Accumulator {
  let count = 0;
  let total = 0n;
  const infinite = { more: 0, less: 0 };
  const move = (value: Value, by: 1 | -1) => {
    if (value === null) return;
    count += by;
    if (value === Infinity) infinite.more += by;
    else if (value === -Infinity) infinite.less += by;
    else total += BigInt(value as number | bigint) * BigInt(by);
  };
  return {
    add: (value) => move(value, 1),
    remove: (value) => move(value, -1),
    value: () => {
      if (count === 0) return null;
      const all = infinite.more > 0 ? Infinity : infinite.less > 0 ? -Infinity : total;
      return fn === "avg" ? Number(all) / count : sumFitting(all, type);
    },
  };
}

function totalOfReals(fn: "sum" | "avg"): Accumulator {
  const total = realTotal();
  let count = 0;
  const move = (value: Value, times: 1 | -1) => {
    if (value === null) return;
    count += times;
    total.add(value as number, times);
  };
  return {
    add: (value) => move(value, 1),
    remove: (value) => move(value, -1),
    value: () => (count === 0 ? null : fn === "avg" ? total.value() / count : total.value()),
  };
}

/** Values that wait to be put into place one by one; more of them are sorted together. */
const MANY_VALUES = 16;

/** All values in order, so that the next one is at hand when the smallest or largest goes. */
function extremum(fn: "min" | "max"): Accumulator {
  let sorted: Present[] = [];
  let waiting: Present[] = [];
  const settle = () => {
    if (waiting.length > MANY_VALUES) sorted = [...sorted, ...waiting].sort(compareValues);
    else for (const value of waiting) sorted.splice(placeOf(sorted, value), 0, value);
    waiting = [];
  };
  return {
    add: (value) => {
      if (value !== null) waiting.push(value);
    },
    remove: (value) => {
      if (value === null) return;
      settle();
      sorted.splice(placeOf(sorted, value), 1);
    },
    value: () => {
      settle();
      return sorted.at(fn === "min" ? 0 : -1) ?? null;
    },
  };
}

function placeOf(sorted: readonly Present[], value: Present): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareValues(sorted[middle] as Present, value) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
