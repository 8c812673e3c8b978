/**
 * The evaluator: what a query means, as plainly as it can be said. The client runs queries with it, and SQL is
 * held against it.
 */

import { PlasmaError } from "../errors.ts";
import type { Row } from "../schema/table.ts";
import type { Condition, Operand, SelectAst, Value } from "./ast.ts";
import { compareForSort, compareText, compareValues } from "./compare.ts";
import { matcherOf, valueSetOf } from "./prepared.ts";
import { notInScope } from "./scope.ts";

/** Three-valued logic: null is "unknown". */
export type Truth = boolean | null;

/** The rows in sight, by alias. Inner queries see the outer ones. */
export type Scope = ReadonlyMap<string, Row>;

/** Where rows come from. */
export interface RowSource {
  rows(table: string): Iterable<Row>;
}

export interface ConditionOptions {
  /**
   * Answers `exists` in place of the evaluator. A client that holds only a part of the rows uses it to say
   * "unknown" where the server may know more.
   */
  readonly exists?: (query: SelectAst, scope: Scope) => Truth;
}

const EMPTY_SCOPE: Scope = new Map();

/** The rows of a query, in order. */
export function evaluateSelect(
  query: SelectAst,
  source: RowSource,
  outer: Scope = EMPTY_SCOPE,
): Row[] {
  const rows = matchingRows(query, source, outer);
  rows.sort((left, right) => compareRows(query, left, right));
  const end = query.limit === null ? undefined : query.offset + query.limit;
  return query.offset === 0 && end === undefined ? rows : rows.slice(query.offset, end);
}

/** The order of two rows in a query: its terms, then the id. */
export function compareRows(query: SelectAst, left: Row, right: Row): number {
  for (const { operand, direction } of query.orderBy) {
    const order = compareForSort(left[operand.column] as Value, right[operand.column] as Value);
    if (order !== 0) return direction === "asc" ? order : -order;
  }
  return compareText(left["id"] as string, right["id"] as string);
}

function matchingRows(query: SelectAst, source: RowSource, outer: Scope): Row[] {
  const rows = source.rows(query.from.table);
  if (query.where === null) return [...rows];
  const found: Row[] = [];
  // One scope for all rows: a map for each would cost more than most conditions.
  const scope = new Map(outer);
  for (const row of rows) {
    scope.set(query.from.alias, row);
    if (evaluateCondition(query.where, source, scope) === true) found.push(row);
  }
  return found;
}

/** Whether a row of the query's table meets its condition. */
export function rowMatches(
  query: SelectAst,
  row: Row,
  source: RowSource,
  outer: Scope = EMPTY_SCOPE,
): boolean {
  if (query.where === null) return true;
  const scope = new Map(outer).set(query.from.alias, row);
  return evaluateCondition(query.where, source, scope) === true;
}

export function evaluateCondition(
  condition: Condition,
  source: RowSource,
  scope: Scope,
  options: ConditionOptions = {},
): Truth {
  switch (condition.kind) {
    case "constant":
      return condition.value;
    case "compare": {
      const left = resolve(condition.left, scope);
      const right = resolve(condition.right, scope);
      if (left === null || right === null) return null;
      const order = compareValues(left, right);
      switch (condition.op) {
        case "eq":
          return order === 0;
        case "ne":
          return order !== 0;
        case "gt":
          return order > 0;
        case "gte":
          return order >= 0;
        case "lt":
          return order < 0;
        case "lte":
          return order <= 0;
      }
    }
    // eslint-disable-next-line no-fallthrough -- every operator above returns
    case "in": {
      if (condition.values.length === 0) return false;
      const value = resolve(condition.operand, scope);
      if (value === null) return null;
      const set = valueSetOf(condition);
      if (set && set.type === typeof value) return set.values.has(value);
      let unknown = false;
      for (const candidate of condition.values) {
        if (candidate === null) unknown = true;
        else if (compareValues(value, candidate) === 0) return true;
      }
      return unknown ? null : false;
    }
    case "isNull":
      return resolve(condition.operand, scope) === null;
    case "like": {
      const value = resolve(condition.operand, scope);
      if (value === null) return null;
      if (typeof value !== "string")
        throw new PlasmaError("type-mismatch", "like() needs a text column.");
      return matcherOf(condition)(value);
    }
    case "and": {
      let result: Truth = true;
      for (const part of condition.conditions) {
        const truth = evaluateCondition(part, source, scope, options);
        if (truth === false) return false;
        if (truth === null) result = null;
      }
      return result;
    }
    case "or": {
      let result: Truth = false;
      for (const part of condition.conditions) {
        const truth = evaluateCondition(part, source, scope, options);
        if (truth === true) return true;
        if (truth === null) result = null;
      }
      return result;
    }
    case "not": {
      const truth = evaluateCondition(condition.condition, source, scope, options);
      return truth === null ? null : !truth;
    }
    case "exists":
      if (options.exists) return options.exists(condition.query, scope);
      return hasRow(condition.query, source, scope);
  }
}

/** Whether a query has any row at all. */
export function hasRow(query: SelectAst, source: RowSource, outer: Scope): boolean {
  if (query.limit === 0) return false;
  let toSkip = query.offset;
  const scope = new Map(outer);
  for (const row of source.rows(query.from.table)) {
    scope.set(query.from.alias, row);
    if (query.where !== null && evaluateCondition(query.where, source, scope) !== true) continue;
    if (toSkip-- === 0) return true;
  }
  return false;
}

function resolve(operand: Operand, scope: Scope): Value {
  if (operand.kind === "value") return operand.value;
  const row = scope.get(operand.alias);
  if (!row) throw notInScope(operand.alias);
  const value = row[operand.column];
  return value === undefined ? null : (value as Value);
}
