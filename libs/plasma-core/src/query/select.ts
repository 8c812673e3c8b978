/** The select builder: immutable, typed by its tables and projection, plain AST underneath. */

import { PlasmaDefinitionError, PlasmaError } from "../errors.ts";
import type { AnyColumn, Column } from "../schema/column.ts";
import { checkName } from "../schema/name.ts";
import { describeValue } from "../schema/value.ts";
import { isTable, tableInfo } from "../schema/table.ts";
import type { AnyTable, InferRow, Row, TableAlias } from "../schema/table.ts";
import type { Condition, Join, OrderTerm, ProjectionField, SelectAst, Source } from "./ast.ts";
import { asBuilt } from "./built.ts";
import { orderTerm, requireCondition, requireSelect } from "./expression.ts";
import { withKeyset } from "./keyset.ts";
import type { LiveQuery } from "./live-query.ts";
import { columnOperand, expressionOperand, isExpression } from "./operand.ts";
import type { Aggregate, AnyExpression, ColumnRef } from "./operand.ts";
import type { QueryPlan } from "./query-plan.ts";
import type { QueryAst } from "./relational-ast.ts";
import { requireSelectScope } from "./scope.ts";

/** Whoever can answer a select. `live` is there only where results can be watched. */
export interface SelectRunner {
  select(query: SelectAst): Promise<Row[]>;
  live?(query: QueryAst): LiveQuery<Row>;
  explain?(query: QueryAst): Promise<QueryPlan>;
}

/** What a projection may hold: columns, aggregates, and whole tables. */
export type Selection = Readonly<Record<string, AnyExpression | AnyTable>>;

/** What the types of a query need to know. */
export interface QueryShape {
  readonly selection: Selection | null;
  /** The row of each source, by alias. */
  readonly sources: Record<string, unknown>;
  /** The aliases whose row may be missing: the right sides of left joins. */
  readonly nullable: string;
  readonly joined: boolean;
}

// Inference only: a query over anything.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyShape = any;

type Simplify<T> = { [K in keyof T]: T[K] } & {};
type MaybeNull<T, IsNull extends boolean> = IsNull extends true ? T | null : T;

type Projected<X, Nullable extends string> =
  X extends Aggregate<infer T>
    ? T
    : X extends Column<infer T, boolean>
      ? X extends { readonly alias: infer A }
        ? MaybeNull<T, A extends Nullable ? true : false>
        : T
      : X extends ColumnRef<infer T>
        ? T
        : X extends AnyTable
          ? MaybeNull<InferRow<X>, TableAlias<X> extends Nullable ? true : false>
          : never;

/** The row that a query of this shape gives. */
export type ResultRow<Q extends QueryShape> = Q["selection"] extends null
  ? Q["joined"] extends true
    ? Simplify<{
        [A in keyof Q["sources"]]: MaybeNull<
          Q["sources"][A],
          A extends Q["nullable"] ? true : false
        >;
      }>
    : Q["sources"][keyof Q["sources"]]
  : Simplify<{
      -readonly [K in keyof Q["selection"]]: Projected<Q["selection"][K], Q["nullable"]>;
    }>;

type WithSource<Q extends QueryShape, A extends string, R, Nullable extends string> = {
  readonly selection: Q["selection"];
  readonly sources: Q["sources"] & Record<A, R>;
  readonly nullable: Q["nullable"] | Nullable;
  readonly joined: true;
};

type Joined<Q extends QueryShape, T extends AnyTable, Nullable extends string> = SelectQuery<
  ResultRow<WithSource<Q, TableAlias<T>, InferRow<T>, Nullable>>,
  WithSource<Q, TableAlias<T>, InferRow<T>, Nullable>
>;

/** A select. Awaiting it runs it; each method returns a new query and leaves this one as it was. */
export interface SelectQuery<R, Q extends QueryShape = AnyShape> extends PromiseLike<R[]> {
  readonly ast: SelectAst;
  /** Keeps the pairs for which `on` is true. */
  innerJoin<T extends AnyTable>(table: T, on: Condition): Joined<Q, T, never>;
  /** Like `innerJoin`, but a row without a partner stays, with null in place of the partner. */
  leftJoin<T extends AnyTable>(table: T, on: Condition): Joined<Q, T, TableAlias<T>>;
  /** Conditions of several calls are joined by `and`; `undefined` adds none. */
  where(condition: Condition | undefined): SelectQuery<R, Q>;
  /** One row for each different combination of these columns; project them and aggregates. */
  groupBy(...columns: readonly (AnyColumn | ColumnRef)[]): SelectQuery<R, Q>;
  /** Keeps the groups for which the condition is true. It may use aggregates. */
  having(condition: Condition | undefined): SelectQuery<R, Q>;
  /** Replaces an earlier order. Ties are broken by the ids of the tables, so that the order is total. */
  orderBy(...terms: readonly (OrderTerm | AnyExpression)[]): SelectQuery<R, Q>;
  limit(count: number): SelectQuery<R, Q>;
  offset(count: number): SelectQuery<R, Q>;
  /**
   * Only what comes after this row of the result, in the query's order: `.limit(50).after(page.at(-1))` is the next
   * page, also when rows have come and gone. `undefined` starts at the beginning.
   */
  after(row: R | undefined): SelectQuery<R, Q>;
  /** A result that keeps itself up to date. Only on a client's `db`. */
  live(): LiveQuery<R>;
  /** How the query is run: which tables it reads in full, and which by id or index. Not inside a mutator. */
  explain(): Promise<QueryPlan>;
}

type First<S extends Selection | null, A extends string, R> = {
  readonly selection: S;
  readonly sources: Record<A, R>;
  readonly nullable: never;
  readonly joined: false;
};

export interface SelectFrom<S extends Selection | null> {
  from<T extends AnyTable>(
    table: T,
  ): SelectQuery<
    ResultRow<First<S, TableAlias<T>, InferRow<T>>>,
    First<S, TableAlias<T>, InferRow<T>>
  >;
  /** The rows of another query as the source; `colRef(alias, column)` names its columns. */
  fromSubquery<R, A extends string>(
    inner: SelectQuery<R>,
    alias: A,
  ): SelectQuery<ResultRow<First<S, A, R>>, First<S, A, R>>;
}

export interface SelectMethods {
  /** Whole rows. */
  select(): SelectFrom<null>;
  /** Only what is named: columns, aggregates, whole tables. The row type follows. */
  select<const S extends Selection>(selection: S): SelectFrom<S>;
  /** Each different row once. */
  selectDistinct(): SelectFrom<null>;
  selectDistinct<const S extends Selection>(selection: S): SelectFrom<S>;
}

export function selectMethods(runner: SelectRunner): SelectMethods {
  const method = (distinct: boolean) => (selection?: Selection) =>
    selectFrom(runner, { projection: selection ? projection(selection) : null, distinct });
  return { select: method(false), selectDistinct: method(true) } as SelectMethods;
}

const UNBOUND: SelectRunner = {
  select: () =>
    Promise.reject(
      new PlasmaError(
        "unbound-query",
        "This query belongs to no database. Use db.select(), or pass it to exists().",
      ),
    ),
};

const unbound = selectMethods(UNBOUND);
/** Starts a query that is not run by itself: for `exists()`, subqueries and rules. */
export const select: SelectMethods["select"] = unbound.select;
export const selectDistinct: SelectMethods["selectDistinct"] = unbound.selectDistinct;

function projection(selection: Selection): ProjectionField[] {
  const fields = Object.entries(selection).map(([name, item]): ProjectionField => {
    if (name === "__proto__") {
      throw new PlasmaDefinitionError(
        'select() cannot name an output "__proto__", because no object can hold it. Choose another name.',
      );
    }
    if (isExpression(item)) return { kind: "value", name, operand: expressionOperand(item) };
    if (isTable(item)) return { kind: "row", name, alias: tableInfo(item).alias };
    throw new PlasmaDefinitionError(
      `select({ ${name} }) is neither a column nor an aggregate nor a table. Write for example { title: todos.title, total: count() }.`,
    );
  });
  if (fields.length === 0) {
    throw new PlasmaDefinitionError(
      "select({}) selects nothing. Name at least one column, or call select() for whole rows.",
    );
  }
  return fields;
}

function selectFrom(
  runner: SelectRunner,
  start: Pick<SelectAst, "projection" | "distinct">,
): SelectFrom<Selection | null> {
  // The runner answers with rows of the shape that the AST describes, which is what the types say.
  const from = (source: Source): SelectQuery<never> =>
    selectQuery(tableQuery(source, start), runner) as unknown as SelectQuery<never>;
  return {
    from: (table) => from(tableSource(table)),
    fromSubquery: (inner, alias) => {
      checkName("subquery", alias);
      return from({ kind: "subquery", query: requireSelect("fromSubquery", inner), alias });
    },
  };
}

/** The AST of a query over one source, with what `parts` adds to it. */
export function tableQuery(from: Source, parts: Partial<SelectAst> = {}): SelectAst {
  return {
    kind: "select",
    from,
    joins: [],
    projection: null,
    distinct: false,
    where: null,
    groupBy: [],
    having: null,
    orderBy: [],
    limit: null,
    offset: 0,
    ...parts,
  };
}

function tableSource(table: AnyTable): Source {
  if (!isTable(table))
    throw new PlasmaDefinitionError(
      `from() and joins take a table that was declared with table(), but were given ${describeValue(table)}.`,
    );
  const { name, alias } = tableInfo(table);
  return { kind: "table", table: name, alias };
}

/** `after` becomes a condition when the query is complete, because that depends on its order. */
function selectQuery(base: SelectAst, runner: SelectRunner, after?: Row): SelectQuery<Row> {
  let complete: SelectAst | undefined;
  const ast = () => (complete ??= after === undefined ? base : withKeyset(base, after));
  const checked = () => {
    requireSelectScope(ast());
    return ast();
  };
  const run = async () => runner.select(checked());
  const next = (change: Partial<SelectAst>) => selectQuery({ ...base, ...change }, runner, after);
  const join = (kind: Join["kind"]) => (table: AnyTable, on: Condition) =>
    next({
      joins: [
        ...base.joins,
        { kind, source: tableSource(table), on: requireCondition(`${kind}Join`, on) },
      ],
    }) as SelectQuery<never>;
  return asBuilt<SelectQuery<Row>>({
    get ast() {
      return ast();
    },
    innerJoin: join("inner"),
    leftJoin: join("left"),
    where: (condition) => next({ where: both(base.where, "where", condition) }),
    groupBy: (...columns) => next({ groupBy: columns.map(columnOperand) }),
    having: (condition) => next({ having: both(base.having, "having", condition) }),
    orderBy: (...terms) => next({ orderBy: terms.map(orderTerm) }),
    limit: (count) => next({ limit: wholeNumber("limit", count) }),
    offset: (count) => next({ offset: wholeNumber("offset", count) }),
    after: (row) => selectQuery(base, runner, row),
    live: () => {
      if (!runner.live) {
        throw new PlasmaError(
          "not-live",
          "Only a client's db can watch queries. Await this one instead of calling .live().",
        );
      }
      return runner.live(checked());
    },
    explain: async () => explain(runner, checked()),
    then: (resolve, reject) => run().then(resolve, reject),
  });
}

/** Asks the runner for its plan, if it can tell. */
export async function explain(runner: SelectRunner, ast: QueryAst): Promise<QueryPlan> {
  if (runner.explain) return runner.explain(ast);
  throw new PlasmaError(
    "not-explainable",
    "A mutator's db does not tell how it runs queries. Ask client.db, createServerDb() or explainSelect().",
  );
}

function both(
  left: Condition | null,
  place: string,
  right: Condition | undefined,
): Condition | null {
  if (right === undefined) return left;
  const added = requireCondition(place, right);
  if (!left) return added;
  // Side by side: the conditions of many calls do not lie in each other.
  const before = left.kind === "and" ? left.conditions : [left];
  return { kind: "and", conditions: [...before, added] };
}

export function wholeNumber(what: string, count: number): number {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new PlasmaDefinitionError(
      `${what}() takes a whole number of 0 or more, but was given ${String(count)}.`,
    );
  }
  return count + 0;
}
