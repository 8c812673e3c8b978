/** What the aggregates mean. Nulls have been left out before; the values of one call are of one type. */

import { PlasmaError } from "../errors.ts";
import type { AggregateOperand, Value } from "./ast.ts";
import { compareValues, valueKey } from "./compare.ts";

type Present = NonNullable<Value>;

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** @throws PlasmaError `overflow` when an exact sum does not fit its type. */
export function aggregateValues(
  { fn, distinct }: AggregateOperand,
  values: readonly Present[],
): Value {
  const counted = distinct ? distinctValues(values) : values;
  switch (fn) {
    case "count":
      return counted.length;
    case "sum":
      return counted.length === 0 ? null : sumValues(counted);
    case "avg":
      return counted.length === 0 ? null : Number(totalOf(counted)) / counted.length;
    case "min":
      return counted.length === 0
        ? null
        : counted.reduce((best, value) => (compareValues(value, best) < 0 ? value : best));
    case "max":
      return counted.length === 0
        ? null
        : counted.reduce((best, value) => (compareValues(value, best) > 0 ? value : best));
  }
}

function distinctValues(values: readonly Present[]): Present[] {
  return [...new Map(values.map((value) => [valueKey(value), value])).values()];
}

function sumValues(values: readonly Present[]): Value {
  const total = totalOf(values);
  if (typeof total === "number") {
    // Integers whose sum left the safe range come as a bigint, so this one is a sum of doubles.
    if (!Number.isFinite(total)) throw overflow();
    return total;
  }
  if (typeof values[0] === "bigint") {
    if (total < INT64_MIN || total > INT64_MAX) throw overflow();
    return total;
  }
  const exact = Number(total);
  if (!Number.isSafeInteger(exact)) throw overflow();
  return exact;
}

/** A bigint for integers of either type, so that no intermediate sum is rounded; a number for doubles. */
function totalOf(values: readonly Present[]): number | bigint {
  let exact = 0n;
  let double = 0;
  let hasDouble = false;
  for (const value of values) {
    if (typeof value === "bigint") exact += value;
    else if (typeof value === "number") {
      if (Number.isSafeInteger(value) && !hasDouble) exact += BigInt(value);
      else hasDouble = true;
      double += value;
    }
  }
  return hasDouble ? double : exact;
}

function overflow(): PlasmaError {
  return new PlasmaError(
    "overflow",
    "A sum is too large for its type. Sum a bigint column instead, or fewer rows.",
  );
}
