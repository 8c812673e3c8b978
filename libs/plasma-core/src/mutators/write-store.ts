/** The seam under a write: one side's rows, as `executeWrite` needs them. */

import type { SelectAst } from "../query/ast.ts";
import type { Row, TableInfo } from "../schema/table.ts";

/** A row before and after a write: insert has no before, delete no after. */
export interface RowChange {
  readonly table: string;
  readonly id: string;
  readonly before: Row | null;
  readonly after: Row | null;
}

/** One side's rows, as a write needs them. Later calls see what earlier calls put. */
export interface WriteStore {
  /** The rows that the writer may read and that meet the query. */
  select(query: SelectAst): Promise<Row[]>;
  /** The row as it is now, whoever may read it: an id is taken or it is not. */
  get(table: string, id: string): Promise<Row | undefined>;
  /** All rows that refer to `id` through this column, whoever may read them. */
  referencing(table: string, column: string, id: string): Promise<Row[]>;
  /** Throws `PlasmaAuthorizationError` unless the person may make every one of these changes. None of them is applied yet. */
  authorize(table: TableInfo, changes: readonly RowChange[]): Promise<void>;
  apply(change: RowChange): void;
}
