/**
 * What operators hand to each other: tuples that left and tuples that came.
 *
 * 1. A delta is exact: a removed tuple is the very object that was added before, and no tuple is added while another
 *    one with its key is there. Removals are taken in first.
 * 2. A tuple never changes. What becomes of a row is another tuple with the same key.
 * 3. Each operator is asked once for each step, which is a whole change set: its delta is the net difference.
 * 4. At the first step there are no changes; a source then adds all of its rows. So a result is built in the same way
 *    in which it is kept up to date.
 */

import type { Candidate, Row, RowChange } from "@sh1n4ps/plasma-core";
import type { IndexedRows } from "../equality-indexes.ts";

/** One row of a result in the making: rows of the sources, or a group. */
export interface Tuple extends Candidate {
  /** No two tuples of one operator have it in common. */
  readonly key: string;
  /** The row of the result, once it was asked for. */
  shown: Row | undefined;
}

export interface Delta<T extends Tuple = Tuple> {
  readonly removed: readonly T[];
  readonly added: readonly T[];
}

export interface Step {
  /** As they are after the changes. */
  readonly rows: IndexedRows;
  /** One for a row at most. */
  readonly changes: ReadonlyMap<string, readonly RowChange[]>;
}

export interface Operator<T extends Tuple = Tuple> {
  next(step: Step): Delta<T>;
}

export const NO_CHANGES: Step["changes"] = new Map();

export function changesByTable(changes: readonly RowChange[]): Step["changes"] {
  const byTable = new Map<string, RowChange[]>();
  for (const change of changes) {
    const own = byTable.get(change.table);
    if (own) own.push(change);
    else byTable.set(change.table, [change]);
  }
  return byTable;
}
