/**
 * The query AST: plain data, made by the builders, read by the evaluator (client) and the SQL compiler (server).
 *
 * Meaning, on every engine:
 * - Conditions are three-valued (true, false, null = unknown); a row is kept only when its condition is true.
 * - A comparison with null is unknown. `in` with an empty list is false.
 * - Text is compared by code point, false before true, bytes by byte, and null sorts before everything.
 * - A select is totally ordered: the id of the table is the last term of every ordering.
 * - `like`: `%` any run, `_` one code point, `\` takes the next character literally; ASCII case does matter.
 */

/** A value that a row can hold or a query can compare with. */
export type Value = null | string | number | bigint | boolean | Date | Uint8Array;

export type CompareOp = "eq" | "ne" | "gt" | "gte" | "lt" | "lte";

export interface ColumnOperand {
  readonly kind: "column";
  /** The alias of its table in this query, or `RULE_ROW` for the row that a rule is asked about. */
  readonly alias: string;
  readonly column: string;
}

export interface ValueOperand {
  readonly kind: "value";
  readonly value: Value;
}

export type Operand = ColumnOperand | ValueOperand;

export type Condition =
  | { readonly kind: "constant"; readonly value: boolean }
  | {
      readonly kind: "compare";
      readonly op: CompareOp;
      readonly left: Operand;
      readonly right: Operand;
    }
  | { readonly kind: "in"; readonly operand: Operand; readonly values: readonly Value[] }
  | { readonly kind: "isNull"; readonly operand: Operand }
  | { readonly kind: "like"; readonly operand: Operand; readonly pattern: string }
  | { readonly kind: "and"; readonly conditions: readonly Condition[] }
  | { readonly kind: "or"; readonly conditions: readonly Condition[] }
  | { readonly kind: "not"; readonly condition: Condition }
  | { readonly kind: "exists"; readonly query: SelectAst };

export interface OrderTerm {
  readonly operand: ColumnOperand;
  readonly direction: "asc" | "desc";
}

export interface TableSource {
  readonly table: string;
  readonly alias: string;
}

export interface SelectAst {
  readonly kind: "select";
  readonly from: TableSource;
  readonly where: Condition | null;
  readonly orderBy: readonly OrderTerm[];
  readonly limit: number | null;
  readonly offset: number;
}

export type WriteAst =
  | {
      readonly kind: "insert";
      readonly table: string;
      readonly rows: readonly Readonly<Record<string, unknown>>[];
    }
  | {
      readonly kind: "update";
      readonly table: string;
      readonly patch: Readonly<Record<string, unknown>>;
      readonly where: Condition | null;
    }
  | { readonly kind: "delete"; readonly table: string; readonly where: Condition | null };

/** The alias under which a rule's expression names the row it is asked about. No table can have it. */
export const RULE_ROW = "$row";

/** The tables that a condition looks into through its subqueries, at any depth. */
export function tablesOfCondition(
  condition: Condition | null,
  into = new Set<string>(),
): Set<string> {
  if (!condition) return into;
  switch (condition.kind) {
    case "and":
    case "or":
      for (const part of condition.conditions) tablesOfCondition(part, into);
      return into;
    case "not":
      return tablesOfCondition(condition.condition, into);
    case "exists":
      return tablesOfSelect(condition.query, into);
    case "constant":
    case "compare":
    case "in":
    case "isNull":
    case "like":
      return into;
  }
}

/** Every table that a query reads, its subqueries' included. */
export function tablesOfSelect(query: SelectAst, into = new Set<string>()): Set<string> {
  into.add(query.from.table);
  return tablesOfCondition(query.where, into);
}
