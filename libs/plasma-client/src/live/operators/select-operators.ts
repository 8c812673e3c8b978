/**
 * Puts the operators of a select together, in the order in which the evaluator goes through its steps: sources and
 * joins → where → groups → having → distinct. (Order and window stand at the end of the query only.)
 *
 * Each part of `where` stands as early as the sources that it is about allow. That changes no result: joins never
 * take away or change what an earlier source gave.
 */

import {
  aggregatesOf,
  analyzeSelect,
  conjunctsOf,
  needsGroups,
  operandsOfCondition,
  outerColumnsOfCondition,
  sourcesOf,
  tablesOfCondition,
} from "@sh1n4ps/plasma-core";
import type { Condition, Join, Schema, SelectAst } from "@sh1n4ps/plasma-core";
import type { Rows } from "../../replica/rows.ts";
import type { Operator, Tuple } from "./delta.ts";
import { DistinctOperator } from "./distinct.ts";
import { filterOperator } from "./filter.ts";
import { GroupOperator } from "./group.ts";
import { JoinOperator } from "./join.ts";
import type { TableJoin } from "./join.ts";
import type { JoinedRow } from "./joined-row.ts";
import { OrderedWindow } from "./ordered-window.ts";
import { SubqueryFilter } from "./subquery-filter.ts";
import { subquerySource } from "./subquery-source.ts";
import { TableSource } from "./table-source.ts";

interface Part {
  readonly condition: Condition;
  /** How many joins have to be made before it can be asked. */
  readonly joins: number;
}

/** @param first The rows to start from; see `TableSource`. */
export function selectOperators(schema: Schema, ast: SelectAst, first: Rows): Operator {
  const analyzed = analyzeSelect(schema, ast);
  let operator: Operator = joined(schema, ast, first);
  if (needsGroups(ast)) {
    operator = new GroupOperator(operator, analyzed, aggregatesOf(ast));
    if (ast.having) operator = filtered(operator, conjunctsOf(ast.having));
  }
  return ast.distinct ? new DistinctOperator(operator, analyzed) : operator;
}

function joined(schema: Schema, ast: SelectAst, first: Rows): Operator<JoinedRow> {
  const { from, joins } = ast;
  const parts = partsOf(ast);
  const at = (count: number) =>
    parts.filter((part) => part.joins === count).map(({ condition }) => condition);
  const ofFrom = at(0);
  const condition = allOf(ofFrom.filter((part) => !readsTables(part)));
  const source =
    from.kind === "table"
      ? new TableSource({ ...from, condition, first })
      : subquerySource(windowed(schema, from.query, first), {
          alias: from.alias,
          analyzed: analyzeSelect(schema, from.query),
          condition,
        });
  let operator: Operator<JoinedRow> = filtered(source, ofFrom.filter(readsTables));
  for (const [index, join] of joins.entries()) {
    operator = new JoinOperator(operator, tableJoin(join), tablesOfCondition(join.on));
    operator = filtered(operator, at(index + 1));
  }
  return operator;
}

/** A subquery's order matters only to its window. */
function windowed(schema: Schema, ast: SelectAst, first: Rows): Operator {
  const operator = selectOperators(schema, ast, first);
  if (ast.limit === null && ast.offset === 0) return operator;
  return new OrderedWindow(operator, analyzeSelect(schema, ast));
}

function filtered<T extends Tuple>(
  input: Operator<T>,
  conditions: readonly Condition[],
): Operator<T> {
  const plain = allOf(conditions.filter((part) => !readsTables(part)));
  const asking = allOf(conditions.filter(readsTables));
  const kept = plain ? filterOperator(input, plain) : input;
  return asking ? new SubqueryFilter(kept, asking) : kept;
}

function allOf(conditions: readonly Condition[]): Condition | null {
  return conditions.length > 1 ? { kind: "and", conditions } : (conditions[0] ?? null);
}

function readsTables(condition: Condition): boolean {
  return tablesOfCondition(condition).size > 0;
}

function partsOf(ast: SelectAst): Part[] {
  if (!ast.where) return [];
  const aliases = sourcesOf(ast).map(({ alias }) => alias);
  return conjunctsOf(ast.where).map((condition) => {
    const used = [...operandsOfCondition(condition), ...outerColumnsOfCondition(condition)];
    const places = used.map((operand) =>
      operand.kind === "column" ? aliases.indexOf(operand.alias) : 0,
    );
    return { condition, joins: Math.max(0, ...places) };
  });
}

function tableJoin({ source, ...join }: Join): TableJoin {
  // Analysis lets nothing else be joined.
  if (source.kind !== "table") throw new Error("A subquery cannot be joined.");
  return { ...join, source };
}
