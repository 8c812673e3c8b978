/**
 * The end of a query: its total order, offset and limit, and the rows of the result.
 *
 * 1. It holds all tuples in order, so that a window is refilled from what stands beyond it. A tuple is found by the
 *    order, in log n steps, and among those that tie (they are equal in everything that shows) by being that object.
 * 2. A tuple that takes the place of another one with its key shows the same row object if it shows the same.
 * 3. The array that was handed out is never changed, and handed out again as long as it holds the same rows.
 */

import { compareCandidates, requireShown, shapeRow } from "@sh1n4ps/plasma-core";
import type { AnalyzedSelect, Row } from "@sh1n4ps/plasma-core";
import { sameRow } from "../../replica/rows.ts";
import { keepIdentity } from "../keep-identity.ts";
import type { Delta, Operator, Step, Tuple } from "./delta.ts";

/** One sort costs less than putting so many into place one by one. */
const MANY_TUPLES = 64;

export class OrderedWindow implements Operator {
  readonly #input: Operator;
  readonly #analyzed: AnalyzedSelect;
  #tuples: Tuple[] = [];
  #windowed: readonly Tuple[] = [];
  #rows: readonly Row[] | undefined;

  constructor(input: Operator, analyzed: AnalyzedSelect) {
    this.#input = input;
    this.#analyzed = analyzed;
  }

  /** The tuples that left and entered the window. */
  next(step: Step): Delta {
    if (!this.#follow(this.#input.next(step))) return { removed: [], added: [] };
    const old = this.#windowed;
    this.#windowed = [...this.#cut()];
    const rest = new Set(old);
    const added = this.#windowed.filter((tuple) => !rest.delete(tuple));
    return { removed: [...rest], added };
  }

  /**
   * The result of the first step, with the objects of an earlier result where they look the same.
   * @throws PlasmaError `overflow`
   */
  firstRows(step: Step, old: readonly Row[]): readonly Row[] {
    this.#follow(this.#input.next(step));
    const rows = keepIdentity(old, this.#show());
    for (const [at, tuple] of this.#cut().entries()) tuple.shown = rows[at];
    return (this.#rows = rows);
  }

  /**
   * The result after a step.
   * @throws PlasmaError `overflow`
   */
  nextRows(step: Step): readonly Row[] {
    const isTouched = this.#follow(this.#input.next(step));
    const old = this.#rows;
    if (old && !isTouched) return old;
    const rows = this.#show();
    if (old && old.length === rows.length && old.every((row, at) => row === rows[at])) return old;
    return (this.#rows = rows);
  }

  #show(): Row[] {
    const rows = this.#cut().map((tuple) => (tuple.shown ??= shapeRow(this.#analyzed, tuple)));
    requireShown(this.#analyzed, rows);
    return rows;
  }

  #cut(): readonly Tuple[] {
    const { limit, offset } = this.#analyzed.ast;
    if (limit === null && offset === 0) return this.#tuples;
    return this.#tuples.slice(offset, limit === null ? undefined : offset + limit);
  }

  #follow({ removed, added }: Delta): boolean {
    if (removed.length === 0 && added.length === 0) return false;
    this.#keepShown(removed, added);
    const compare = (left: Tuple, right: Tuple) => compareCandidates(this.#analyzed, left, right);
    if (removed.length + added.length > MANY_TUPLES) {
      const gone = new Set(removed);
      if (gone.size > 0) this.#tuples = this.#tuples.filter((tuple) => !gone.has(tuple));
      this.#tuples = [...this.#tuples, ...added].sort(compare);
      return true;
    }
    for (const tuple of removed) {
      let at = lowerBound(this.#tuples, (other) => compare(other, tuple));
      while (at < this.#tuples.length && this.#tuples[at] !== tuple) at++;
      this.#tuples.splice(at, 1);
    }
    for (const tuple of added)
      this.#tuples.splice(
        lowerBound(this.#tuples, (other) => compare(other, tuple)),
        0,
        tuple,
      );
    return true;
  }

  #keepShown(removed: readonly Tuple[], added: readonly Tuple[]): void {
    const gone = new Map(removed.map((tuple) => [tuple.key, tuple.shown]));
    for (const tuple of added) {
      const before = gone.get(tuple.key);
      if (!before) continue;
      const shown = (tuple.shown ??= shapeRow(this.#analyzed, tuple));
      if (sameRow(before, shown)) tuple.shown = before;
    }
  }
}

/** Where in an order the first thing stands that is not before what is sought. */
function lowerBound<T>(things: readonly T[], order: (thing: T) => number): number {
  let low = 0;
  let high = things.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (order(things[middle] as T) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
