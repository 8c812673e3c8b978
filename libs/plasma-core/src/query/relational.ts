/** `db.query.todos.findMany({ with: … })`: the builder of relational queries, and how one is answered from selects. */

import type { Row, AnyTable, InferRow } from "../schema/table.ts";
import { requireTable } from "../schema/schema.ts";
import type { Schema } from "../schema/schema.ts";
import { PlasmaDefinitionError, PlasmaError } from "../errors.ts";
import type { Condition, OrderTerm, SelectAst } from "./ast.ts";
import { orderTerm, requireCondition } from "./expression.ts";
import { keyLists } from "./key-lists.ts";
import { withKeyset } from "./keyset.ts";
import type { LiveQuery } from "./live-query.ts";
import type { AnyExpression } from "./operand.ts";
import type { QueryPlan } from "./query-plan.ts";
import type { QueryAst, RelatedAst, RelationalAst } from "./relational-ast.ts";
import { requireRelation } from "./relations.ts";
import type { ManyRelations, OneRelations } from "./relations.ts";
import { explain, tableQuery, wholeNumber } from "./select.ts";
import type { SelectRunner } from "./select.ts";

type Simplify<T> = { [K in keyof T]: T[K] } & {};
type TableOf<S extends Schema, N> = N extends keyof S["tables"] ? S["tables"][N] : AnyTable;

/** Which related rows to bring along: `true`, or options of their own. */
export type WithOptions<S extends Schema, T extends AnyTable> = {
  readonly [R in keyof OneRelations<T>]?: true | FindOptions<S, TableOf<S, OneRelations<T>[R]>>;
} & {
  readonly [R in keyof ManyRelations<S, T>]?:
    true | FindOptions<S, TableOf<S, ManyRelations<S, T>[R]>>;
};

/** Which rows of the table, and in which order. */
export interface FindWindow {
  readonly where?: Condition | undefined;
  readonly orderBy?: OrderTerm | AnyExpression | readonly (OrderTerm | AnyExpression)[];
  /** Among related rows it counts for each parent. */
  readonly limit?: number;
  readonly offset?: number;
  /** Only what comes after this row in the order: `after: page.at(-1)` is the next page. */
  readonly after?: Row | undefined;
}

export interface FindOptions<S extends Schema, T extends AnyTable> extends FindWindow {
  readonly with?: WithOptions<S, T>;
}

type RelationsOf<S extends Schema, T extends AnyTable> =
  keyof OneRelations<T> | keyof ManyRelations<S, T>;

interface NoSuchRelation<Name extends string> {
  readonly name: Name;
}

/** Names that are no relation of the table do not compile, and the compiler says which. */
type OnlyRelations<S extends Schema, T extends AnyTable, W> = {
  readonly [K in Exclude<keyof W & string, RelationsOf<S, T>>]: NoSuchRelation<K>;
};

type Nested<S extends Schema, T extends AnyTable, O> = O extends { readonly with: infer W }
  ? RelatedRows<S, T, W>
  : unknown;

type RelatedRows<S extends Schema, T extends AnyTable, W> = {
  -readonly [R in keyof W]: R extends keyof OneRelations<T>
    ? // Null as well when the row is out of the person's sight.
      FoundRow<S, TableOf<S, OneRelations<T>[R]>, W[R]> | null
    : R extends keyof ManyRelations<S, T>
      ? FoundRow<S, TableOf<S, ManyRelations<S, T>[R]>, W[R]>[]
      : never;
};

/** A row with what was asked for `with` it. */
export type FoundRow<S extends Schema, T extends AnyTable, O> = Simplify<
  InferRow<T> & Nested<S, T, O>
>;

/** Awaiting it runs it; `.live()` keeps it up to date. */
export interface RelationalQuery<Result, R> extends PromiseLike<Result> {
  readonly ast: RelationalAst;
  live(): LiveQuery<R>;
  /** How the query is run, a select for each relation. Not inside a mutator. */
  explain(): Promise<QueryPlan>;
}

type NoRelations = Record<never, never>;

export interface TableQueries<S extends Schema, T extends AnyTable> {
  findMany<const W extends WithOptions<S, T> = NoRelations>(
    options?: FindWindow & { readonly with?: W & OnlyRelations<S, T, W> },
  ): RelationalQuery<FoundRow<S, T, { readonly with: W }>[], FoundRow<S, T, { readonly with: W }>>;
  /** The first row in order, or undefined. */
  findFirst<const W extends WithOptions<S, T> = NoRelations>(
    options?: FindWindow & { readonly with?: W & OnlyRelations<S, T, W> },
  ): RelationalQuery<
    FoundRow<S, T, { readonly with: W }> | undefined,
    FoundRow<S, T, { readonly with: W }>
  >;
}

export type RelationalDb<S extends Schema> = {
  readonly [N in keyof S["tables"]]: TableQueries<S, S["tables"][N]>;
};

export function relationalDb<S extends Schema>(schema: S, runner: SelectRunner): RelationalDb<S> {
  let TablesOfSchema = classes.get(schema);
  if (!TablesOfSchema) classes.set(schema, (TablesOfSchema = classOf(schema)));
  return new TablesOfSchema(runner) as RelationalDb<S>;
}

type TablesClass = new (runner: SelectRunner) => object;

// One is made for each mutation, and hardly any asks for a table: so what a table offers is made when it is asked for.
const classes = new WeakMap<Schema, TablesClass>();

function classOf(schema: Schema): TablesClass {
  class Tables {
    readonly #runner: SelectRunner;

    constructor(runner: SelectRunner) {
      this.#runner = runner;
    }

    static queries(tables: Tables, table: string): TableQueries<Schema, AnyTable> {
      return tableQueries(schema, table, tables.#runner);
    }
  }
  for (const table of schema.byName.keys()) {
    Object.defineProperty(Tables.prototype, table, {
      enumerable: true,
      get(this: Tables) {
        return Tables.queries(this, table);
      },
    });
  }
  return Tables;
}

function tableQueries(
  schema: Schema,
  table: string,
  runner: SelectRunner,
): TableQueries<Schema, AnyTable> {
  return {
    findMany: (options: AnyFindOptions = {}) =>
      relationalQuery(runner, relationalAst(schema, table, options), (rows) => rows),
    findFirst: (options: AnyFindOptions = {}) =>
      relationalQuery(
        runner,
        relationalAst(schema, table, { ...options, limit: 1 }),
        (rows) => rows[0],
      ),
  };
}

type AnyFindOptions = FindOptions<Schema, AnyTable>;

function relationalAst(schema: Schema, tableName: string, options: AnyFindOptions): RelationalAst {
  const { name } = requireTable(schema, tableName);
  const terms = options.orderBy === undefined ? [] : [options.orderBy].flat();
  const found = tableQuery(
    { kind: "table", table: name, alias: name },
    {
      where: options.where === undefined ? null : requireCondition("where", options.where),
      orderBy: terms.map(orderTerm),
      limit: options.limit === undefined ? null : wholeNumber("limit", options.limit),
      offset: options.offset === undefined ? 0 : wholeNumber("offset", options.offset),
    },
  );
  const query = options.after === undefined ? found : withKeyset(found, options.after);
  const related = Object.entries(options.with ?? {}).flatMap(
    ([relationName, nested]): RelatedAst[] => {
      if (nested === undefined) return [];
      if (nested !== true && (typeof nested !== "object" || nested === null)) {
        throw new PlasmaDefinitionError(
          `with: { ${relationName} } takes true or an object of options.`,
        );
      }
      const { cardinality, table, parentColumn, childColumn } = requireRelation(
        schema,
        name,
        relationName,
      );
      const child = relationalAst(schema, table, nested === true ? {} : (nested as AnyFindOptions));
      return [{ name: relationName, cardinality, parentColumn, childColumn, related: child }];
    },
  );
  return { kind: "relational", query, with: related };
}

function relationalQuery<Result, R>(
  runner: SelectRunner,
  ast: RelationalAst,
  pick: (rows: Row[]) => unknown,
): RelationalQuery<Result, R> {
  return {
    ast,
    live: () => {
      if (!runner.live) {
        throw new PlasmaError(
          "not-live",
          "Only a client's db can watch queries. Await this one instead of calling .live().",
        );
      }
      return runner.live(ast) as unknown as LiveQuery<R>;
    },
    explain: () => explain(runner, ast),
    then: (resolve, reject) =>
      runRelational(ast, (query) => runner.select(query))
        .then((rows) => pick(rows) as Result)
        .then(resolve, reject),
  };
}

/** Answers a relational query with one select for each relation, or a few if there are many thousand rows. */
export async function runRelational(
  ast: RelationalAst,
  select: (query: SelectAst) => Promise<Row[]>,
): Promise<Row[]> {
  const steps = assemble(ast, null);
  let step = steps.next();
  while (!step.done) step = steps.next(await select(step.value));
  return step.value;
}

/** The same for a source that answers at once. */
export function evaluateRelational(ast: RelationalAst, select: (query: SelectAst) => Row[]): Row[] {
  const steps = assemble(ast, null);
  let step = steps.next();
  while (!step.done) step = steps.next(select(step.value));
  return step.value;
}

/** The selects that a query needs, one after the other, and how their rows are put together. */
function* assemble(ast: RelationalAst, only: Condition | null): Generator<SelectAst, Row[], Row[]> {
  const where =
    only && ast.query.where
      ? { kind: "and" as const, conditions: [only, ast.query.where] }
      : (only ?? ast.query.where);
  // The window of related rows is cut for each parent, so the select below must not cut it for all.
  const window = only ? { limit: null, offset: 0 } : {};
  const rows = yield { ...ast.query, ...window, where };
  let result = rows;
  for (const related of ast.with) result = yield* attach(related, result);
  return result;
}

function* attach(related: RelatedAst, parents: readonly Row[]): Generator<SelectAst, Row[], Row[]> {
  const { name, cardinality, parentColumn, childColumn, related: child } = related;
  const keys = new Set(
    parents.map((row) => row[parentColumn]).filter((key) => typeof key === "string"),
  );
  const children = new Map<unknown, Row[]>();
  for (const values of keyLists(keys)) {
    const ofThese: Condition = {
      kind: "in",
      operand: { kind: "column", alias: child.query.from.alias, column: childColumn },
      values,
    };
    for (const row of yield* assemble(child, ofThese)) {
      const siblings = children.get(row[childColumn]);
      if (siblings) siblings.push(row);
      else children.set(row[childColumn], [row]);
    }
  }
  const { limit, offset } = child.query;
  return parents.map((parent) => {
    const all = children.get(parent[parentColumn]) ?? [];
    const window = all.slice(offset, limit === null ? undefined : offset + limit);
    return { ...parent, [name]: cardinality === "one" ? (window[0] ?? null) : window };
  });
}

/** The tables a query of either kind reads. */
export function selectsOf(ast: QueryAst): SelectAst[] {
  if (ast.kind === "select") return [ast];
  return [ast.query, ...ast.with.flatMap(({ related }) => selectsOf(related))];
}
