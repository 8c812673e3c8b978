/**
 * Conditions and selects as SQL.
 *
 * 1. Identifiers come from the schema and are quoted; values are bound. Aliases in SQL are the compiler's own (t0,
 *    t1, …), so that no query's alias can capture another's.
 * 2. The SQL means what core's evaluator says, three-valued logic included.
 * 3. Kinds that cannot be compared are a typed error, before anything runs.
 * 4. `restrict` adds a condition to the tables of subqueries: a person's query sees what the person may read. Rules
 *    are compiled without it: they look at everything.
 */

import { PlasmaError, requireColumn, requireTable } from "@sh1n4ps/plasma-core";
import type {
  ColumnKind,
  Condition,
  Operand,
  Schema,
  SelectAst,
  TableInfo,
  Value,
} from "@sh1n4ps/plasma-core";
import type { SqlDialect } from "./dialect.ts";
import { columnOf, integer, join, name, sql, tree } from "./fragment.ts";
import type { SqlFragment } from "./fragment.ts";
import { readColumns } from "./row-codec.ts";

export interface Compiler {
  readonly schema: Schema;
  readonly dialect: SqlDialect;
  /** What stands for a table after FROM: the table, or a view of it at another moment. */
  readonly source: (table: TableInfo) => SqlFragment;
  /** What else a row of a subquery's table has to meet; it goes by `alias`. */
  readonly restrict?: (table: TableInfo, alias: string, aliases: Aliases) => SqlFragment | null;
}

/** Hands out the aliases of one statement. */
export interface Aliases {
  next(): string;
}

/** What the aliases of an AST stand for at a place in the SQL. */
export type SqlScope = ReadonlyMap<string, { readonly alias: string; readonly table: TableInfo }>;

export interface SelectOptions {
  readonly compiler: Compiler;
  /** A further condition on the rows, by the alias that they got. */
  readonly also?: (alias: string, aliases: Aliases) => SqlFragment | null;
}

/** With a prefix of its own for each part of a statement that is compiled by itself. */
export function newAliases(prefix = "t"): Aliases {
  let count = 0;
  return { next: () => `${prefix}${count++}` };
}

export const EMPTY_SCOPE: SqlScope = new Map();

/** A whole select, its rows in order. */
export function compileSelect(query: SelectAst, options: SelectOptions): SqlFragment {
  const { compiler, also } = options;
  const aliases = newAliases();
  const table = requireTable(compiler.schema, query.from.table);
  const alias = aliases.next();
  const scope: SqlScope = new Map([[query.from.alias, { alias, table }]]);
  const conditions = [
    query.where && compileCondition(query.where, { compiler, aliases, scope }),
    also?.(alias, aliases) ?? null,
  ].filter((condition) => condition !== null);
  const order = query.orderBy.map(({ operand, direction }) => {
    const column = requireColumn(table, operand.column);
    if (column.kind === "json") throw notComparable("json", "a json document");
    // Null first when ascending, last when descending: SQLite's own way.
    return direction === "asc"
      ? columnOf(alias, column.name)
      : sql`${columnOf(alias, column.name)} DESC`;
  });
  return sql`SELECT ${readColumns(table, alias, compiler.dialect)} FROM ${compiler.source(table)} AS ${name(alias)} WHERE ${tree(conditions, "AND")} ORDER BY ${join([...order, columnOf(alias, "id")])}${window(query)}`;
}

function window({ limit, offset }: SelectAst): SqlFragment {
  if (limit === null && offset === 0) return sql``;
  return sql` LIMIT ${integer(limit ?? -1)} OFFSET ${integer(offset)}`;
}

export interface ConditionPlace {
  readonly compiler: Compiler;
  readonly aliases: Aliases;
  readonly scope: SqlScope;
}

/** A condition as an expression that is 1, 0 or null. */
export function compileCondition(condition: Condition, place: ConditionPlace): SqlFragment {
  if (depthOf(condition) > MAX_DEPTH) {
    throw new PlasmaError(
      "query-too-complex",
      "This condition is nested too deep. Split the query.",
    );
  }
  return compile(condition, place);
}

/** D1 allows expressions of depth 100; what the engine puts around a condition needs some of it. */
const MAX_DEPTH = 60;

function depthOf(condition: Condition): number {
  switch (condition.kind) {
    case "constant":
      return 1;
    case "isNull":
      return 2;
    case "compare":
      return 3;
    case "in":
    case "like":
      return 7;
    case "not":
      return 1 + depthOf(condition.condition);
    case "exists":
      return 3 + (condition.query.where ? depthOf(condition.query.where) : 0);
    case "and":
    case "or": {
      const deepest = Math.max(1, ...condition.conditions.map(depthOf));
      return deepest + Math.ceil(Math.log2(Math.max(1, condition.conditions.length)));
    }
  }
}

const OPERATORS = { eq: "=", ne: "<>", gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

function compile(condition: Condition, place: ConditionPlace): SqlFragment {
  const { dialect } = place.compiler;
  switch (condition.kind) {
    case "constant":
      return condition.value ? sql`1` : sql`0`;
    case "compare": {
      const left = operandOf(condition.left, place);
      const right = operandOf(condition.right, place);
      if (left.family === null || right.family === null) return sql`NULL`;
      checkComparable(left, right);
      const operator = { text: OPERATORS[condition.op], params: [] };
      return sql`(${left.sql} ${operator} ${right.sql})`;
    }
    case "in": {
      if (condition.values.length === 0) return sql`0`;
      const operand = operandOf(condition.operand, place);
      if (operand.family === null) return sql`NULL`;
      for (const value of condition.values) {
        if (value !== null) checkComparable(operand, valueOperand(value, dialect));
      }
      return sql`(${operand.sql} IN (${dialect.values(condition.values)}))`;
    }
    case "isNull": {
      const operand = operandOf(condition.operand, place);
      return operand.family === null ? sql`1` : sql`(${operand.sql} IS NULL)`;
    }
    case "like": {
      const operand = operandOf(condition.operand, place);
      if (operand.family === null) return sql`NULL`;
      if (operand.family !== "text")
        throw new PlasmaError("type-mismatch", "like() needs a text column.");
      return dialect.like(operand.sql, condition.pattern);
    }
    case "and":
    case "or": {
      const parts = condition.conditions.map((part) => compile(part, place));
      return tree(parts, condition.kind === "and" ? "AND" : "OR");
    }
    case "not":
      return sql`(NOT ${compile(condition.condition, place)})`;
    case "exists":
      return compileExists(condition.query, place);
  }
}

function compileExists(query: SelectAst, place: ConditionPlace): SqlFragment {
  const { compiler, aliases } = place;
  if (query.limit === 0) return sql`0`;
  const table = requireTable(compiler.schema, query.from.table);
  const alias = aliases.next();
  const scope: SqlScope = new Map(place.scope).set(query.from.alias, { alias, table });
  const conditions = [
    query.where && compile(query.where, { compiler, aliases, scope }),
    compiler.restrict?.(table, alias, aliases) ?? null,
  ].filter((condition) => condition !== null);
  const skip = query.offset > 0 ? sql` LIMIT 1 OFFSET ${integer(query.offset)}` : sql``;
  return sql`EXISTS (SELECT 1 FROM ${compiler.source(table)} AS ${name(alias)} WHERE ${tree(conditions, "AND")}${skip})`;
}

/** Values of one family compare with each other; null stands for the value null. */
type Family = "text" | "number" | "boolean" | "date" | "blob" | "json" | null;

interface CompiledOperand {
  readonly sql: SqlFragment;
  readonly family: Family;
}

function operandOf(operand: Operand, place: ConditionPlace): CompiledOperand {
  if (operand.kind === "value") return valueOperand(operand.value, place.compiler.dialect);
  const target = place.scope.get(operand.alias);
  if (!target) {
    throw new PlasmaError(
      "unknown-table",
      `This query uses a column of "${operand.alias}", which is neither its table nor one of an outer query.`,
    );
  }
  const column = requireColumn(target.table, operand.column);
  return { sql: columnOf(target.alias, column.name), family: familyOfKind(column.kind) };
}

function valueOperand(value: Value, dialect: SqlDialect): CompiledOperand {
  if (value === null) return { sql: sql`NULL`, family: null };
  return { sql: dialect.value(value), family: familyOfValue(value) };
}

function familyOfKind(kind: ColumnKind): Exclude<Family, null> {
  switch (kind) {
    case "id":
    case "ref":
    case "text":
      return "text";
    case "int":
    case "bigint":
    case "real":
      return "number";
    case "timestamp":
      return "date";
    case "boolean":
    case "blob":
    case "json":
      return kind;
  }
}

function familyOfValue(value: NonNullable<Value>): Exclude<Family, null> {
  switch (typeof value) {
    case "string":
      return "text";
    case "number":
    case "bigint":
      return "number";
    case "boolean":
      return "boolean";
    case "object":
      return value instanceof Date ? "date" : "blob";
  }
}

function checkComparable(left: CompiledOperand, right: CompiledOperand): void {
  if (left.family !== right.family || left.family === "json") {
    throw notComparable(left.family, right.family);
  }
}

function notComparable(left: Family | string, right: Family | string): PlasmaError {
  return new PlasmaError("type-mismatch", `A ${left} cannot be compared with a ${right}.`);
}
