/** The select builder: immutable, typed by its table, plain AST underneath. */

import { PlasmaDefinitionError, PlasmaError } from "../errors.ts";
import { tableInfo } from "../schema/table.ts";
import type { AnyTable, InferRow, Row } from "../schema/table.ts";
import type { Condition, OrderTerm, SelectAst } from "./ast.ts";
import { asc, requireCondition } from "./expression.ts";
import { isColumn } from "../schema/column.ts";
import type { AnyColumn } from "../schema/column.ts";
import type { LiveQuery } from "./live-query.ts";
import { requireSelectScope } from "./scope.ts";

/** Whoever can answer a select. `live` is there only where results can be watched. */
export interface SelectRunner {
  select(query: SelectAst): Promise<Row[]>;
  live?(query: SelectAst): LiveQuery<Row>;
}

/** A select over one table. Awaiting it runs it; each method returns a new query. */
export interface SelectQuery<T> extends PromiseLike<T[]> {
  readonly ast: SelectAst;
  /** Conditions of several calls are joined by `and`; `undefined` adds none. */
  where(condition: Condition | undefined): SelectQuery<T>;
  /** Replaces an earlier order. The id is always the last term, so that the order is total. */
  orderBy(...terms: readonly (OrderTerm | AnyColumn)[]): SelectQuery<T>;
  limit(count: number): SelectQuery<T>;
  offset(count: number): SelectQuery<T>;
  /** A result that keeps itself up to date. Only on a client's `db`. */
  live(): LiveQuery<T>;
}

export interface SelectFrom {
  from<T extends AnyTable>(table: T): SelectQuery<InferRow<T>>;
}

/** Starts a query that is not run by itself: for `exists()` and for rules. */
export function select(): SelectFrom {
  return selectFrom(UNBOUND);
}

export function selectFrom(runner: SelectRunner): SelectFrom {
  return {
    from<T extends AnyTable>(table: T): SelectQuery<InferRow<T>> {
      const { name, alias } = tableInfo(table);
      const ast: SelectAst = {
        kind: "select",
        from: { table: name, alias },
        where: null,
        orderBy: [],
        limit: null,
        offset: 0,
      };
      // The runner answers with rows of the table that the AST names, which is T.
      return selectQuery(ast, runner) as unknown as SelectQuery<InferRow<T>>;
    },
  };
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

function selectQuery(ast: SelectAst, runner: SelectRunner): SelectQuery<Row> {
  const run = async () => {
    requireSelectScope(ast);
    return runner.select(ast);
  };
  const next = (change: Partial<SelectAst>) => selectQuery({ ...ast, ...change }, runner);
  return {
    ast,
    where: (condition) => {
      if (condition === undefined) return next({});
      const added = requireCondition("where", condition);
      return next({ where: ast.where ? { kind: "and", conditions: [ast.where, added] } : added });
    },
    orderBy: (...terms) =>
      next({
        orderBy: terms.map((term) => requireOwn(ast, isColumn(term) ? asc(term) : term)),
      }),
    limit: (count) => next({ limit: wholeNumber("limit", count) }),
    offset: (count) => next({ offset: wholeNumber("offset", count) }),
    live: () => {
      if (!runner.live) {
        throw new PlasmaError(
          "not-live",
          "Only a client's db can watch queries. Await this one instead of calling .live().",
        );
      }
      requireSelectScope(ast);
      return runner.live(ast);
    },
    then: (resolve, reject) => run().then(resolve, reject),
  };
}

function requireOwn(ast: SelectAst, term: OrderTerm): OrderTerm {
  if (term.operand.alias === ast.from.alias) return term;
  throw new PlasmaDefinitionError(
    `orderBy() takes columns of "${ast.from.alias}", but was given one of "${term.operand.alias}".`,
  );
}

function wholeNumber(what: string, count: number): number {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new PlasmaDefinitionError(
      `${what}() takes a whole number of 0 or more, but was given ${String(count)}.`,
    );
  }
  return count + 0;
}
