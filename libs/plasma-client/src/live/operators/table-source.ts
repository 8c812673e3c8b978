/** The rows of a query's first table that meet what the query demands of them alone. */

import { evaluateCondition } from "@sh1n4ps/plasma-core";
import type { Condition, Row } from "@sh1n4ps/plasma-core";
import type { Rows } from "../../replica/rows.ts";
import type { Delta, Operator, Step } from "./delta.ts";
import { JoinedRow } from "./joined-row.ts";

export interface TableSourceOptions {
  readonly table: string;
  readonly alias: string;
  /** Without subqueries, and about this source only. */
  readonly condition: Condition | null;
  /** Fewer rows to start from, all that the condition can be true of among them. */
  readonly first: Rows;
}

/** A change that is told twice, or that was in the rows at the first step already, is taken in once. */
export class TableSource implements Operator<JoinedRow> {
  readonly #options: TableSourceOptions;
  #held: Map<string, JoinedRow> | undefined;

  constructor(options: TableSourceOptions) {
    this.#options = options;
  }

  next(step: Step): Delta<JoinedRow> {
    const { table, alias, first } = this.#options;
    const removed: JoinedRow[] = [];
    const added: JoinedRow[] = [];
    const matches = this.#matcher(step);
    const add = (row: Row) => {
      const id = row["id"] as string;
      const tuple = new JoinedRow(alias, row, id);
      this.#held?.set(id, tuple);
      added.push(tuple);
    };
    if (!this.#held) {
      this.#held = new Map();
      for (const row of first.rows(table)) if (matches(row)) add(row);
      return { removed, added };
    }
    for (const { id, after } of step.changes.get(table) ?? []) {
      const old = this.#held.get(id);
      if (old && old.row === after) continue;
      if (old) removed.push(old);
      this.#held.delete(id);
      if (after && matches(after)) add(after);
    }
    return { removed, added };
  }

  #matcher({ rows }: Step): (row: Row) => boolean {
    const { alias, condition } = this.#options;
    if (!condition) return () => true;
    // One scope for all rows: a map for each would cost more than most conditions.
    const scope = new Map<string, Row>();
    return (row) => evaluateCondition(condition, rows, scope.set(alias, row)) === true;
  }
}
