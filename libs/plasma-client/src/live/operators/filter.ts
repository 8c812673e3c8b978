/** Keeps the tuples for which a condition without subqueries is true. What it says of a tuple never changes. */

import { evaluateCondition } from "@sh1n4ps/plasma-core";
import type { Condition, Truth } from "@sh1n4ps/plasma-core";
import type { Delta, Operator, Step, Tuple } from "./delta.ts";

export function filterOperator<T extends Tuple>(
  input: Operator<T>,
  condition: Condition,
): Operator<T> {
  return {
    next: (step): Delta<T> => {
      const { removed, added } = input.next(step);
      const isKept = (tuple: T) => truthOf(condition, tuple, step) === true;
      return { removed: removed.filter(isKept), added: added.filter(isKept) };
    },
  };
}

export function truthOf(condition: Condition, tuple: Tuple, { rows }: Step): Truth {
  return evaluateCondition(condition, rows, tuple.scope, {
    aggregate: (operand) => tuple.value(operand),
  });
}
