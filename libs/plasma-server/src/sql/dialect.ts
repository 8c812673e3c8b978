/** What differs between databases, and nothing else. Everything above speaks through this. */

import type { ColumnKind, Field, Value, ValueType } from "@sh1n4ps/plasma-core";
import type { SqlExecutor } from "./executor.ts";
import type { SqlFragment } from "./fragment.ts";

/**
 * What the database has against a statement, and would have again. `conflict`: it lost against another transaction,
 * and nothing of it happened.
 */
export type DatabaseRefusal = "conflict" | "unique" | "reference" | "constraint" | "too-large";

export interface SqlDialect {
  readonly name: SqlExecutor["dialect"];
  columnType(kind: ColumnKind): string;
  /** A value that is not null, as it compares with columns. */
  value(value: NonNullable<Value>): SqlFragment;
  /** A subquery of one column with these values, however many: `x IN (…)`. */
  values(values: readonly Value[]): SqlFragment;
  /** A column's value in a form that every driver hands over unharmed. */
  read(column: SqlFragment, kind: ColumnKind): SqlFragment;
  /** The same for what comes of a sum: one that did not fit arrives as an infinite number or as text of no number. */
  readSum(value: SqlFragment, type: ValueType): SqlFragment;
  /** True, false, or unknown. */
  truth(value: boolean | null): SqlFragment;
  /** `like` as plasma defines it; unknown for null. */
  like(
    operand: SqlFragment,
    match: { readonly pattern: string; readonly foldCase: boolean },
  ): SqlFragment;
  /** An aggregate of the values that are not null. A sum that does not fit its type is ±infinity, as it is in core. */
  aggregate(fn: "sum" | "avg" | "min" | "max", operand: SqlFragment, field: Field): SqlFragment;
  /** Whether the database failed because a sum was too large, before it could be made infinite. */
  isOverflow(error: unknown): boolean;
  /** Null: the statement has failed for another reason, and may have happened. */
  refusalOf(error: unknown): DatabaseRefusal | null;
  /** After FROM: the table, read by this index where the planner would choose worse. */
  byIndex(table: SqlFragment, index: string): SqlFragment;
  /** An inner join, to be followed by ON, that goes through its left side first if that can be told. */
  readonly joinInOrder: SqlFragment;
  /** A term of ORDER BY: null first when ascending, last when descending. */
  orderTerm(operand: SqlFragment, direction: "asc" | "desc", nullable: boolean): SqlFragment;
  /** The value in another form, so that the groups of a subquery are sorted whatever order the database finds them in. */
  resorted(operand: SqlFragment): SqlFragment;
  /** ` LIMIT … OFFSET …`, or nothing. */
  window(window: { readonly limit: number | null; readonly offset: number }): SqlFragment;
  /** Where a bound text can be too large: its most bytes, and how a cell is bound that has no room in a list. */
  readonly parameterLimit: {
    readonly bytes: number;
    largeCell(value: unknown, kind: ColumnKind): SqlFragment;
  } | null;
  /** The elements of a JSON list given as one parameter, one element each. */
  jsonRows(json: string): SqlFragment;
  /** How many slots a cell takes in such an element, if that is a list of cells. */
  cellWidth(kind: ColumnKind): number;
  /** The typed value of the cell that starts at this slot of the element. */
  cell(slot: number, kind: ColumnKind): SqlFragment;
  /** What goes into the slots. */
  encodeCell(value: unknown, kind: ColumnKind): readonly (null | string | number | boolean)[];
}
