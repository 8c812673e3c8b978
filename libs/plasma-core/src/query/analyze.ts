/**
 * Analysis: resolves a query against the schema before anything runs it. Names are looked up, types are checked, and
 * the shape of the result and its total order are settled, once for every engine. So a wrong query fails with the same
 * typed error everywhere, whatever rows there are.
 *
 * 1. The types of a comparison agree (`value-type.ts`).
 * 2. Documents (`json`) and encrypted columns can be selected, but not compared, sorted or grouped.
 * 3. Aggregates stand in projections, `having` and `orderBy` only. A query that groups or aggregates may use other
 *    columns there only if it groups by them.
 * 4. A subquery in FROM has named columns only and sees nothing of the query around it.
 */

import { requireTable } from "../schema/schema.ts";
import type { Schema } from "../schema/schema.ts";
import { checkAggregates, checkGroups, needsGroups } from "./analyze-groups.ts";
import type {
  AggregateOperand,
  ColumnOperand,
  Condition,
  Join,
  Operand,
  OrderTerm,
  SelectAst,
  Source,
} from "./ast.ts";
import { checkDepth, checkNesting, checkSize, checkWidth } from "./complexity.ts";
import {
  fieldOfOperand,
  fieldsOfTable,
  invalid,
  mismatch,
  requireComparableField,
  requireField,
} from "./field.ts";
import type { Field, FieldScope } from "./field.ts";
import { canCompare, isComparable, typeOfValue } from "./value-type.ts";
import type { ValueType } from "./value-type.ts";
import { outerColumnsOf, sourcesOf, walkCondition } from "./walk.ts";

export interface AnalyzedSource {
  readonly alias: string;
  readonly source: Source;
  readonly fields: ReadonlyMap<string, Field>;
  /** The right side of a left join: its whole row may be missing. */
  readonly optional: boolean;
  /** Of a subquery. */
  readonly query: AnalyzedSelect | null;
}

/** One value of the result, and where in the result's row it stands. */
export interface Output extends Field {
  /** `[field]`, or `[field, column]` inside the row of a source. */
  readonly path: readonly [string] | readonly [string, string];
  readonly operand: ColumnOperand | AggregateOperand;
}

/**
 * What a row of the result looks like: the row of the only source itself, or an object of fields, each of which is a
 * value or the row of a source.
 */
export type ResultShape =
  | { readonly kind: "row"; readonly alias: string }
  | {
      readonly kind: "fields";
      readonly fields: readonly (
        | {
            readonly kind: "value";
            readonly name: string;
            readonly operand: ColumnOperand | AggregateOperand;
          }
        | { readonly kind: "row"; readonly name: string; readonly alias: string }
      )[];
    };

export interface AnalyzedSelect {
  readonly ast: SelectAst;
  readonly sources: readonly AnalyzedSource[];
  readonly shape: ResultShape;
  /** Every single value of the result, flat. */
  readonly outputs: readonly Output[];
  readonly grouped: boolean;
  /** Outputs that no two rows have in common; null if it gives none such. */
  readonly key: readonly string[] | null;
  /** The written terms and the ones that break ties. */
  readonly order: readonly OrderTerm[];
}

const NO_OUTER: FieldScope = new Map();

/** An analysis, and what it was told about the columns of the queries around it. */
interface Known {
  readonly analyzed: AnalyzedSelect;
  readonly outer: readonly (readonly [ColumnOperand, Field])[];
}

const cache = new WeakMap<Schema, WeakMap<SelectAst, Known>>();

/**
 * @param outer What is in sight of the queries around it. Left out, they have been analyzed before.
 * @throws PlasmaError `invalid-query`, `type-mismatch`, `unknown-table`, `unknown-column`, `query-too-complex`.
 */
export function analyzeSelect(
  schema: Schema,
  ast: SelectAst,
  outer: FieldScope = NO_OUTER,
): AnalyzedSelect {
  // An AST is immutable, so the object identifies the result, as long as the queries around it mean the same.
  let ofSchema = cache.get(schema);
  if (!ofSchema) cache.set(schema, (ofSchema = new WeakMap<SelectAst, Known>()));
  const known = ofSchema.get(ast);
  if (known && (outer === NO_OUTER || meansTheSame(known, outer))) return known.analyzed;
  checkNesting(ast);
  const analyzed = analyze(schema, ast, outer);
  if (outer === NO_OUTER) checkSize(ast);
  const columns = outer === NO_OUTER ? [] : outerColumnsOf(ast);
  ofSchema.set(ast, {
    analyzed,
    outer: columns.map((column) => [column, requireField(column, outer)]),
  });
  return analyzed;
}

function meansTheSame({ outer: told }: Known, outer: FieldScope): boolean {
  return told.every(([{ alias, column }, field]) => {
    const other = outer.get(alias)?.get(column);
    return (
      other?.type === field.type &&
      other.nullable === field.nullable &&
      other.encrypted === field.encrypted &&
      other.overflows === field.overflows
    );
  });
}

function analyze(schema: Schema, ast: SelectAst, outer: FieldScope): AnalyzedSelect {
  const sources: AnalyzedSource[] = [];
  const scope = new Map(outer);
  for (const [at, source] of sourcesOf(ast).entries()) {
    const analyzed = analyzeSource(schema, source, ast.joins[at - 1]?.kind ?? null);
    if (sources.some(({ alias }) => alias === source.alias)) {
      throw invalid(
        `"${source.alias}" stands twice in one query. Give one of the two another name with alias(table, "name").`,
      );
    }
    sources.push(analyzed);
    scope.set(source.alias, analyzed.fields);
    // A join's condition sees the sources up to its own, as in SQL.
    const join = ast.joins[at - 1];
    if (join) checkCondition(schema, join.on, { scope: new Map(scope), place: "on" });
  }
  if (ast.where) checkCondition(schema, ast.where, { scope, place: "where" });
  const shape = resultShape(ast, sources);
  const outputs = outputsOf(shape, sources, scope);
  const grouped = needsGroups(ast);
  checkAggregates(ast);
  if (grouped) checkGroups(ast, scope);
  if (ast.having) checkCondition(schema, ast.having, { scope, place: "having" });
  for (const { operand } of ast.orderBy) requireComparableField(operand, scope, "orderBy");
  if (ast.distinct) checkDistinct(ast, outputs);
  const identity = identityOf({ ast, sources, outputs, grouped });
  const order = [...ast.orderBy, ...tieBreakers(identity, sources)];
  checkWidth({ ast, outputs, order });
  return { ast, sources, shape, outputs, grouped, key: keyOf(identity, outputs), order };
}

function analyzeSource(
  schema: Schema,
  source: Source,
  joined: Join["kind"] | null,
): AnalyzedSource {
  const optional = joined === "left";
  if (source.kind === "table") {
    const table = requireTable(schema, source.table);
    return { alias: source.alias, source, fields: fieldsOfTable(table), optional, query: null };
  }
  if (joined) {
    throw invalid(
      `"${source.alias}" is a subquery, and only tables can be joined. Start from it with fromSubquery(), and join the tables to it.`,
    );
  }
  const query = analyzeSelect(schema, source.query);
  const fields = new Map<string, Field>();
  for (const { path, type, nullable, encrypted, overflows } of query.outputs) {
    if (path.length !== 1) {
      throw invalid(
        `The subquery "${source.alias}" selects whole rows of several tables. Name the columns it gives: select({ title: todos.title, … }).`,
      );
    }
    if (type === "json" && query.key === null) {
      throw invalid(
        `The subquery "${source.alias}" selects JSON documents, which have no order. Let it select the ids of its tables as well, so that its rows can be told apart.`,
      );
    }
    fields.set(path[0], { type, nullable, encrypted, overflows });
  }
  return { alias: source.alias, source, fields, optional, query };
}

interface ConditionPlace {
  readonly scope: FieldScope;
  readonly place: "on" | "where" | "having" | "rule";
}

/** Checks a condition's names and types. `place` decides whether aggregates may stand in it. */
export function checkCondition(schema: Schema, condition: Condition, at: ConditionPlace): void {
  checkDepth(condition);
  walkCondition(condition, (part) => {
    switch (part.kind) {
      case "compare":
        requireSameType(operandType(part.left, at), operandType(part.right, at), part.op);
        return;
      case "in": {
        const type = operandType(part.operand, at);
        for (const value of part.values) requireSameType(type, typeOfValue(value), "inArray");
        return;
      }
      case "like":
        if (operandType(part.operand, at) !== "text") throw mismatch("like() needs a text column.");
        return;
      case "isNull":
        operandType(part.operand, at, { anyType: true });
        return;
      case "exists":
        analyzeSelect(schema, part.query, at.scope);
        return;
      case "constant":
      case "and":
      case "or":
      case "not":
        return;
    }
  });
}

function operandType(
  operand: Operand,
  at: ConditionPlace,
  { anyType = false } = {},
): ValueType | null {
  if (operand.kind === "value") return typeOfValue(operand.value);
  if (operand.kind === "aggregate" && at.place !== "having") {
    throw invalid(
      `${operand.fn}() cannot stand in ${at.place}: its rows are not grouped yet. Use .having().`,
    );
  }
  return (
    anyType
      ? fieldOfOperand(operand, at.scope)
      : requireComparableField(operand, at.scope, at.place)
  ).type;
}

function requireSameType(left: ValueType | null, right: ValueType | null, what: string): void {
  if (canCompare(left, right)) return;
  throw mismatch(
    `${what}() cannot compare ${left} with ${right}. Give a value of the column's own type.`,
  );
}

function resultShape(ast: SelectAst, sources: readonly AnalyzedSource[]): ResultShape {
  if (ast.projection) {
    if (ast.projection.length === 0) {
      throw invalid("This query selects nothing. Name at least one column.");
    }
    if (new Set(ast.projection.map(({ name }) => name)).size < ast.projection.length) {
      throw invalid("This query gives one name to two of its outputs. Name each differently.");
    }
    for (const field of ast.projection) {
      if (field.kind === "row" && !sources.some(({ alias }) => alias === field.alias)) {
        throw invalid(
          `select({ ${field.name} }) names the table "${field.alias}", which is not one of the query's.`,
        );
      }
    }
    return { kind: "fields", fields: ast.projection };
  }
  if (ast.joins.length === 0) return { kind: "row", alias: ast.from.alias };
  return {
    kind: "fields",
    fields: sources.map(({ alias }) => ({ kind: "row", name: alias, alias })),
  };
}

function outputsOf(
  shape: ResultShape,
  sources: readonly AnalyzedSource[],
  scope: FieldScope,
): Output[] {
  const bySource = (alias: string) =>
    sources.find((source) => source.alias === alias) as AnalyzedSource;
  if (shape.kind === "row") {
    return rowOutputs(bySource(shape.alias)).map(([column, output]) => ({
      ...output,
      path: [column],
    }));
  }
  return shape.fields.flatMap((field): Output[] => {
    if (field.kind === "row") {
      return rowOutputs(bySource(field.alias)).map(([column, output]) => ({
        ...output,
        path: [field.name, column],
      }));
    }
    const optional = field.operand.kind === "column" && isOptional(sources, field.operand.alias);
    const known = fieldOfOperand(field.operand, scope);
    const nullable = known.nullable || optional;
    return [{ ...known, path: [field.name], operand: field.operand, nullable }];
  });
}

function rowOutputs(source: AnalyzedSource): [string, Omit<Output, "path">][] {
  return [...source.fields].map(([column, field]) => [
    column,
    {
      ...field,
      nullable: field.nullable || source.optional,
      operand: { kind: "column", alias: source.alias, column },
    },
  ]);
}

function isOptional(sources: readonly AnalyzedSource[], alias: string): boolean {
  return sources.some((source) => source.alias === alias && source.optional);
}

function checkDistinct(ast: SelectAst, outputs: readonly Output[]): void {
  for (const { type, path, encrypted } of outputs) {
    if (!isComparable(type) || encrypted) {
      throw invalid(
        `selectDistinct() cannot compare "${path.join(".")}". Select the columns that you need by name.`,
      );
    }
  }
  for (const { operand } of ast.orderBy) {
    if (!outputs.some((output) => sameOperand(output.operand, operand))) {
      throw invalid(
        "selectDistinct() is ordered by what it selects only. Add the column to the selection.",
      );
    }
  }
}

export function sameOperand(
  left: ColumnOperand | AggregateOperand,
  right: ColumnOperand | AggregateOperand,
): boolean {
  if (left.kind === "column") {
    return right.kind === "column" && left.alias === right.alias && left.column === right.column;
  }
  if (right.kind === "column" || left.fn !== right.fn || left.distinct !== right.distinct)
    return false;
  if (left.operand === null || right.operand === null) return left.operand === right.operand;
  return sameOperand(left.operand, right.operand);
}

type Identified = Pick<AnalyzedSelect, "ast" | "sources" | "outputs" | "grouped">;
type Identity = readonly (ColumnOperand | AggregateOperand)[];

/** What no two rows have in common; null if that is not known. */
function identityOf({ ast, sources, outputs, grouped }: Identified): Identity | null {
  if (ast.distinct) return outputs.map(({ operand }) => operand);
  if (grouped) return ast.groupBy;
  const identity: ColumnOperand[] = [];
  for (const { alias, query } of sources) {
    const key = query ? query.key : ["id"];
    if (key === null) return null;
    identity.push(...key.map((column) => ({ kind: "column" as const, alias, column })));
  }
  return identity;
}

function keyOf(identity: Identity | null, outputs: readonly Output[]): string[] | null {
  if (identity === null) return null;
  const key: string[] = [];
  for (const operand of identity) {
    const output = outputs.find(
      (candidate) => candidate.path.length === 1 && sameOperand(candidate.operand, operand),
    );
    if (!output) return null;
    key.push(output.path[0]);
  }
  return key;
}

/** What makes the order total. Without an identity, rows that still tie are equal in everything. */
function tieBreakers(identity: Identity | null, sources: readonly AnalyzedSource[]): OrderTerm[] {
  const operands =
    identity ??
    sources.flatMap(({ alias, query, fields }) =>
      [...(query ? fields.keys() : ["id"])].map((column): ColumnOperand => {
        return { kind: "column", alias, column };
      }),
    );
  return operands.map((operand) => ({ operand, direction: "asc" }));
}
