/**
 * The evaluator: what a query means, as plainly as it can be said. The client runs queries with it, and SQL and the
 * incremental views are held against it.
 *
 * A select goes through the same steps in the same order as in SQL: sources and joins → where → groups → having →
 * projection → distinct → order → offset and limit.
 */

import { PlasmaError } from "../errors.ts";
import { requireColumn, requireTable } from "../schema/schema.ts";
import type { Schema } from "../schema/schema.ts";
import type { Row } from "../schema/table.ts";
import { aggregateValues, shownValue } from "./aggregate-values.ts";
import { needsGroups } from "./analyze-groups.ts";
import { analyzeSelect } from "./analyze.ts";
import type { AnalyzedSelect, Output } from "./analyze.ts";
import type {
  AggregateOperand,
  ColumnOperand,
  Condition,
  Operand,
  SelectAst,
  Source,
  Value,
} from "./ast.ts";
import { compareForSort, compareValues, valueKey } from "./compare.ts";
import { equalitiesOf } from "./equalities.ts";
import { matcherOf, valueSetOf } from "./prepared.ts";
import { notInScope } from "./scope.ts";
import { typeOfKind } from "./value-type.ts";
import type { ValueType } from "./value-type.ts";
import { sourcesOf } from "./walk.ts";

/** Three-valued logic: null is "unknown". */
export type Truth = boolean | null;

/** The rows in sight, by alias; null where a left join found none. Inner queries see the outer ones. */
export type Scope = ReadonlyMap<string, Row | null>;

/** Where rows come from. */
export interface RowSource {
  readonly schema: Schema;
  rows(table: string): Iterable<Row>;
  /** The rows that hold a value in a column, where they are found without going through all. It changes no result. */
  lookup?(table: string, column: string, value: NonNullable<Value>): Iterable<Row>;
}

export interface ConditionOptions {
  /**
   * Answers `exists` in place of the evaluator. A client that holds only a part of the rows uses it to say
   * "unknown" where the server may know more.
   */
  readonly exists?: (query: SelectAst, scope: Scope) => Truth;
  /** The value of an aggregate for the group in question. */
  readonly aggregate?: (operand: AggregateOperand) => Value;
}

/** One row of a result before it has its shape: the source rows behind it, or the group. */
export interface Candidate {
  readonly scope: Scope;
  value(operand: ColumnOperand | AggregateOperand): Value;
}

const EMPTY_SCOPE: Scope = new Map();

/** The rows of a query, in order. Rows of a single table are handed out as they are, not copied. */
export function evaluateSelect(
  query: SelectAst,
  source: RowSource,
  outer: Scope = EMPTY_SCOPE,
): Row[] {
  const rows = selectRows(query, source, outer);
  requireShown(analyzeSelect(source.schema, query), rows);
  return rows;
}

/** @throws PlasmaError `overflow` if a result holds a sum that it cannot show. */
export function requireShown({ outputs }: AnalyzedSelect, rows: readonly Row[]): void {
  for (const { overflows, path } of outputs) {
    if (overflows) for (const row of rows) shownValue(valueAt(row, path));
  }
}

function valueAt(row: Row, [field, column]: Output["path"]): Value {
  const value = row[field];
  return column === undefined ? (value as Value) : cell(value as Row, column);
}

/** The rows of a query as the query around it sees them. */
function selectRows(query: SelectAst, source: RowSource, outer: Scope): Row[] {
  const analyzed = analyzeSelect(source.schema, query);
  if (analyzed.shape.kind === "row" && !analyzed.grouped && !query.distinct) {
    return window(query, plainRows(analyzed, source, outer));
  }
  let candidates = matching(query, source, outer);
  if (query.distinct) candidates = distinct(analyzed, candidates);
  candidates.sort((left, right) => compareCandidates(analyzed, left, right));
  return window(query, candidates).map((candidate) => shapeRow(analyzed, candidate));
}

function window<T>({ limit, offset }: SelectAst, rows: T[]): T[] {
  if (limit === null && offset === 0) return rows;
  return rows.slice(offset, limit === null ? undefined : offset + limit);
}

/** The common query, whole rows of one source, without anything built for a row that is not in the result. */
function plainRows(analyzed: AnalyzedSelect, source: RowSource, outer: Scope): Row[] {
  const { ast } = analyzed;
  const found = [...rowsMeeting(ast, source, outer)];
  return found.sort((left, right) => compareRows(analyzed, left, right));
}

/** The rows of a query's only source for which its condition is true. */
function* rowsMeeting(query: SelectAst, source: RowSource, outer: Scope): Iterable<Row> {
  // One scope for all rows: a map for each would cost more than most conditions.
  const scope = new Map(outer);
  for (const row of sourceRows(query.from, source, { condition: query.where, scope: outer })) {
    scope.set(query.from.alias, row);
    if (query.where === null || evaluateCondition(query.where, source, scope) === true) yield row;
  }
}

/** Whether a query has any row at all. */
export function hasRow(query: SelectAst, source: RowSource, outer: Scope): boolean {
  if (query.limit === 0) return false;
  if (query.joins.length === 0 && !query.distinct && !needsGroups(query)) {
    let toSkip = query.offset;
    for (const _row of rowsMeeting(query, source, outer)) if (toSkip-- === 0) return true;
    return false;
  }
  const candidates = matching(query, source, outer);
  const found = query.distinct
    ? distinct(analyzeSelect(source.schema, query), candidates)
    : candidates;
  return found.length > query.offset;
}

/** Whether a row of the query's only table meets its condition. */
export function rowMatches(
  query: SelectAst,
  row: Row,
  source: RowSource,
  outer: Scope = EMPTY_SCOPE,
): boolean {
  if (query.where === null) return true;
  return evaluateCondition(query.where, source, new Map(outer).set(query.from.alias, row)) === true;
}

function matching(query: SelectAst, source: RowSource, outer: Scope): Candidate[] {
  const scopes = joinedScopes(query, source, outer).filter(
    (scope) => query.where === null || evaluateCondition(query.where, source, scope) === true,
  );
  if (!needsGroups(query)) {
    return scopes.map((scope) => ({ scope, value: (operand) => resolve(operand, scope, {}) }));
  }
  return groups({ query, schema: source.schema }, scopes, outer).filter((group) => {
    const options: ConditionOptions = { aggregate: (operand) => group.value(operand) };
    return (
      query.having === null ||
      evaluateCondition(query.having, source, group.scope, options) === true
    );
  });
}

function joinedScopes(query: SelectAst, source: RowSource, outer: Scope): Scope[] {
  let scopes: Scope[] = [];
  // A name that stands for a source of this query says nothing about an outer row.
  const isHidden = sourcesOf(query).some(({ alias }) => outer.has(alias));
  const demands = { condition: isHidden ? null : query.where, scope: outer };
  for (const row of sourceRows(query.from, source, demands))
    scopes.push(new Map(outer).set(query.from.alias, row));
  for (const join of query.joins) {
    let all: Row[] | undefined;
    const next: Scope[] = [];
    for (const scope of scopes) {
      let found = false;
      const some = lookedUp(join.source, source, { condition: join.on, scope });
      for (const row of some ?? (all ??= [...sourceRows(join.source, source)])) {
        const pair = new Map(scope).set(join.source.alias, row);
        if (evaluateCondition(join.on, source, pair) !== true) continue;
        next.push(pair);
        found = true;
      }
      if (!found && join.kind === "left") next.push(new Map(scope).set(join.source.alias, null));
    }
    scopes = next;
  }
  return scopes;
}

/** What a row has to meet, given the rows that are in sight before it. */
interface Demands {
  readonly condition: Condition | null;
  readonly scope: Scope;
}

/** The rows of a source; with demands, at least all that meet them. */
function sourceRows(from: Source, source: RowSource, demands?: Demands): Iterable<Row> {
  if (from.kind === "subquery") return selectRows(from.query, source, EMPTY_SCOPE);
  return (demands && lookedUp(from, source, demands)) ?? source.rows(from.table);
}

/** Undefined where the source cannot look rows up, or nothing says by what. */
function lookedUp(
  from: Source,
  source: RowSource,
  { condition, scope }: Demands,
): Iterable<Row> | undefined {
  if (!source.lookup || !condition || from.kind === "subquery") return undefined;
  const known = equalitiesOf(condition, from.alias).find(
    ({ operand }) => operand.kind === "value" || scope.has(operand.alias),
  );
  if (!known) return undefined;
  const value = resolve(known.operand, scope, {});
  return value === null ? [] : source.lookup(from.table, known.column, value);
}

/** Rows with equal keys are one group; without `groupBy` all rows are one, even if there are none. */
function groups(grouping: Grouping, scopes: readonly Scope[], outer: Scope): Candidate[] {
  const { query } = grouping;
  const members = new Map<string, Scope[]>();
  if (query.groupBy.length === 0) members.set("", []);
  for (const scope of scopes) {
    const key = JSON.stringify(query.groupBy.map((column) => valueKey(resolve(column, scope, {}))));
    const group = query.groupBy.length === 0 ? members.get("") : members.get(key);
    if (group) group.push(scope);
    else members.set(key, [scope]);
  }
  return [...members.values()].map((group) => groupCandidate(grouping, group, outer));
}

interface Grouping {
  readonly query: SelectAst;
  readonly schema: Schema;
}

function groupCandidate(grouping: Grouping, members: readonly Scope[], outer: Scope): Candidate {
  const scope = members[0] ?? outer;
  return {
    scope,
    value: (operand) => {
      if (operand.kind === "column") return resolve(operand, scope, {});
      const { operand: column } = operand;
      if (column === null) return members.length;
      const values = members
        .map((member) => resolve(column, member, {}))
        .filter((value) => value !== null);
      return aggregateValues(operand, typeOf(column, grouping), values);
    },
  };
}

function typeOf({ alias, column }: ColumnOperand, { query, schema }: Grouping): ValueType {
  const own = sourcesOf(query).find((candidate) => candidate.alias === alias);
  if (!own) throw notInScope(alias);
  if (own.kind === "table") {
    return typeOfKind(requireColumn(requireTable(schema, own.table), column).kind);
  }
  const { outputs } = analyzeSelect(schema, own.query);
  return outputs.find(({ path }) => path[0] === column)!.type;
}

function distinct(analyzed: AnalyzedSelect, candidates: readonly Candidate[]): Candidate[] {
  const first = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const key = JSON.stringify(
      analyzed.outputs.map(({ operand }) => valueKey(candidate.value(operand))),
    );
    if (!first.has(key)) first.set(key, candidate);
  }
  return [...first.values()];
}

/** The total order of a result. */
export function compareCandidates(
  analyzed: AnalyzedSelect,
  left: Candidate,
  right: Candidate,
): number {
  for (const { operand, direction } of analyzed.order) {
    const order = compareForSort(left.value(operand), right.value(operand));
    if (order !== 0) return direction === "asc" ? order : -order;
  }
  return 0;
}

export function shapeRow({ shape }: AnalyzedSelect, candidate: Candidate): Row {
  if (shape.kind === "row") return requireRow(candidate.scope, shape.alias) ?? {};
  const row: Row = {};
  for (const field of shape.fields) {
    row[field.name] =
      field.kind === "row"
        ? requireRow(candidate.scope, field.alias)
        : candidate.value(field.operand);
  }
  return row;
}

/** The order of two rows of a query over one table that gives whole rows: its terms, then the id. */
export function compareRows(analyzed: AnalyzedSelect, left: Row, right: Row): number {
  for (const { operand, direction } of analyzed.order) {
    if (operand.kind !== "column") continue;
    const order = compareForSort(cell(left, operand.column), cell(right, operand.column));
    if (order !== 0) return direction === "asc" ? order : -order;
  }
  return 0;
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
    case "compare":
      return compareOperands(condition, scope, options);
    case "in": {
      if (condition.values.length === 0) return false;
      const value = resolve(condition.operand, scope, options);
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
      return resolve(condition.operand, scope, options) === null;
    case "like": {
      const value = resolve(condition.operand, scope, options);
      if (value === null) return null;
      if (typeof value !== "string") {
        throw new PlasmaError("type-mismatch", "like() needs a text column.");
      }
      return matcherOf(condition)(value);
    }
    case "and":
    case "or": {
      // `and` is decided by the first false, `or` by the first true; otherwise one unknown makes it unknown.
      const decisive = condition.kind === "or";
      let result: Truth = !decisive;
      for (const part of condition.conditions) {
        const truth = evaluateCondition(part, source, scope, options);
        if (truth === decisive) return decisive;
        if (truth === null) result = null;
      }
      return result;
    }
    case "not": {
      const truth = evaluateCondition(condition.condition, source, scope, options);
      return truth === null ? null : !truth;
    }
    case "exists":
      return options.exists
        ? options.exists(condition.query, scope)
        : hasRow(condition.query, source, scope);
  }
}

function compareOperands(
  condition: Extract<Condition, { kind: "compare" }>,
  scope: Scope,
  options: ConditionOptions,
): Truth {
  const left = resolve(condition.left, scope, options);
  const right = resolve(condition.right, scope, options);
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

function resolve(operand: Operand, scope: Scope, options: ConditionOptions): Value {
  switch (operand.kind) {
    case "value":
      return operand.value;
    case "aggregate":
      if (options.aggregate) return options.aggregate(operand);
      throw new PlasmaError("invalid-query", `${operand.fn}() has no group to count here.`);
    case "column": {
      const row = requireRow(scope, operand.alias);
      return row === null ? null : cell(row, operand.column);
    }
  }
}

function requireRow(scope: Scope, alias: string): Row | null {
  const row = scope.get(alias);
  if (row === undefined) throw notInScope(alias);
  return row;
}

function cell(row: Row, column: string): Value {
  const value = row[column];
  return value === undefined ? null : (value as Value);
}
