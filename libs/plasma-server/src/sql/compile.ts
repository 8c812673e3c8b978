/**
 * Queries as SQL.
 *
 * 1. Core's analysis comes first: names, types, the shape of the result and its total order are settled there, and a
 *    wrong query fails before anything runs, with the same error as in the browser.
 * 2. Identifiers come from the schema and are quoted; values are bound. Aliases in SQL are the compiler's own (t0,
 *    t1, …), so that no query's alias can capture another's.
 * 3. The SQL means what core's evaluator says, three-valued logic included.
 * 4. `restrict` narrows every table of a query, its joins and subqueries included: a person's query sees what the
 *    person may read. Rules are compiled without it: they look at everything.
 */

import {
  analyzeSelect,
  fieldsOfTable,
  PlasmaError,
  requireTable,
  sameOperand,
} from "@sh1n4ps/plasma-core";
import type {
  AggregateOperand,
  AnalyzedSelect,
  AnalyzedSource,
  ColumnOperand,
  Condition,
  Field,
  Operand,
  OrderTerm,
  Schema,
  SelectAst,
  Source,
  TableInfo,
} from "@sh1n4ps/plasma-core";
import type { SqlDialect } from "./dialect.ts";
import { columnOf, join, name, sql, tree } from "./fragment.ts";
import type { SqlFragment } from "./fragment.ts";

export interface Compiler {
  readonly schema: Schema;
  readonly dialect: SqlDialect;
  /** What stands for a table after FROM: the table, or a view of it at another moment. */
  readonly source: (table: TableInfo) => SqlFragment;
  /** What else a row of this table has to meet; it goes by `alias`. */
  readonly restrict?: (table: TableInfo, alias: string, aliases: Aliases) => SqlFragment | null;
}

/** Hands out the aliases of one statement. */
export interface Aliases {
  /** `of`: what it will stand for, if that is a source of a query. */
  next(of?: NamedSource): string;
}

/** A source, and the query that names it. */
export interface NamedSource {
  readonly query: SelectAst;
  readonly source: Source;
}

/** What an alias of the AST stands for at a place in the SQL. */
export interface SqlSource {
  readonly alias: string;
  readonly fields: ReadonlyMap<string, Field>;
  /** Whether its columns go by `c0`, `c1`, … as those of a query do, and not by their own names. */
  readonly labelled: boolean;
  /** The right side of a left join: all of its columns may be null. */
  readonly optional: boolean;
}

export type SqlScope = ReadonlyMap<string, SqlSource>;

export const EMPTY_SCOPE: SqlScope = new Map();

export interface CompiledSelect {
  /** Its columns are `c0`, `c1`, …, in the order of the analysis's outputs; `result-codec.ts` reads them. */
  readonly statement: SqlFragment;
  readonly analyzed: AnalyzedSelect;
}

export function newAliases(prefix = "t"): Aliases {
  let count = 0;
  return { next: () => `${prefix}${count++}` };
}

/** The table under an alias, as a source of a scope. */
export function tableSource(table: TableInfo, alias: string): SqlSource {
  return { alias, fields: fieldsOfTable(table), labelled: false, optional: false };
}

/** A whole select, its rows in order. */
export function compileSelect(
  query: SelectAst,
  compiler: Compiler,
  aliases: Aliases = newAliases(),
): CompiledSelect {
  const analyzed = analyzeSelect(compiler.schema, query);
  const place: Place = { compiler, aliases, scope: EMPTY_SCOPE };
  const parts = partsOf(analyzed, place);
  const { dialect } = compiler;
  const outputs = analyzed.outputs.map(({ operand, type, overflows }, at) => ({
    raw: operandOf(operand, parts.place),
    read: (value: SqlFragment) => (overflows ? dialect.readSum : dialect.read)(value, type),
    label: name(`c${at}`),
  }));
  if (!query.distinct) {
    const columns = outputs.map(({ raw, read, label }) => sql`${read(raw)} AS ${label}`);
    const statement = sql`SELECT ${join(columns)}${parts.body}${orderBy(analyzed, parts.place)}${dialect.window(query)}`;
    return { statement, analyzed };
  }
  // What is read may be another text than what is compared, so the different rows are found first.
  const inner = outputs.map(({ raw, label }) => sql`${raw} AS ${label}`);
  const columns = outputs.map(({ read, label }) => sql`${read(sql`q.${label}`)} AS ${label}`);
  const order = outputOrder(analyzed, dialect);
  const statement = sql`SELECT ${join(columns)} FROM (SELECT DISTINCT ${join(inner)}${parts.body}) AS q${order}${dialect.window(query)}`;
  return { statement, analyzed };
}

/**
 * A query as the source of another, its values as stored. Its columns are labelled, because the names of outputs may
 * be anything: two that differ in case only would be one in SQL, and long ones are cut off.
 */
function compileSubquery(analyzed: AnalyzedSelect, outer: Place): SqlFragment {
  const { ast, outputs } = analyzed;
  const { compiler, aliases } = outer;
  const parts = partsOf(analyzed, { compiler, aliases, scope: EMPTY_SCOPE });
  const columns = outputs.map(
    ({ operand }, at) => sql`${operandOf(operand, parts.place)} AS ${name(`c${at}`)}`,
  );
  const cuts = ast.limit !== null || ast.offset > 0;
  const window = compiler.dialect.window(ast);
  if (!ast.distinct) {
    const order = cuts ? orderBy(analyzed, parts.place) : sql``;
    return sql`SELECT ${join(columns)}${parts.body}${order}${window}`;
  }
  const inner = sql`SELECT DISTINCT ${join(columns)}${parts.body}`;
  if (!cuts) return inner;
  return sql`SELECT * FROM (${inner}) AS q${outputOrder(analyzed, compiler.dialect)}${window}`;
}

/** The order of a distinct query: its terms are all among its outputs, which go by label there. */
function outputOrder({ order, outputs }: AnalyzedSelect, dialect: SqlDialect): SqlFragment {
  const terms = order.map(({ operand, direction }) => {
    const at = outputs.findIndex((output) => sameOperand(output.operand, operand));
    return dialect.orderTerm(columnOf("q", `c${at}`), direction, outputs[at]!.nullable);
  });
  return sql` ORDER BY ${join(terms)}`;
}

export interface Place {
  readonly compiler: Compiler;
  readonly aliases: Aliases;
  readonly scope: SqlScope;
}

interface Parts {
  /** ` FROM … WHERE … GROUP BY … HAVING …` */
  readonly body: SqlFragment;
  /** Where the sources of the query are in scope. */
  readonly place: Place;
}

function partsOf(analyzed: AnalyzedSelect, outer: Place): Parts {
  const { ast, sources } = analyzed;
  const scope = new Map(outer.scope);
  const place: Place = { ...outer, scope };
  const conditions: SqlFragment[] = [];
  const from = sources.map((source, at) => {
    const alias = outer.aliases.next({ query: ast, source: source.source });
    const { fields, optional, query } = source;
    scope.set(source.alias, { alias, fields, optional, labelled: query !== null });
    const restricted = restriction(source, alias, outer);
    const join = ast.joins[at - 1];
    if (!join) {
      if (restricted) conditions.push(restricted);
      return sql`${sourceOf(source, outer)} AS ${name(alias)}`;
    }
    // A partner that may not be read is no partner: that is settled before the join, not after it.
    const on = tree([compileCondition(join.on, place), ...(restricted ? [restricted] : [])], "AND");
    const keyword = join.kind === "left" ? sql`LEFT JOIN` : sql`JOIN`;
    return sql`${keyword} ${sourceOf(source, outer)} AS ${name(alias)} ON ${on}`;
  });
  if (ast.where) conditions.push(compileCondition(ast.where, place));
  const where = conditions.length > 0 ? sql` WHERE ${tree(conditions, "AND")}` : sql``;
  const groupBy = ast.groupBy.length > 0 ? groups(analyzed, place) : sql``;
  const having = ast.having ? sql` HAVING ${compileCondition(ast.having, place)}` : sql``;
  return { body: sql` FROM ${join(from, " ")}${where}${groupBy}${having}`, place };
}

/**
 * A column of a query around is one value for all rows, so grouping by it makes one group of them. D1 does not find
 * such a column there when the query stands in a join's condition.
 */
function groups({ ast, sources }: AnalyzedSelect, place: Place): SqlFragment {
  const own = ast.groupBy.filter(({ alias }) => sources.some((source) => source.alias === alias));
  // Not a number alone: that would be the place of an output.
  const keys = own.length > 0 ? own.map((column) => operandOf(column, place)) : [sql`1 + 0`];
  return sql` GROUP BY ${join(keys)}`;
}

function sourceOf({ source, query }: AnalyzedSource, place: Place): SqlFragment {
  if (query) return sql`(${compileSubquery(query, place)})`;
  return place.compiler.source(tableOf(source, place.compiler));
}

function restriction({ source }: AnalyzedSource, alias: string, place: Place): SqlFragment | null {
  if (source.kind !== "table") return null;
  const { compiler, aliases } = place;
  return compiler.restrict?.(tableOf(source, compiler), alias, aliases) ?? null;
}

function tableOf(source: AnalyzedSource["source"], compiler: Compiler): TableInfo {
  if (source.kind === "table") return requireTable(compiler.schema, source.table);
  throw new PlasmaError("invalid-query", `"${source.alias}" is a subquery, not a table.`);
}

function orderBy({ order, grouped, sources }: AnalyzedSelect, place: Place): SqlFragment {
  if (order.length === 0) return sql``;
  const { dialect } = place.compiler;
  const resort = grouped && sources.some(({ query }) => query !== null);
  const terms = order.map(({ operand, direction }) => {
    const value = operandOf(operand, place);
    const sorted = resort ? dialect.resorted(value) : value;
    return dialect.orderTerm(sorted, direction, isNullable(operand, place));
  });
  return sql` ORDER BY ${join(terms)}`;
}

function isNullable(operand: OrderTerm["operand"], place: Place): boolean {
  if (operand.kind === "aggregate") return operand.fn !== "count";
  const { field, source } = columnFragment(operand, place);
  return field.nullable || source.optional;
}

const OPERATORS = { eq: "=", ne: "<>", gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

/** A condition as an expression that is true, false or null. Analysis has seen to it that it is not too deep. */
export function compileCondition(condition: Condition, place: Place): SqlFragment {
  const { dialect } = place.compiler;
  switch (condition.kind) {
    case "constant":
      return dialect.truth(condition.value);
    case "compare": {
      if (isNullValue(condition.left) || isNullValue(condition.right)) return dialect.truth(null);
      const operator = { text: OPERATORS[condition.op], params: [] };
      return sql`(${operandOf(condition.left, place)} ${operator} ${operandOf(condition.right, place)})`;
    }
    case "in": {
      if (condition.values.length === 0) return dialect.truth(false);
      // Values that are all null have no type that the operand could be compared with.
      if (isNullValue(condition.operand) || condition.values.every((value) => value === null)) {
        return dialect.truth(null);
      }
      return sql`(${operandOf(condition.operand, place)} IN (${dialect.values(condition.values)}))`;
    }
    case "isNull":
      if (isNullValue(condition.operand)) return dialect.truth(true);
      return sql`(${operandOf(condition.operand, place)} IS NULL)`;
    case "like":
      if (isNullValue(condition.operand)) return dialect.truth(null);
      return dialect.like(operandOf(condition.operand, place), condition);
    case "and":
    case "or": {
      if (condition.conditions.length === 0) return dialect.truth(condition.kind === "and");
      const parts = condition.conditions.map((part) => compileCondition(part, place));
      return tree(parts, condition.kind === "and" ? "AND" : "OR");
    }
    case "not":
      return sql`(NOT ${compileCondition(condition.condition, place)})`;
    case "exists":
      return compileExists(condition.query, place);
  }
}

function isNullValue(operand: Operand): boolean {
  return operand.kind === "value" && operand.value === null;
}

function compileExists(query: SelectAst, place: Place): SqlFragment {
  const { dialect, schema } = place.compiler;
  if (query.limit === 0) return dialect.truth(false);
  const analyzed = analyzeSelect(schema, query);
  if (query.distinct && query.offset > 0) {
    // Only then does it matter how many of the rows are different. Not as the subquery of EXISTS itself: SQLite
    // leaves the DISTINCT of such a one out.
    const parts = partsOf(analyzed, place);
    const outputs = analyzed.outputs.map(({ operand }) => operandOf(operand, parts.place));
    const columns = outputs.map((raw, at) => sql`${raw} AS ${name(`c${at}`)}`);
    const window = dialect.window({ limit: 1, offset: query.offset });
    return sql`EXISTS (SELECT 1 FROM (SELECT DISTINCT ${join(columns)}${parts.body}) AS q${window})`;
  }
  const { body } = partsOf(analyzed, place);
  const skip = query.offset > 0 ? dialect.window({ limit: 1, offset: query.offset }) : sql``;
  // Without GROUP BY it is the aggregate that makes one group of all rows, even of none.
  const one = analyzed.grouped && query.groupBy.length === 0 ? sql`count(*)` : sql`1`;
  return sql`EXISTS (SELECT ${one}${body}${skip})`;
}

function operandOf(operand: Operand, place: Place): SqlFragment {
  const { dialect } = place.compiler;
  switch (operand.kind) {
    case "value":
      return operand.value === null ? dialect.truth(null) : dialect.value(operand.value);
    case "column":
      return columnFragment(operand, place).value;
    case "aggregate":
      return aggregateFragment(operand, place);
  }
}

function aggregateFragment(operand: AggregateOperand, place: Place): SqlFragment {
  const { dialect } = place.compiler;
  if (operand.operand === null) return sql`count(*)`;
  const { value, field } = columnFragment(operand.operand, place);
  if (operand.fn === "count") {
    return operand.distinct ? sql`count(DISTINCT ${value})` : sql`count(${value})`;
  }
  return dialect.aggregate(operand.fn, value, field);
}

function columnFragment(
  { alias, column }: ColumnOperand,
  { scope }: Place,
): { readonly value: SqlFragment; readonly field: Field; readonly source: SqlSource } {
  const source = scope.get(alias);
  const field = source?.fields.get(column);
  if (!source || !field) {
    throw new PlasmaError(
      "unknown-column",
      `This query uses "${alias}.${column}", which is neither a column of one of its tables nor of a query around it.`,
    );
  }
  const label = source.labelled ? `c${[...source.fields.keys()].indexOf(column)}` : column;
  return { value: columnOf(source.alias, label), field, source };
}
