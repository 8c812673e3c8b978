/**
 * Keeps the result of any select up to date by operators (`operators/`): what comes out of one goes into the next, and
 * a change costs what it changes on the way.
 */

import { analyzeSelect } from "@sh1n4ps/plasma-core";
import type { Row, RowChange, SelectAst } from "@sh1n4ps/plasma-core";
import type { Rows } from "../replica/rows.ts";
import type { IndexedRows } from "./equality-indexes.ts";
import { changesByTable, NO_CHANGES } from "./operators/delta.ts";
import { OrderedWindow } from "./operators/ordered-window.ts";
import { selectOperators } from "./operators/select-operators.ts";

export interface HydrateOptions {
  /** The rows of the first table from which to start, all that belong to the result among them. */
  readonly first: Rows;
  /** An earlier result, whose objects stay where they look the same. */
  readonly old: readonly Row[];
}

export class SelectPipeline {
  readonly #ast: SelectAst;
  #window: OrderedWindow | undefined;

  constructor(ast: SelectAst) {
    this.#ast = ast;
  }

  /** @throws what the evaluation throws. */
  hydrate(rows: IndexedRows, { first, old }: HydrateOptions): readonly Row[] {
    const { schema } = rows;
    const operators = selectOperators(schema, this.#ast, first);
    this.#window = new OrderedWindow(operators, analyzeSelect(schema, this.#ast));
    return this.#window.firstRows({ rows, changes: NO_CHANGES }, old);
  }

  /** The result after a change set. @throws what the evaluation throws; it has to be hydrated again then. */
  apply(changes: readonly RowChange[], rows: IndexedRows): readonly Row[] | undefined {
    return this.#window?.nextRows({ rows, changes: changesByTable(changes) });
  }
}
