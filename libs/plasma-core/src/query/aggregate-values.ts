/**
 * What the aggregates mean. Nulls have been left out before; the values of one call are of one type.
 *
 * A sum that does not fit its type is ±infinity, whatever its type: it compares and sorts as more (or less) than all
 * that fit, and makes sums and averages of its own infinite. So `having` and `orderBy` are right about it, and nothing
 * fails that nobody sees. A result cannot show it: that is the error `overflow`.
 */

import { PlasmaError } from "../errors.ts";
import type { AggregateOperand, Value } from "./ast.ts";
import { INT64_MAX, INT64_MIN } from "../schema/value.ts";
import { compareValues, valueKey } from "./compare.ts";
import { realTotal } from "./real-total.ts";
import type { ValueType } from "./value-type.ts";

type Present = NonNullable<Value>;

export function aggregateValues(
  { fn, distinct }: AggregateOperand,
  type: ValueType,
  values: readonly Present[],
): Value {
  const counted = distinct ? distinctValues(values) : values;
  if (fn === "count") return counted.length;
  if (counted.length === 0) return null;
  switch (fn) {
    case "sum":
      return sumFitting(totalOf(counted, type), type);
    case "avg":
      return Number(totalOf(counted, type)) / counted.length;
    case "min":
      return counted.reduce((best, value) => (compareValues(value, best) < 0 ? value : best));
    case "max":
      return counted.reduce((best, value) => (compareValues(value, best) > 0 ? value : best));
  }
}

/** The value, if a result can show it. @throws PlasmaError `overflow` */
export function shownValue(value: Value): Value {
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  throw overflow();
}

export function overflow(cause?: unknown): PlasmaError {
  return new PlasmaError(
    "overflow",
    "A sum is too large for its type. Sum a bigint column instead, or fewer rows.",
    { cause },
  );
}

function distinctValues(values: readonly Present[]): Present[] {
  return [...new Map(values.map((value) => [valueKey(value), value])).values()];
}

/** Of integers exact, so a bigint; infinite as soon as one of the values is. */
function totalOf(values: readonly Present[], type: ValueType): number | bigint {
  const infinite = [Infinity, -Infinity].find((infinity) => values.includes(infinity));
  if (infinite !== undefined) return infinite;
  if (type === "real") return totalOfReals(values);
  return values.reduce((total: bigint, value) => total + BigInt(value as number | bigint), 0n);
}

function totalOfReals(values: readonly Present[]): number {
  const total = realTotal();
  for (const value of values) total.add(value as number);
  return total.value();
}

/** A total as the value of a sum: infinite if it does not fit the type. */
export function sumFitting(total: number | bigint, type: ValueType): Value {
  if (typeof total === "number") return total;
  if (type === "bigint") {
    return total > INT64_MAX ? Infinity : total < INT64_MIN ? -Infinity : total;
  }
  const exact = Number(total);
  return Number.isSafeInteger(exact) ? exact : exact * Infinity;
}
