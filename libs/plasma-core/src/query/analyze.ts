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

import { PlasmaError } from "../errors.ts";
import type { AnyColumn } from "../schema/column.ts";
import { requireTable } from "../schema/schema.ts";
import type { Schema } from "../schema/schema.ts";
import type { TableInfo } from "../schema/table.ts";
import type {
  AggregateOperand,
  ColumnOperand,
  Condition,
  Join,
  Operand,
  OrderTerm,
  SelectAst,
  Source,
  Value,
} from "./ast.ts";
import { notInScope } from "./scope.ts";
import { canCompare, isComparable, typeOfKind, typeOfValue } from "./value-type.ts";
import type { ValueType } from "./value-type.ts";
import { sourcesOf, walkCondition } from "./walk.ts";

/** A named value of a source. */
export interface Field {
  readonly type: ValueType;
  readonly nullable: boolean;
  readonly encrypted: boolean;
}

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
  /** The written terms and the ones that break ties. */
  readonly order: readonly OrderTerm[];
}

/** How deep conditions may be nested; D1 refuses expressions deeper than 100, and a level may take two. */
export const MAX_CONDITION_DEPTH = 32;

/** Names that an outer query lends to a subquery of a condition. */
export type OuterScope = ReadonlyMap<string, ReadonlyMap<string, Field>>;

const NO_OUTER: OuterScope = new Map();
const cache = new WeakMap<Schema, WeakMap<SelectAst, AnalyzedSelect>>();

/** @throws PlasmaError `invalid-query`, `type-mismatch`, `unknown-table`, `unknown-column`. */
export function analyzeSelect(
  schema: Schema,
  ast: SelectAst,
  outer: OuterScope = NO_OUTER,
): AnalyzedSelect {
  // An AST is immutable, and a subquery belongs to one outer query, so the object identifies the result.
  let ofSchema = cache.get(schema);
  if (!ofSchema) cache.set(schema, (ofSchema = new WeakMap<SelectAst, AnalyzedSelect>()));
  let analyzed = ofSchema.get(ast);
  if (!analyzed) ofSchema.set(ast, (analyzed = analyze(schema, ast, outer)));
  return analyzed;
}

function analyze(schema: Schema, ast: SelectAst, outer: OuterScope): AnalyzedSelect {
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
  if (grouped) checkGroups(ast, scope);
  if (ast.having) checkCondition(schema, ast.having, { scope, place: "having" });
  for (const { operand } of ast.orderBy) requireComparable(operand, scope, "orderBy");
  if (ast.distinct) checkDistinct(ast, outputs);
  return {
    ast,
    sources,
    shape,
    outputs,
    grouped,
    order: [...ast.orderBy, ...tieBreakers({ ast, sources, outputs, grouped })],
  };
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
  for (const { path, type, nullable, encrypted } of query.outputs) {
    if (path.length !== 1) {
      throw invalid(
        `The subquery "${source.alias}" selects whole rows of several tables. Name the columns it gives: select({ title: todos.title, … }).`,
      );
    }
    fields.set(path[0], { type, nullable, encrypted });
  }
  return { alias: source.alias, source, fields, optional, query };
}

export function fieldsOfTable(table: TableInfo): ReadonlyMap<string, Field> {
  return new Map(
    table.columnNames.map((name) => [name, fieldOf(table.columns[name] as AnyColumn)]),
  );
}

function fieldOf(column: AnyColumn): Field {
  return {
    type: typeOfKind(column.kind),
    nullable: column.isNullable,
    encrypted: column.isEncrypted,
  };
}

interface ConditionPlace {
  readonly scope: OuterScope;
  readonly place: "on" | "where" | "having" | "rule";
}

/** Checks a condition's names and types. `place` decides whether aggregates may stand in it. */
export function checkCondition(schema: Schema, condition: Condition, at: ConditionPlace): void {
  walkCondition(condition, (part, depth) => {
    if (depth > MAX_CONDITION_DEPTH) {
      throw invalid(
        `A condition is nested more than ${MAX_CONDITION_DEPTH} deep. Flatten its and() and or().`,
      );
    }
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
    anyType ? fieldOfOperand(operand, at.scope) : requireComparable(operand, at.scope, at.place)
  ).type;
}

function requireSameType(left: ValueType | null, right: ValueType | null, what: string): void {
  if (canCompare(left, right)) return;
  throw mismatch(
    `${what}() cannot compare ${left} with ${right}. Give a value of the column's own type.`,
  );
}

/** What an operand's values are. */
export function fieldOfOperand(
  operand: ColumnOperand | AggregateOperand,
  scope: OuterScope,
): Field {
  if (operand.kind === "column") return requireField(operand, scope);
  const field = operand.operand && requireField(operand.operand, scope);
  if (operand.distinct && operand.fn !== "count") {
    throw invalid(`Only count() can be asked for different values, not ${operand.fn}().`);
  }
  if (!field) return { type: "int", nullable: false, encrypted: false };
  if (field.encrypted) throw invalid(`${operand.fn}() cannot read an encrypted column.`);
  switch (operand.fn) {
    case "count":
      if (operand.distinct && !isComparable(field.type))
        throw invalid("countDistinct() cannot compare JSON documents.");
      return { type: "int", nullable: false, encrypted: false };
    case "sum":
    case "avg":
      if (field.type !== "int" && field.type !== "bigint" && field.type !== "real") {
        throw mismatch(
          `${operand.fn}() adds numbers, but "${operand.operand?.column}" is ${field.type}.`,
        );
      }
      return { type: operand.fn === "avg" ? "real" : field.type, nullable: true, encrypted: false };
    case "min":
    case "max":
      if (!isComparable(field.type))
        throw mismatch(`${operand.fn}() cannot compare JSON documents.`);
      return { type: field.type, nullable: true, encrypted: false };
  }
}

function requireField(operand: ColumnOperand, scope: OuterScope): Field {
  const fields = scope.get(operand.alias);
  if (!fields) throw notInScope(operand.alias);
  const field = fields.get(operand.column);
  if (!field) {
    throw new PlasmaError(
      "unknown-column",
      `"${operand.alias}" has no column "${operand.column}". It has: ${[...fields.keys()].join(", ")}.`,
    );
  }
  return field;
}

function requireComparable(
  operand: ColumnOperand | AggregateOperand,
  scope: OuterScope,
  place: string,
): Field {
  const field = fieldOfOperand(operand, scope);
  const name =
    operand.kind === "column" ? `"${operand.alias}.${operand.column}"` : `${operand.fn}()`;
  if (field.encrypted) throw invalid(`${name} is encrypted, so it cannot stand in ${place}.`);
  if (!isComparable(field.type)) {
    throw mismatch(
      `${name} holds JSON documents, which cannot be compared, sorted or grouped. Use a column of its own.`,
    );
  }
  return field;
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
  scope: OuterScope,
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
    const { type, nullable, encrypted } = fieldOfOperand(field.operand, scope);
    return [
      {
        path: [field.name],
        operand: field.operand,
        type,
        nullable: nullable || optional,
        encrypted,
      },
    ];
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

/** Whether a query makes groups of its rows: by itself or because it aggregates. */
export function needsGroups(ast: SelectAst): boolean {
  if (ast.groupBy.length > 0 || ast.having !== null) return true;
  const inProjection = ast.projection?.some(
    (field) => field.kind === "value" && field.operand.kind === "aggregate",
  );
  return inProjection === true || ast.orderBy.some(({ operand }) => operand.kind === "aggregate");
}

function checkGroups(ast: SelectAst, scope: OuterScope): void {
  for (const column of ast.groupBy) requireComparable(column, scope, "groupBy");
  const isKey = (operand: Operand) =>
    operand.kind !== "column" ||
    ast.groupBy.some(({ alias, column }) => alias === operand.alias && column === operand.column);
  if (!ast.projection) {
    throw invalid(
      "A grouped query needs to say what it gives for each group: select({ listId: todos.listId, total: count() }).",
    );
  }
  for (const field of ast.projection) {
    if (field.kind === "row" || !isKey(field.operand)) {
      throw invalid(
        `"${field.name}" has no single value in a group. Add its column to groupBy(), or put it into an aggregate such as max().`,
      );
    }
  }
  for (const { operand } of ast.orderBy) {
    if (!isKey(operand))
      throw invalid(
        "A grouped query is ordered by columns of its groupBy() and by aggregates only.",
      );
  }
  if (ast.having) {
    walkCondition(ast.having, (part) => {
      const operands =
        part.kind === "compare" ? [part.left, part.right] : "operand" in part ? [part.operand] : [];
      if (!operands.every(isKey))
        throw invalid(
          "having() may use columns of groupBy() and aggregates only. Filter rows with where().",
        );
    });
  }
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

type Ordered = Pick<AnalyzedSelect, "ast" | "sources" | "outputs" | "grouped">;

/** What makes the order total. Rows that still tie are equal in every value that can be compared. */
function tieBreakers({ ast, sources, outputs, grouped }: Ordered): OrderTerm[] {
  const ascending = (operand: OrderTerm["operand"]): OrderTerm => ({ operand, direction: "asc" });
  if (ast.distinct) return outputs.map(({ operand }) => ascending(operand));
  if (grouped) return ast.groupBy.map(ascending);
  return sources.flatMap(({ alias, source, fields }) => {
    if (source.kind === "table") return [ascending({ kind: "column", alias, column: "id" })];
    return [...fields]
      .filter(([, { type, encrypted }]) => isComparable(type) && !encrypted)
      .map(([column]) => ascending({ kind: "column", alias, column }));
  });
}

function invalid(message: string): PlasmaError {
  return new PlasmaError("invalid-query", message);
}

function mismatch(message: string): PlasmaError {
  return new PlasmaError("type-mismatch", message);
}
