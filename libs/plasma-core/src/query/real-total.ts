/**
 * The total of reals, which depends on its values only: not on their order, and not on the engine that adds them.
 *
 * Each value is cut into whole numbers of a few fixed steps, 2^60 down to 2^-140, and those are added exactly, step by
 * step. Only the totals of the steps are rounded to doubles, and put together in a fixed order. The SQL of every dialect
 * does the same (the server's `real-total.ts`), operation by operation.
 *
 * 1. What is smaller than the last step (7e-43) counts as zero.
 * 2. A value from 2^100 (1.3e30) up does not fit, and makes the total infinite, the positive one first.
 * 3. Values can be taken away again, exactly.
 */

/** The exponents of the steps. A value has less than 2^40 of each. */
export const REAL_STEPS = [60, 20, -20, -60, -100, -140] as const;

/** The exponent of what is too large to be added. */
export const REAL_TOTAL_LIMIT = 100;

const LIMIT = 2 ** REAL_TOTAL_LIMIT;
const SIZES = REAL_STEPS.map((exponent) => 2 ** exponent);
/** So many numbers below 2^40 add up to one that a double holds exactly. */
const EXACT_ADDITIONS = 2 ** 13;

export interface RealTotal {
  add(value: number, times?: 1 | -1): void;
  value(): number;
}

export function realTotal(): RealTotal {
  const totals = SIZES.map(() => 0n);
  const recent = SIZES.map(() => 0);
  const infinite = { more: 0, less: 0 };
  let additions = 0;
  const settle = () => {
    for (const [at, sum] of recent.entries()) totals[at] = totals[at]! + BigInt(sum);
    recent.fill(0);
    additions = 0;
  };
  return {
    add: (value, times = 1) => {
      if (value >= LIMIT) infinite.more += times;
      else if (value <= -LIMIT) infinite.less += times;
      else {
        let rest = value;
        for (let at = 0; rest !== 0 && at < SIZES.length; at++) {
          const size = SIZES[at]!;
          const whole = Math.trunc(rest / size);
          rest -= whole * size;
          recent[at] = recent[at]! + whole * times;
        }
        if (++additions === EXACT_ADDITIONS) settle();
      }
    },
    value: () => {
      if (infinite.more > 0) return Infinity;
      if (infinite.less > 0) return -Infinity;
      settle();
      // The smallest first.
      return totals.reduceRight((total, whole, at) => total + Number(whole) * SIZES[at]!, 0);
    },
  };
}
