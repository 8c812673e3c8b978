/**
 * How complex a query may be: what every engine can run, so that none of them refuses what another one takes. D1 sets
 * the limits: statements of 100 KB, and expressions of depth 100, to which it adds the depth of each subquery inside
 * once more. What the engine puts around a query (rules, overlays) needs some of either.
 */

import { PlasmaError } from "../errors.ts";
import type { Condition, Operand, SelectAst } from "./ast.ts";
import { aggregatesOf, operandsOfCondition, sourcesOf, walkCondition } from "./walk.ts";

export const MAX_DEPTH = 70;
export const MAX_CONDITIONS = 500;
/** A total takes as much of a statement as so many conditions. */
const CONDITIONS_OF_A_TOTAL = 16;
/** SQLite joins 64 tables at most. */
export const MAX_SOURCES = 64;
/** How deep subqueries in FROM may be nested. */
export const MAX_SUBQUERIES = 20;
/** Of outputs, groups and order terms: D1 takes 100 of each. */
export const MAX_TERMS = 100;

/** @throws PlasmaError `query-too-complex` */
export function checkDepth(condition: Condition): void {
  const { height, inside } = measure(condition, { depth: 0, nested: false });
  if (height + inside <= MAX_DEPTH) return;
  throw new PlasmaError(
    "query-too-complex",
    "A condition is nested too deep. Flatten its and() and or(), or split the query.",
  );
}

/** @throws PlasmaError `query-too-complex` */
export function checkSize(query: SelectAst): void {
  const count = conditionsOf(query);
  if (count <= MAX_CONDITIONS) return;
  throw new PlasmaError(
    "query-too-complex",
    `A query has ${count} conditions, and ${MAX_CONDITIONS} at most (a sum or an average counts as ${CONDITIONS_OF_A_TOTAL}). Use inArray() for lists of values, or split the query.`,
  );
}

/**
 * What each select of a query is held to.
 *
 * @throws PlasmaError `query-too-complex`
 */
export function checkWidth({ ast, outputs, order }: Wide): void {
  const widths: readonly [count: number, most: number, what: string][] = [
    [sourcesOf(ast).length, MAX_SOURCES, "tables in one join"],
    [outputs.length, MAX_TERMS, "columns in its result"],
    [ast.groupBy.length, MAX_TERMS, "columns in groupBy()"],
    [order.length, MAX_TERMS, "terms in its order, the ids of its tables included"],
  ];
  for (const [count, most, what] of widths) {
    if (count <= most) continue;
    throw new PlasmaError(
      "query-too-complex",
      `A query has ${count} ${what}, and ${most} at most. Name the columns that you need, or split the query.`,
    );
  }
}

interface Wide {
  readonly ast: SelectAst;
  readonly outputs: readonly unknown[];
  readonly order: readonly unknown[];
}

/** @throws PlasmaError `query-too-complex` for subqueries in FROM that are nested too deep. */
export function checkNesting({ from }: SelectAst): void {
  let source = from;
  for (let depth = 0; source.kind === "subquery"; depth++) {
    if (depth === MAX_SUBQUERIES) {
      throw new PlasmaError(
        "query-too-complex",
        `A query starts from subqueries in subqueries, and ${MAX_SUBQUERIES} of them at most. Split the query.`,
      );
    }
    source = source.query.from;
  }
}

interface Measure {
  /** Of the condition as an expression, its subqueries included. */
  readonly height: number;
  /** What the subqueries in it add to that, each with what is in it. */
  readonly inside: number;
}

interface Place {
  readonly depth: number;
  /** In a subquery, where D1 counts `and` and `or` twice. */
  readonly nested: boolean;
}

const SHORT_PATTERN = 12;
const TOO_DEEP: Measure = { height: Infinity, inside: 0 };

/** The numbers of the parts were found by trying, and rounded up. */
function measure(condition: Condition, { depth, nested }: Place): Measure {
  // However deep it is, it is not followed further than that.
  if (depth > MAX_DEPTH) return TOO_DEEP;
  const below = (part: Condition) => measure(part, { depth: depth + 1, nested });
  switch (condition.kind) {
    case "constant":
      return { height: 1, inside: 0 };
    case "isNull":
    case "compare":
      return { height: operandsOfCondition(condition).some(isAggregate) ? 15 : 3, inside: 0 };
    case "in":
      return { height: 7, inside: 7 };
    case "like":
      // On D1 a short one is an operator, and a longer one a search.
      if (condition.pattern.length <= SHORT_PATTERN) return { height: 4, inside: 0 };
      return { height: 10, inside: 20 };
    case "not": {
      const { height, inside } = below(condition.condition);
      return { height: height + 1, inside };
    }
    case "exists": {
      const parts = conditionsIn(condition.query).map((part) =>
        measure(part, { depth: depth + 1, nested: true }),
      );
      return {
        height: 1 + Math.max(1, ...parts.map(({ height }) => height)),
        inside: Math.max(1, ...parts.map(({ height, inside }) => height + inside)),
      };
    }
    case "and":
    case "or": {
      const parts = condition.conditions.map(below);
      // They become a balanced tree.
      const levels = Math.ceil(Math.log2(Math.max(1, parts.length)));
      return {
        height: levels * (nested ? 2 : 1) + Math.max(1, ...parts.map(({ height }) => height)),
        inside: Math.max(0, ...parts.map(({ inside }) => inside)),
      };
    }
  }
}

function isAggregate({ kind }: Operand): boolean {
  return kind === "aggregate";
}

function conditionsOf(query: SelectAst): number {
  let count =
    aggregatesOf(query).filter(({ fn }) => fn === "sum" || fn === "avg").length *
    CONDITIONS_OF_A_TOTAL;
  for (const source of sourcesOf(query)) {
    if (source.kind === "subquery") count += conditionsOf(source.query);
  }
  for (const condition of conditionsIn(query)) {
    walkCondition(condition, (part) => {
      count++;
      if (part.kind === "exists") count += conditionsOf(part.query);
    });
  }
  return count;
}

function conditionsIn({ joins, where, having }: SelectAst): Condition[] {
  return [...joins.map(({ on }) => on), where, having].filter((condition) => condition !== null);
}
