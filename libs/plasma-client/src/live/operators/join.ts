/**
 * An inner or left join of tuples with the rows of a table.
 *
 * 1. Partners are found by an equality of `on`, where it has one: rows by the index that all live queries share, tuples
 *    by one of their own. Whether a pair belongs to the result is asked of core, with all of `on`.
 * 2. A left tuple without a partner has exactly one tuple in a left join's result, and none in an inner join's.
 * 3. A changed row costs the tuples that it is, or was, a partner of; a new tuple costs its partners.
 */

import { equalitiesOf, evaluateCondition } from "@sh1n4ps/plasma-core";
import type { Equality, Join, Row, RowChange, Source } from "@sh1n4ps/plasma-core";
import type { Delta, Operator, Step } from "./delta.ts";
import { JoinedRow } from "./joined-row.ts";
import { TuplesByValue } from "./tuples-by-value.ts";

export type TableJoin = Join & { readonly source: Extract<Source, { kind: "table" }> };

interface Left {
  readonly tuple: JoinedRow;
  /** By the id of the partner. */
  readonly pairs: Map<string, JoinedRow>;
  alone: JoinedRow | null;
}

interface Output {
  readonly removed: JoinedRow[];
  readonly added: JoinedRow[];
}

export class JoinOperator implements Operator<JoinedRow> {
  readonly #input: Operator<JoinedRow>;
  readonly #join: TableJoin;
  readonly #equality: Equality | undefined;
  /** Tables that a subquery in `on` reads: when one changes, every tuple looks for its partners again. */
  readonly #tablesOfOn: ReadonlySet<string>;
  readonly #lefts = new Map<string, Left>();
  readonly #byValue: TuplesByValue<JoinedRow> | null;

  constructor(input: Operator<JoinedRow>, join: TableJoin, tablesOfOn: ReadonlySet<string>) {
    this.#input = input;
    this.#join = join;
    this.#tablesOfOn = tablesOfOn;
    this.#equality = equalityOf(join);
    const operand = this.#equality?.operand;
    this.#byValue = operand?.kind === "column" ? new TuplesByValue(operand) : null;
  }

  next(step: Step): Delta<JoinedRow> {
    const { removed, added } = this.#input.next(step);
    const output: Output = { removed: [], added: [] };
    for (const tuple of removed) this.#drop(tuple, output);
    if ([...this.#tablesOfOn].some((table) => step.changes.has(table))) {
      for (const left of this.#lefts.values()) this.#pairAnew(left, step, output);
    } else {
      this.#follow(step, output);
    }
    for (const tuple of added) {
      const left: Left = { tuple, pairs: new Map(), alone: null };
      this.#lefts.set(tuple.key, left);
      this.#byValue?.add(tuple);
      this.#pairAnew(left, step, output);
    }
    return output;
  }

  #drop(tuple: JoinedRow, { removed }: Output): void {
    const left = this.#lefts.get(tuple.key);
    this.#lefts.delete(tuple.key);
    this.#byValue?.delete(tuple);
    removed.push(...(left?.pairs.values() ?? []));
    if (left?.alone) removed.push(left.alone);
  }

  #follow(step: Step, output: Output): void {
    const touched = new Set<Left>();
    for (const change of step.changes.get(this.#join.source.table) ?? []) {
      for (const left of this.#partnersOf(change)) {
        touched.add(left);
        this.#pair(left, change.id, { row: change.after, step, output });
      }
    }
    for (const left of touched) this.#standAlone(left, output);
  }

  #partnersOf({ before, after }: RowChange): Iterable<Left> {
    if (!this.#equality || !this.#byValue) return this.#lefts.values();
    const found = new Set<Left>();
    for (const row of [before, after]) {
      if (!row) continue;
      for (const { key } of this.#byValue.get((row[this.#equality.column] ?? null) as never)) {
        const left = this.#lefts.get(key);
        if (left) found.add(left);
      }
    }
    return found;
  }

  #pairAnew(left: Left, step: Step, output: Output): void {
    const gone = new Set(left.pairs.keys());
    for (const row of this.#rowsFor(left.tuple, step)) {
      const id = row["id"] as string;
      gone.delete(id);
      this.#pair(left, id, { row, step, output });
    }
    for (const id of gone) this.#pair(left, id, { row: null, step, output });
    this.#standAlone(left, output);
  }

  #rowsFor(tuple: JoinedRow, { rows }: Step): Iterable<Row> {
    const { table } = this.#join.source;
    if (!this.#equality) return rows.rows(table);
    const { column, operand } = this.#equality;
    const value = operand.kind === "value" ? operand.value : tuple.value(operand);
    return value === null ? [] : rows.lookup(table, column, value);
  }

  /** Makes a tuple and a row a pair if they are one, and no pair if they are none. */
  #pair(left: Left, id: string, { row, step, output }: Pairing): void {
    const { alias } = this.#join.source;
    const isPair =
      row !== null &&
      evaluateCondition(this.#join.on, step.rows, new Map(left.tuple.scope).set(alias, row)) ===
        true;
    const old = left.pairs.get(id);
    if (isPair && old?.row === row) return;
    if (old) {
      left.pairs.delete(id);
      output.removed.push(old);
    }
    if (!isPair) return;
    const pair = new JoinedRow(alias, row, left.tuple);
    left.pairs.set(id, pair);
    output.added.push(pair);
  }

  #standAlone(left: Left, { removed, added }: Output): void {
    if (this.#join.kind === "inner") return;
    const isAlone = left.pairs.size === 0;
    if (isAlone && !left.alone) {
      left.alone = new JoinedRow(this.#join.source.alias, null, left.tuple);
      added.push(left.alone);
    } else if (!isAlone && left.alone) {
      removed.push(left.alone);
      left.alone = null;
    }
  }
}

interface Pairing {
  readonly row: Row | null;
  readonly step: Step;
  readonly output: Output;
}

/** Rather one with another source than one with a value, which most rows may hold. */
function equalityOf({ on, source }: TableJoin): Equality | undefined {
  const equalities = equalitiesOf(on, source.alias);
  return equalities.find(({ operand }) => operand.kind === "column") ?? equalities[0];
}
