/**
 * The query AST: plain data, made by the builders, read by the evaluator (client) and the SQL compiler (server).
 *
 * Meaning, on every engine:
 * - Conditions are three-valued (true, false, null = unknown); a row is kept only when its condition is true.
 * - A comparison with null is unknown. `in` with an empty list is false; `x in (…, null)` is true or unknown.
 * - Text is compared by code point, false before true, bytes by byte, and null sorts before everything.
 * - A result is totally ordered. The written terms come first; ties are broken by the ids of the tables in the order
 *   of the query, by the group's columns when it groups, and by all output columns when it is distinct. A subquery in
 *   FROM stands there with what tells its rows apart, or else with all of its columns.
 * - `like`: `%` any run, `_` one code point, `\` takes the next character literally; case matters. `ilike` folds the
 *   letters A to Z, and nothing else.
 * - Aggregates skip nulls. `count` is an integer; `sum` is exact for int (up to 2^53) and bigint (64 bits); `avg` is the
 *   total divided as a double; `sum`, `avg`, `min` and `max` of nothing are null. A sum that does not fit its type is
 *   more (or less) than every value that does, wherever it is compared or sorted; in a result it is the typed error
 *   `overflow`. A sum of reals does not depend on the order of its terms: it is taken in whole steps of 2^-140 (7e-43),
 *   and reals from 2^100 (1.3e30) up do not fit into one (`real-total.ts`).
 * - A group by null is a group like any other. Without `groupBy` an aggregate query has exactly one row.
 */

/** A value that a row can hold or a query can compare with. */
export type Value = null | string | number | bigint | boolean | Date | Uint8Array;

export type CompareOp = "eq" | "ne" | "gt" | "gte" | "lt" | "lte";

export interface ColumnOperand {
  readonly kind: "column";
  /** The alias of its source in this query or an outer one, or `RULE_ROW` for the row that a rule is asked about. */
  readonly alias: string;
  readonly column: string;
}

export interface ValueOperand {
  readonly kind: "value";
  readonly value: Value;
}

export type AggregateFunction = "count" | "sum" | "avg" | "min" | "max";

/** Over the rows of a group. Only in projections, `having` and `orderBy`. */
export interface AggregateOperand {
  readonly kind: "aggregate";
  readonly fn: AggregateFunction;
  readonly distinct: boolean;
  /** Null counts rows: `count()`. */
  readonly operand: ColumnOperand | null;
}

export type Operand = ColumnOperand | ValueOperand | AggregateOperand;

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
  | {
      readonly kind: "like";
      readonly operand: Operand;
      readonly pattern: string;
      readonly foldCase: boolean;
    }
  | { readonly kind: "and"; readonly conditions: readonly Condition[] }
  | { readonly kind: "or"; readonly conditions: readonly Condition[] }
  | { readonly kind: "not"; readonly condition: Condition }
  | { readonly kind: "exists"; readonly query: SelectAst };

export interface OrderTerm {
  readonly operand: ColumnOperand | AggregateOperand;
  readonly direction: "asc" | "desc";
}

export type Source =
  | { readonly kind: "table"; readonly table: string; readonly alias: string }
  | { readonly kind: "subquery"; readonly query: SelectAst; readonly alias: string };

export interface Join {
  readonly kind: "inner" | "left";
  readonly source: Source;
  readonly on: Condition;
}

/** One output of a projection: a value, or the whole row of a source (null where a left join found none). */
export type ProjectionField =
  | {
      readonly kind: "value";
      readonly name: string;
      readonly operand: ColumnOperand | AggregateOperand;
    }
  | { readonly kind: "row"; readonly name: string; readonly alias: string };

export interface SelectAst {
  readonly kind: "select";
  readonly from: Source;
  readonly joins: readonly Join[];
  /** Null: the row of the only source; with joins `{ alias: row }`. */
  readonly projection: readonly ProjectionField[] | null;
  readonly distinct: boolean;
  readonly where: Condition | null;
  readonly groupBy: readonly ColumnOperand[];
  readonly having: Condition | null;
  readonly orderBy: readonly OrderTerm[];
  readonly limit: number | null;
  readonly offset: number;
}
