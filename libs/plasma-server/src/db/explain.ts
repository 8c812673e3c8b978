/**
 * How a database runs a query: the SQL that the engine makes of it is handed to the database's own EXPLAIN, and the
 * answer is put into the words of core's `QueryPlan`. Nothing of the query itself is run.
 *
 * A read rule that is a predicate in JavaScript is not a part of the SQL. Where it decides about rows of a subquery or
 * a join, all rows of its table are read beforehand; that is a step of its own.
 */

import { explainedSelects, requireTable, syncedSchema, tablesOfSelect } from "@sh1n4ps/plasma-core";
import type {
  AuthorizePolicy,
  PlanStep,
  QueryAst,
  QueryPlan,
  Schema,
  SelectAst,
} from "@sh1n4ps/plasma-core";
import { compileSelect, newAliases } from "../sql/compile.ts";
import type { Aliases, Compiler, NamedSource } from "../sql/compile.ts";
import type { DatabasePlan } from "../sql/database-plan.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import type { SqlExecutor, Statement } from "../sql/executor.ts";
import { name, sql } from "../sql/fragment.ts";
import { readPostgresPlan } from "../sql/postgres-plan.ts";
import { readSqlitePlan } from "../sql/sqlite-plan.ts";
import { bindRules, compileRule } from "./rules.ts";
import type { Rules } from "./rules.ts";

export interface ExplainOptions {
  readonly schema: Schema;
  readonly executor: SqlExecutor;
  readonly query: QueryAst | { readonly ast: QueryAst };
  /** The person who asks: their read rules are a part of the plan. Without it no rules are asked. */
  readonly ctx?: unknown;
  /** What becomes of tables without a rule. Default: allowed. */
  readonly policy?: AuthorizePolicy;
}

/** Which indexes a query uses, which tables it reads in full, and in which SQL. The tables must be there. */
export async function explainSelect(options: ExplainOptions): Promise<QueryPlan> {
  const { executor, query, ctx, policy = { default: "allow" } } = options;
  // Of tables that stay on the device there is nothing to explain here.
  const schema = syncedSchema(options.schema);
  const rules = ctx === undefined ? null : bindRules(ctx, policy);
  const plans: ExplainedSelect[] = [];
  for (const select of explainedSelects(schema, "ast" in query ? query.ast : query)) {
    plans.push(await explainOne(prepare({ schema, executor, rules }, select), executor));
  }
  return {
    engine: executor.dialect,
    steps: plans.flatMap(({ steps }) => steps.map(({ step }) => step)),
    sort: plans.reduce<QueryPlan["sort"]>((most, { sort }) => moreOf(most, sort), "none"),
    sql: plans.map(({ statement }) => statement.text).join(";\n"),
    detail: plans.flatMap(({ detail }) => detail),
  };
}

export interface ExplainWorld {
  readonly schema: Schema;
  readonly executor: SqlExecutor;
  /** Null: no rules are asked. */
  readonly rules: Rules | null;
}

/** A select as SQL, and what its aliases stand for. */
export interface PreparedSelect {
  readonly statement: Statement;
  readonly sources: ReadonlyMap<string, NamedSource>;
  /** Read in full beforehand, for the sake of a predicate. */
  readonly judged: readonly NamedSource[];
}

export interface ExplainedSelect extends Pick<DatabasePlan, "sort" | "detail"> {
  readonly statement: Statement;
  readonly steps: readonly { readonly step: PlanStep; readonly of: NamedSource }[];
}

export function prepare(
  { schema, executor, rules }: ExplainWorld,
  query: SelectAst,
): PreparedSelect {
  const sources = new Map<string, NamedSource>();
  const numbered = newAliases();
  const aliases: Aliases = {
    next: (of) => {
      const alias = numbered.next();
      if (of) sources.set(alias, of);
      return alias;
    },
  };
  const compiler: Compiler = {
    schema,
    dialect: dialectOf(executor),
    source: (table) => name(table.name),
  };
  const isPredicate = (table: string) =>
    rules?.of(requireTable(schema, table), "read").kind === "predicate";
  const { from } = query;
  // Then it is asked of the rows that are found, and the window is cut last.
  const isAskedLast =
    from.kind === "table" &&
    isPredicate(from.table) &&
    query.joins.length === 0 &&
    !query.projection;
  const asked = isAskedLast ? { ...query, limit: null, offset: 0 } : query;
  const { statement } = compileSelect(
    asked,
    {
      ...compiler,
      restrict: (table, alias) => {
        const rule = rules?.of(table, "read");
        if (rule?.kind !== "expression") return null;
        return compileRule(rule.condition, { table, alias }, { compiler, aliases });
      },
    },
    aliases,
  );
  const judged = [...tablesOfSelect(query)]
    .filter((table) => isPredicate(table) && !(isAskedLast && table === from.table))
    .map((table): NamedSource => ({ query, source: { kind: "table", table, alias: table } }));
  return { statement, sources, judged };
}

export async function explainOne(
  { statement, sources, judged }: PreparedSelect,
  executor: SqlExecutor,
): Promise<ExplainedSelect> {
  const plan = await askDatabase(statement, executor);
  const beforehand = judged.map((of) => ({ step: stepOf(of, { access: "scan" }), of }));
  const steps = plan.steps.flatMap(({ relation, ...how }) => {
    const of = sources.get(relation) ?? byTable(sources, relation);
    // Lists of values and the results of subqueries are no tables.
    return of?.source.kind === "table" ? [{ step: stepOf(of, how), of }] : [];
  });
  return {
    statement,
    steps: [...beforehand, ...steps],
    sort: plan.sort,
    detail: plan.detail,
  };
}

async function askDatabase(statement: Statement, executor: SqlExecutor): Promise<DatabasePlan> {
  switch (executor.dialect) {
    case "sqlite":
      return readSqlitePlan(await executor.all(sql`EXPLAIN QUERY PLAN ${statement}`));
    case "postgres":
      return readPostgresPlan(await executor.all(sql`EXPLAIN (FORMAT JSON) ${statement}`));
  }
}

/** SQLite calls a table by its name where it only counts its rows. */
function byTable(
  sources: ReadonlyMap<string, NamedSource>,
  table: string,
): NamedSource | undefined {
  return [...sources.values()].find(
    ({ source }) => source.kind === "table" && source.table === table,
  );
}

function stepOf({ source }: NamedSource, how: Omit<PlanStep, "table" | "alias">): PlanStep {
  return {
    table: source.kind === "table" ? source.table : source.alias,
    alias: source.alias,
    ...how,
  };
}

function moreOf(left: QueryPlan["sort"], right: QueryPlan["sort"]): QueryPlan["sort"] {
  const grades: QueryPlan["sort"][] = ["none", "partial", "full"];
  return grades.indexOf(left) > grades.indexOf(right) ? left : right;
}
