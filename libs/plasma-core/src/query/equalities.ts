/** Equalities that a condition demands of a row: what it can be looked up by. */

import type { ColumnOperand, Condition, ValueOperand } from "./ast.ts";

/** The row's column has to equal a value, or a column of another source. */
export interface Equality {
  readonly column: string;
  readonly operand: ColumnOperand | ValueOperand;
}

// Conditions are immutable, so what was found in one stays right as long as it lives.
const cache = new WeakMap<Condition, Map<string, readonly Equality[]>>();

/** What a row under this alias has to equal where the condition is true. By id first: nothing tells rows apart better. */
export function equalitiesOf(condition: Condition, alias: string): readonly Equality[] {
  let ofCondition = cache.get(condition);
  if (!ofCondition) cache.set(condition, (ofCondition = new Map<string, readonly Equality[]>()));
  let equalities = ofCondition.get(alias);
  if (!equalities) {
    equalities = conjunctsOf(condition)
      .flatMap((part) => equalitiesIn(part, alias))
      .sort((left, right) => Number(right.column === "id") - Number(left.column === "id"));
    ofCondition.set(alias, equalities);
  }
  return equalities;
}

/** The parts that all have to be true. */
export function conjunctsOf(condition: Condition): readonly Condition[] {
  return condition.kind === "and" ? condition.conditions.flatMap(conjunctsOf) : [condition];
}

function equalitiesIn(part: Condition, alias: string): Equality[] {
  if (part.kind !== "compare" || part.op !== "eq") return [];
  const sides = [
    [part.left, part.right],
    [part.right, part.left],
  ] as const;
  return sides.flatMap(([own, other]): Equality[] => {
    if (own.kind !== "column" || own.alias !== alias || other.kind === "aggregate") return [];
    if (other.kind === "column" && other.alias === alias) return [];
    return [{ column: own.column, operand: other }];
  });
}
