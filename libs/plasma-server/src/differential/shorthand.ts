/** Queries as data, written briefly: what the generators use, and what a printed case is made of. */

import { tableQuery } from "@sh1n4ps/plasma-core";
import type {
  AggregateFunction,
  AggregateOperand,
  ColumnOperand,
  CompareOp,
  Condition,
  Join,
  Operand,
  OrderTerm,
  ProjectionField,
  RelatedAst,
  RelationalAst,
  SelectAst,
  Source,
  Value,
} from "@sh1n4ps/plasma-core";

export type SelectParts = Partial<Omit<SelectAst, "kind">> & { readonly from: Source };

export function select({ from: source, ...parts }: SelectParts): SelectAst {
  return tableQuery(source, parts);
}

export const from = (table: string, alias = table): Source => ({ kind: "table", table, alias });
export const sub = (query: SelectAst, alias: string): Source => ({
  kind: "subquery",
  query,
  alias,
});

export const join = (kind: Join["kind"], source: Source, on: Condition): Join => ({
  kind,
  source,
  on,
});

/** `col("t.title")` */
export function col(path: string): ColumnOperand {
  const dot = path.indexOf(".");
  return { kind: "column", alias: path.slice(0, dot), column: path.slice(dot + 1) };
}

export const val = (value: Value): Operand => ({ kind: "value", value });

export function agg(
  fn: AggregateFunction,
  operand: ColumnOperand | null = null,
  distinct: "distinct" | null = null,
): AggregateOperand {
  return { kind: "aggregate", fn, distinct: distinct !== null, operand };
}

export const field = (
  name: string,
  operand: ColumnOperand | AggregateOperand,
): ProjectionField => ({
  kind: "value",
  name,
  operand,
});
export const rowField = (name: string, alias: string): ProjectionField => ({
  kind: "row",
  name,
  alias,
});

export const always = (value: boolean): Condition => ({ kind: "constant", value });
export const cmp = (op: CompareOp, left: Operand, right: Operand): Condition => ({
  kind: "compare",
  op,
  left,
  right,
});
export const within = (operand: Operand, values: readonly Value[]): Condition => ({
  kind: "in",
  operand,
  values,
});
export const isNull = (operand: Operand): Condition => ({ kind: "isNull", operand });
export const like = (operand: Operand, pattern: string): Condition => ({
  kind: "like",
  operand,
  pattern,
  foldCase: false,
});
export const ilike = (operand: Operand, pattern: string): Condition => ({
  kind: "like",
  operand,
  pattern,
  foldCase: true,
});
export const and = (...conditions: readonly Condition[]): Condition => ({
  kind: "and",
  conditions,
});
export const or = (...conditions: readonly Condition[]): Condition => ({ kind: "or", conditions });
export const not = (condition: Condition): Condition => ({ kind: "not", condition });
export const exists = (query: SelectAst): Condition => ({ kind: "exists", query });

export const asc = (operand: ColumnOperand | AggregateOperand): OrderTerm => ({
  operand,
  direction: "asc",
});
export const desc = (operand: ColumnOperand | AggregateOperand): OrderTerm => ({
  operand,
  direction: "desc",
});

export const relational = (
  query: SelectAst,
  related: readonly RelatedAst[] = [],
): RelationalAst => ({ kind: "relational", query, with: related });
