/** The seam between what a write means (`execute-write.ts`) and the side that keeps the rows. */

import type { Condition, SelectAst, Value } from "../query/ast.ts";
import { valueKey } from "../query/compare.ts";
import { tableQuery } from "../query/select.ts";
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
  /** All rows that have one of these values in this column, whoever may read them: a value is taken or it is not. */
  rowsWith(table: string, column: string, values: readonly NonNullable<Value>[]): Promise<Row[]>;
  /**
   * The same, for an insert that fails if there are any. A store whose commit refuses values that are taken may leave out
   * the rows that it would have to read.
   */
  takenBy?(table: string, column: string, values: readonly NonNullable<Value>[]): Promise<Row[]>;
  /** Throws `PlasmaAuthorizationError` unless the person may make every one of these changes. None of them is applied yet. */
  authorize(table: TableInfo, changes: readonly RowChange[]): Promise<void>;
  /**
   * What becomes of rows that somebody else has changed meanwhile (`resolveConflict`): the same changes, or others in
   * their places. Only the server's store knows.
   */
  resolve?(table: TableInfo, changes: readonly RowChange[]): Promise<readonly RowChange[]>;
  apply(change: RowChange): void;
}

/** The rows of a table that the writer may read and that meet the condition, by id. */
export function readableRows(
  store: WriteStore,
  { name }: TableInfo,
  where: Condition | null,
): Promise<Row[]> {
  return store.select(tableQuery({ kind: "table", table: name, alias: name }, { where }));
}

/** Those of these rows that the writer may read, as they are now. */
export function readableOf(
  store: WriteStore,
  table: TableInfo,
  ids: readonly string[],
): Promise<Row[]> {
  const operand = { kind: "column", alias: table.name, column: "id" } as const;
  return readableRows(store, table, { kind: "in", operand, values: ids });
}

/** `rowsWith` for rows in memory. */
export function filterRowsWith(
  rows: Iterable<Row>,
  column: string,
  values: readonly NonNullable<Value>[],
): Row[] {
  const keys = new Set(values.map(valueKey));
  return [...rows].filter((row) => keys.has(valueKey(row[column] as Value)));
}
