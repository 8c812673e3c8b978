/**
 * Keeps the tuples for which a condition with subqueries is true. A tuple is asked about when it comes, and again when a row
 * changes that can matter to it (`subquery-places.ts`).
 */

import type { Condition } from "@sh1n4ps/plasma-core";
import type { Delta, Operator, Step, Tuple } from "./delta.ts";
import { truthOf } from "./filter.ts";
import { concernedTuples, operandsOfPlaces, placesOfCondition } from "./subquery-places.ts";
import type { Place } from "./subquery-places.ts";
import { TuplesByColumn } from "./tuples-by-value.ts";

export class SubqueryFilter<T extends Tuple> implements Operator<T> {
  readonly #input: Operator<T>;
  readonly #condition: Condition;
  readonly #places: readonly Place[];
  readonly #tuples: TuplesByColumn<T>;
  /** Every tuple of the input, and whether it is kept. */
  readonly #isKept = new Map<T, boolean>();

  constructor(input: Operator<T>, condition: Condition) {
    this.#input = input;
    this.#condition = condition;
    this.#places = placesOfCondition(condition);
    this.#tuples = new TuplesByColumn(operandsOfPlaces(this.#places));
  }

  next(step: Step): Delta<T> {
    const input = this.#input.next(step);
    const removed: T[] = [];
    const added: T[] = [];
    for (const tuple of input.removed) {
      if (this.#isKept.get(tuple)) removed.push(tuple);
      this.#isKept.delete(tuple);
      this.#tuples.delete(tuple);
    }
    const concerned = concernedTuples(this.#places, step, (operand, value) =>
      this.#tuples.get(operand, value),
    );
    for (const tuple of concerned === "every tuple" ? this.#isKept.keys() : concerned) {
      const isKept = this.#isTrueOf(tuple, step);
      if (isKept === this.#isKept.get(tuple)) continue;
      this.#isKept.set(tuple, isKept);
      (isKept ? added : removed).push(tuple);
    }
    for (const tuple of input.added) {
      const isKept = this.#isTrueOf(tuple, step);
      this.#isKept.set(tuple, isKept);
      this.#tuples.add(tuple);
      if (isKept) added.push(tuple);
    }
    return { removed, added };
  }

  #isTrueOf(tuple: T, step: Step): boolean {
    return truthOf(this.#condition, tuple, step) === true;
  }
}
