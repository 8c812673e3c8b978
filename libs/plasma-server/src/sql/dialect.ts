/** What differs between databases, and nothing else. Everything above speaks through this. */

import type { ColumnKind, Value } from "@sh1n4ps/plasma-core";
import type { SqlFragment } from "./fragment.ts";

export interface SqlDialect {
  readonly name: "sqlite";
  columnType(kind: ColumnKind): string;
  /** A value that is not null, as it compares with columns. */
  value(value: NonNullable<Value>): SqlFragment;
  /** A subquery of one column with these values, however many: `x IN (…)`. */
  values(values: readonly Value[]): SqlFragment;
  /** A column's value in a form that every driver hands over unharmed. */
  read(column: SqlFragment, kind: ColumnKind): SqlFragment;
  /** `like` as plasma defines it; unknown for null. */
  like(operand: SqlFragment, pattern: string): SqlFragment;
  /** The elements of a JSON list given as one parameter, one element each. */
  jsonRows(json: string): SqlFragment;
  /** How many slots a cell takes in such an element, if that is a list of cells. */
  cellWidth(kind: ColumnKind): number;
  /** The typed value of the cell that starts at this slot of the element. */
  cell(slot: number, kind: ColumnKind): SqlFragment;
  /** What goes into the slots. */
  encodeCell(value: unknown, kind: ColumnKind): readonly (null | string | number | boolean)[];
}
