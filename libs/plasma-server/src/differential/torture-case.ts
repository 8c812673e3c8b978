/** One hard value and the answer that every engine has to give; the words that such cases are written in. */

import type { Condition, QueryAst, Row, SelectAst } from "@sh1n4ps/plasma-core";
import * as q from "./shorthand.ts";
import type { ColumnSpec, World } from "./world.ts";

export interface TortureCase {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly query: QueryAst;
  /** The ids found in order, the values found, or the code of an error. */
  readonly expected:
    | { readonly ids: readonly string[] }
    | { readonly values: readonly unknown[] }
    | { readonly error: string };
}

const COLUMNS: Readonly<Record<string, ColumnSpec>> = {
  text: { kind: "text", nullable: true },
  int: { kind: "int", nullable: true },
  big: { kind: "bigint", nullable: true },
  real: { kind: "real", nullable: true },
  flag: { kind: "boolean", nullable: true },
  at: { kind: "timestamp", nullable: true },
  bytes: { kind: "blob", nullable: true },
  doc: { kind: "json", nullable: true },
};

export function tortureWorld(rows: readonly Row[]): World {
  return { v: { columns: COLUMNS, rows } };
}

export const text = q.col("v.text");
export const int = q.col("v.int");
export const big = q.col("v.big");
export const real = q.col("v.real");
export const flag = q.col("v.flag");
export const at = q.col("v.at");
export const bytes = q.col("v.bytes");

/** Rows that are called 1, 2, … and hold one value each. */
export function rowsOf(column: string, values: readonly unknown[]): Row[] {
  return values.map((value, index) => ({ id: String(index + 1), [column]: value }));
}

export function over(parts: Partial<SelectAst>): SelectAst {
  return q.select({ from: q.from("v"), ...parts });
}

export function where(
  name: string,
  rows: readonly Row[],
  condition: Condition,
  ids: string[],
): TortureCase {
  return { name, rows, query: over({ where: condition }), expected: { ids } };
}

/** A query for one value a row, called `value`. */
export function value(
  operand: Parameters<typeof q.field>[1],
  parts: Partial<SelectAst> = {},
): SelectAst {
  return over({ projection: [q.field("value", operand)], ...parts });
}

export const flags = rowsOf("flag", [true, false, null]);
