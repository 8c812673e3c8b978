/**
 * One tuple for all that show the same. Those that come later are counted: the first one stands for them until the
 * last one has left, since nothing that shows tells them apart.
 */

import { valueKey } from "@sh1n4ps/plasma-core";
import type { AnalyzedSelect } from "@sh1n4ps/plasma-core";
import type { Delta, Operator, Step, Tuple } from "./delta.ts";

export class DistinctOperator implements Operator {
  readonly #input: Operator;
  readonly #analyzed: AnalyzedSelect;
  readonly #counts = new Map<string, { readonly tuple: Tuple; count: number }>();

  constructor(input: Operator, analyzed: AnalyzedSelect) {
    this.#input = input;
    this.#analyzed = analyzed;
  }

  next(step: Step): Delta {
    const { removed, added } = this.#input.next(step);
    const touched = new Map<string, Tuple | null>();
    const touch = (tuple: Tuple, by: number) => {
      const key = JSON.stringify(
        this.#analyzed.outputs.map(({ operand }) => valueKey(tuple.value(operand))),
      );
      const held = this.#counts.get(key);
      if (!touched.has(key)) touched.set(key, held?.tuple ?? null);
      if (held) held.count += by;
      else this.#counts.set(key, { tuple: new DistinctTuple(key, tuple), count: by });
    };
    for (const tuple of removed) touch(tuple, -1);
    for (const tuple of added) touch(tuple, 1);
    const output = { removed: [] as Tuple[], added: [] as Tuple[] };
    for (const [key, old] of touched) {
      const held = this.#counts.get(key);
      if (held?.count === 0) {
        this.#counts.delete(key);
        if (old) output.removed.push(old);
      } else if (held && !old) {
        output.added.push(held.tuple);
      }
    }
    return output;
  }
}

class DistinctTuple implements Tuple {
  readonly key: string;
  readonly scope: Tuple["scope"];
  readonly value: Tuple["value"];
  shown: Tuple["shown"] = undefined;

  constructor(key: string, tuple: Tuple) {
    this.key = key;
    this.scope = tuple.scope;
    this.value = (operand) => tuple.value(operand);
  }
}
