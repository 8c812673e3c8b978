/** The query operators: functions that make conditions out of columns, values and each other. */

import { PlasmaDefinitionError } from "../errors.ts";
import { describeValue } from "../schema/value.ts";
import type { CompareOp, Condition, OrderTerm, SelectAst, Value } from "./ast.ts";
import { asBuilt, isBuilt } from "./built.ts";
import { normalizePattern } from "./like.ts";
import {
  comparableValue,
  expressionOperand,
  isExpression,
  operand,
  requireComparable,
  requireOrdered,
  requireText,
} from "./operand.ts";
import type { AnyExpression, Expression } from "./operand.ts";

/** What an expression can be compared with: another one, or a value of its type. */
type Comparable<T> =
  Expression<T> | Expression<T | null> | Expression<NonNullable<T>> | NonNullable<T>;

function compare(op: CompareOp, left: unknown, right: unknown): Condition {
  requireComparable(left, right);
  return asBuilt({ kind: "compare", op, left: operand(left), right: operand(right) });
}

export const eq = <T extends Value>(left: Expression<T>, right: Comparable<T>): Condition =>
  compare("eq", left, right);
export const ne = <T extends Value>(left: Expression<T>, right: Comparable<T>): Condition =>
  compare("ne", left, right);
export const gt = <T extends Value>(left: Expression<T>, right: Comparable<T>): Condition =>
  compare("gt", left, right);
export const gte = <T extends Value>(left: Expression<T>, right: Comparable<T>): Condition =>
  compare("gte", left, right);
export const lt = <T extends Value>(left: Expression<T>, right: Comparable<T>): Condition =>
  compare("lt", left, right);
export const lte = <T extends Value>(left: Expression<T>, right: Comparable<T>): Condition =>
  compare("lte", left, right);

/** `low <= expression <= high`, both ends included. */
export function between<T extends Value>(
  expression: Expression<T>,
  low: Comparable<T>,
  high: Comparable<T>,
): Condition {
  return and(compare("gte", expression, low), compare("lte", expression, high));
}

/** True when all parts are; `undefined` parts are left out, so that filters can be optional. Without parts it is true. */
export function and(...parts: readonly (Condition | undefined)[]): Condition {
  return asBuilt({ kind: "and", conditions: givenParts("and", parts) });
}

/** True when any part is; `undefined` parts are left out. Without parts it is false. */
export function or(...parts: readonly (Condition | undefined)[]): Condition {
  return asBuilt({ kind: "or", conditions: givenParts("or", parts) });
}

export function not(condition: Condition): Condition {
  return asBuilt({ kind: "not", condition: requireCondition("not", condition) });
}

/** True when the column's value is in the list. With an empty list it is false, also for null. */
export function inArray<T>(
  column: Expression<T>,
  values: readonly NoInfer<NonNullable<T>>[],
): Condition {
  if (!Array.isArray(values)) {
    throw new PlasmaDefinitionError(
      'inArray() takes its values as an array: inArray(todos.size, ["s", "m"]).',
    );
  }
  for (const value of values) requireComparable(column, value);
  return asBuilt({
    kind: "in",
    operand: operand(column),
    values: Array.from(values, comparableValue),
  });
}

/** The negation of `inArray`: a null column is unknown, so its row is not kept (unless the list is empty). */
export function notInArray<T>(
  column: Expression<T>,
  values: readonly NoInfer<NonNullable<T>>[],
): Condition {
  return not(inArray(column, values));
}

export function isNull(column: AnyExpression): Condition {
  return asBuilt({ kind: "isNull", operand: operand(column) });
}

export function isNotNull(column: AnyExpression): Condition {
  return not(isNull(column));
}

/**
 * `%` matches any run of characters, `_` exactly one; a backslash takes the next character literally. Upper and lower
 * case differ. Put what a person typed through `escapeLike()`.
 */
export function like(column: TextExpression, pattern: string): Condition {
  return matching("like", column, pattern);
}

/** `like` that takes A to Z for a to z. Other letters keep their case, on every engine. */
export function ilike(column: TextExpression, pattern: string): Condition {
  return matching("ilike", column, pattern);
}

type TextExpression = Expression<string> | Expression<string | null>;

function matching(name: "like" | "ilike", column: TextExpression, pattern: string): Condition {
  if (typeof pattern !== "string") {
    throw new PlasmaDefinitionError(
      `${name}() takes its pattern as a string: ${name}(todos.title, "a%").`,
    );
  }
  requireText(column);
  comparableValue(pattern);
  return asBuilt({
    kind: "like",
    operand: operand(column),
    pattern: normalizePattern(pattern),
    foldCase: name === "ilike",
  });
}

/** True when the query has a row. Columns of the outer query may be used inside. */
export function exists(query: { readonly ast: SelectAst }): Condition {
  return asBuilt({ kind: "exists", query: requireSelect("exists", query) });
}

/** The AST of a select that is given to another query. */
export function requireSelect(where: string, query: unknown): SelectAst {
  if (isSelect(query)) return query.ast;
  throw new PlasmaDefinitionError(
    `${where}() takes a query: select().from(todos). It was given ${describeValue(query)}.`,
  );
}

/** Null first. */
export function asc(expression: AnyExpression): OrderTerm {
  return term("asc", expression);
}

/** Null last. */
export function desc(expression: AnyExpression): OrderTerm {
  return term("desc", expression);
}

function term(direction: OrderTerm["direction"], expression: AnyExpression): OrderTerm {
  return asBuilt({ operand: expressionOperand(requireOrdered(expression)), direction });
}

function isSelect(query: unknown): query is { readonly ast: SelectAst } {
  return isBuilt(query) && "ast" in query;
}

/** What `orderBy` was given, as a term: an expression by itself is ascending. */
export function orderTerm(given: unknown): OrderTerm {
  if (isExpression(given)) return asc(given);
  if (isBuilt(given) && "direction" in given) return given as OrderTerm;
  throw new PlasmaDefinitionError(
    `orderBy() takes columns, asc(column) and desc(column), but was given ${describeValue(given)}.`,
  );
}

/** Whether one of the operators has made this. */
export function isCondition(candidate: unknown): candidate is Condition {
  return isBuilt(candidate) && "kind" in candidate;
}

/**
 * A condition that was put together as data, taken for one of the operators' own: for generators and tools. Never give
 * it what comes from outside.
 */
export function conditionFromAst(condition: Condition): Condition {
  return asBuilt({ ...condition });
}

/** The condition, or an error: `a && eq(…)` gives `false`, which must not pass for "no condition". */
export function requireCondition(where: string, candidate: unknown): Condition {
  if (isCondition(candidate)) return candidate;
  if (candidate === undefined) {
    throw new PlasmaDefinitionError(
      `${where}() needs a condition here, such as eq(todos.id, id), but was given undefined.`,
    );
  }
  if (isSelect(candidate)) {
    throw new PlasmaDefinitionError(
      `${where}() takes conditions, but was given a query. Ask whether it has rows: exists(query).`,
    );
  }
  throw new PlasmaDefinitionError(
    `${where}() takes conditions, but was given ${describeValue(candidate)}. Join conditions with and() and or(), not with && and ||; to leave one out, give undefined.`,
  );
}

function givenParts(where: string, parts: readonly unknown[]): Condition[] {
  return parts.filter((part) => part !== undefined).map((part) => requireCondition(where, part));
}
