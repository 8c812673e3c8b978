/** Finds tuples by what they hold in a column. */

import { valueKey } from "@sh1n4ps/plasma-core";
import type { ColumnOperand, Value } from "@sh1n4ps/plasma-core";
import type { Tuple } from "./delta.ts";

export class TuplesByValue<T extends Tuple> {
  readonly #operand: ColumnOperand;
  readonly #byValue = new Map<string, Map<string, T>>();

  constructor(operand: ColumnOperand) {
    this.#operand = operand;
  }

  add(tuple: T): void {
    const value = tuple.value(this.#operand);
    if (value === null) return;
    const key = valueKey(value);
    let tuples = this.#byValue.get(key);
    if (!tuples) this.#byValue.set(key, (tuples = new Map<string, T>()));
    tuples.set(tuple.key, tuple);
  }

  delete(tuple: T): void {
    const value = tuple.value(this.#operand);
    if (value === null) return;
    const key = valueKey(value);
    const tuples = this.#byValue.get(key);
    tuples?.delete(tuple.key);
    if (tuples?.size === 0) this.#byValue.delete(key);
  }

  /** None for null, which equals nothing. */
  get(value: Value): Iterable<T> {
    return value === null ? [] : (this.#byValue.get(valueKey(value))?.values() ?? []);
  }
}

/** The same for several columns. */
export class TuplesByColumn<T extends Tuple> {
  readonly #columns = new Map<string, TuplesByValue<T>>();

  constructor(operands: readonly ColumnOperand[]) {
    for (const operand of operands) this.#columns.set(nameOf(operand), new TuplesByValue(operand));
  }

  add(tuple: T): void {
    for (const tuples of this.#columns.values()) tuples.add(tuple);
  }

  delete(tuple: T): void {
    for (const tuples of this.#columns.values()) tuples.delete(tuple);
  }

  get(operand: ColumnOperand, value: Value): Iterable<T> {
    return this.#columns.get(nameOf(operand))?.get(value) ?? [];
  }
}

function nameOf({ alias, column }: ColumnOperand): string {
  return `${alias}.${column}`;
}
