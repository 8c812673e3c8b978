/**
 * One tuple for each group of the tuples that come in, with its aggregates.
 *
 * 1. Tuples with equal keys are one group. A group without tuples is none, except without `groupBy`: then there is
 *    always exactly one.
 * 2. Aggregates are kept as tuples come and go (`accumulator.ts` of core), so a change costs its groups, not their
 *    tuples.
 * 3. A group whose values stay the same is the same tuple.
 */

import { accumulator, sameOperand, valueKey } from "@sh1n4ps/plasma-core";
import type {
  Accumulator,
  AggregateOperand,
  AnalyzedSelect,
  ColumnOperand,
  Row,
  Scope,
  Value,
} from "@sh1n4ps/plasma-core";
import type { Delta, Operator, Step, Tuple } from "./delta.ts";

type Aggregate = { readonly operand: AggregateOperand; readonly start: () => Accumulator };

interface Group {
  size: number;
  readonly accumulators: readonly Accumulator[];
  /** What its tuples have in common; of any of them. */
  scope: Scope;
  shown: GroupTuple | null;
}

const NOTHING_IN_SIGHT: Scope = new Map();

export class GroupOperator implements Operator {
  readonly #input: Operator;
  readonly #keys: readonly ColumnOperand[];
  readonly #aggregates: readonly Aggregate[];
  readonly #groups = new Map<string, Group>();

  constructor(input: Operator, analyzed: AnalyzedSelect, operands: readonly AggregateOperand[]) {
    this.#input = input;
    this.#keys = analyzed.ast.groupBy;
    const different = operands.filter(
      (operand, at) => operands.findIndex((other) => sameOperand(other, operand)) === at,
    );
    this.#aggregates = different.map((operand) => ({
      operand,
      start: () => accumulator(operand, typeOf(analyzed, operand)),
    }));
  }

  next(step: Step): Delta {
    const touched = new Set<string>();
    if (this.#keys.length === 0 && this.#groups.size === 0) touched.add("");
    const { removed, added } = this.#input.next(step);
    for (const tuple of removed) {
      const key = this.#keyOf(tuple);
      touched.add(key);
      const group = this.#groupOf(key, tuple);
      group.size--;
      for (const [at, { operand }] of this.#aggregates.entries())
        group.accumulators[at]?.remove(valueIn(tuple, operand));
    }
    for (const tuple of added) {
      const key = this.#keyOf(tuple);
      touched.add(key);
      const group = this.#groupOf(key, tuple);
      group.size++;
      for (const [at, { operand }] of this.#aggregates.entries())
        group.accumulators[at]?.add(valueIn(tuple, operand));
    }
    return this.#settle(touched);
  }

  #settle(touched: ReadonlySet<string>): Delta {
    const removed: Tuple[] = [];
    const added: Tuple[] = [];
    for (const key of touched) {
      const group = this.#groupOf(key, null);
      const old = group.shown;
      const isThere = group.size > 0 || this.#keys.length === 0;
      if (!isThere) this.#groups.delete(key);
      const values = group.accumulators.map((one) => one.value());
      if (isThere && old && values.every((value, at) => isSame(value, old.values[at]))) continue;
      if (old) removed.push(old);
      if (!isThere) continue;
      const { scope } = group;
      group.shown = new GroupTuple(key, { scope, aggregates: this.#aggregates, values });
      added.push(group.shown);
    }
    return { removed, added };
  }

  #keyOf(tuple: Tuple): string {
    return this.#keys.length === 0
      ? ""
      : JSON.stringify(this.#keys.map((column) => valueKey(tuple.value(column))));
  }

  #groupOf(key: string, tuple: Tuple | null): Group {
    let group = this.#groups.get(key);
    if (!group) {
      // Only what all of its tuples have in common may be asked of it, so any of them will do.
      const scope = this.#keys.length > 0 && tuple ? tuple.scope : NOTHING_IN_SIGHT;
      const accumulators = this.#aggregates.map(({ start }) => start());
      this.#groups.set(key, (group = { size: 0, accumulators, scope, shown: null }));
    }
    return group;
  }
}

interface GroupTupleOptions {
  readonly scope: Scope;
  readonly aggregates: readonly Aggregate[];
  /** Of the aggregates. */
  readonly values: readonly Value[];
}

class GroupTuple implements Tuple {
  readonly key: string;
  readonly scope: Scope;
  readonly values: readonly Value[];
  readonly #aggregates: readonly Aggregate[];
  shown: Row | undefined = undefined;

  constructor(key: string, { scope, aggregates, values }: GroupTupleOptions) {
    this.key = key;
    this.scope = scope;
    this.values = values;
    this.#aggregates = aggregates;
  }

  value(operand: ColumnOperand | AggregateOperand): Value {
    if (operand.kind === "column")
      return (this.scope.get(operand.alias)?.[operand.column] ?? null) as Value;
    const at = this.#aggregates.findIndex((one) => sameOperand(one.operand, operand));
    return this.values[at] ?? null;
  }
}

/** Counting rows asks for no value of theirs. */
function valueIn(tuple: Tuple, { operand }: AggregateOperand): Value {
  return operand === null ? true : tuple.value(operand);
}

function typeOf({ sources }: AnalyzedSelect, { operand }: AggregateOperand) {
  const source = sources.find(({ alias }) => alias === operand?.alias);
  return (operand && source?.fields.get(operand.column)?.type) ?? "int";
}

function isSame(left: Value, right: Value | undefined): boolean {
  return right !== undefined && valueKey(left) === valueKey(right);
}
