/** The total of reals in SQL: the same operations as core's `real-total.ts`, so the same double from the same values. */

import { REAL_STEPS, REAL_TOTAL_LIMIT } from "@sh1n4ps/plasma-core";
import { join, sql } from "./fragment.ts";
import type { SqlFragment } from "./fragment.ts";

/** How a dialect says it. */
export interface RealArithmetic {
  /** Two to the power of this, as a double. */
  power(exponent: number): SqlFragment;
  /** A double without a fraction, as a whole number of 64 bits. */
  whole(value: SqlFragment): SqlFragment;
  /** A sum of whole numbers, as a double, rounded to the nearest. */
  real(total: SqlFragment): SqlFragment;
  readonly infinity: SqlFragment;
  /** Whether a product that is too small for a double is an error, and not zero. */
  readonly refusesTiny: boolean;
}

/** Null if there is no value. */
export function realTotal(
  { power, whole, real, infinity, refusesTiny }: RealArithmetic,
  operand: SqlFragment,
): SqlFragment {
  const limit = power(REAL_TOTAL_LIMIT);
  const fits = sql`abs(${operand}) < ${limit}`;
  // What counts as zero can be left out.
  const counted = refusesTiny
    ? sql`${fits} AND abs(${operand}) >= ${power(REAL_STEPS.at(-1)!)}`
    : fits;
  const steps = REAL_STEPS.map((exponent, at) => {
    const larger = REAL_STEPS[at - 1];
    const rest =
      larger === undefined
        ? operand
        : sql`(${operand} - trunc(${operand} * ${power(-larger)}) * ${power(larger)})`;
    const count = whole(sql`trunc(${rest} * ${power(-exponent)})`);
    const total = sql`sum(${count}) FILTER (WHERE ${counted})`;
    return sql`${real(refusesTiny ? sql`coalesce(${total}, 0)` : total)} * ${power(exponent)}`;
  });
  // Sums are made from the left, and the smallest comes first.
  const total = join(steps.reverse(), " + ");
  return sql`(CASE WHEN max(${operand}) IS NULL THEN NULL WHEN max(${operand}) >= ${limit} THEN ${infinity} WHEN min(${operand}) <= -${limit} THEN -${infinity} ELSE ${total} END)`;
}
