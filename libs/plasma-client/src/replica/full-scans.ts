/**
 * Tells a developer of queries that read many rows because no index serves them: once for each query, whatever its
 * values.
 *
 * It counts while the query runs. A query is quiet when it asks for all rows of its tables, and when the index that
 * would serve it is declared: then there is nothing more that an app can do.
 */

import {
  adviseIndex,
  encodeTagged,
  selectsOf,
  sourcesOf,
  walkCondition,
} from "@sh1n4ps/plasma-core";
import type { Condition, PlanStep, QueryAst, Row, Schema, SelectAst } from "@sh1n4ps/plasma-core";
import { countReads } from "./explain.ts";
import type { Rows } from "./rows.ts";

/** Runs a query in the given way. */
export type Answer = <R extends readonly Row[]>(
  query: QueryAst,
  rows: Rows,
  run: (query: QueryAst, rows: Rows) => R,
) => R;

/** Plainly. */
export const answerPlainly: Answer = (query, rows, run) => run(query, rows);

export interface FullScanWatchOptions {
  /** So many rows read by one query are many. */
  readonly rows: number;
  readonly warn: (message: string, details: unknown) => void;
}

/** Watches how it reads. */
export function watchFullScans({ rows: many, warn }: FullScanWatchOptions): Answer {
  const warned = new Set<string>();
  const shapes = new WeakMap<QueryAst, string>();
  return (query, rows, run) => {
    let shape = shapes.get(query);
    if (shape === undefined) shapes.set(query, (shape = shapeOf(query)));
    if (warned.has(shape)) return run(query, rows);
    const counter = countReads(rows);
    const result = run(query, counter.rows);
    for (const step of counter.steps()) {
      if (step.access !== "scan" || (step.rowsRead ?? 0) < many) continue;
      const message = messageOf(query, step, rows.schema);
      if (message === undefined) continue;
      warned.add(shape);
      warn(message, { query, step });
    }
    return result;
  };
}

/** Equal for queries that differ in their values only. */
function shapeOf(query: QueryAst): string {
  try {
    return JSON.stringify(encodeTagged(query), (key, part: unknown) =>
      key === "value" || key === "values" || key === "pattern" ? null : part,
    );
  } catch {
    return "too deep to be written down";
  }
}

function messageOf(query: QueryAst, step: PlanStep, schema: Schema): string | undefined {
  const { table, rowsRead, passes = 1 } = step;
  const what =
    passes === 1
      ? `A query reads all ${rowsRead} rows of "${table}".`
      : `A query goes ${passes} times through the rows of "${table}", and reads ${rowsRead} in all.`;
  const advice = readings(query, table).map(([select, alias]) =>
    adviseIndex(schema, select, alias),
  );
  for (const one of advice) {
    if (one.kind !== "declare") continue;
    return `${what} Declare an index on that table: indexes: [${JSON.stringify(one.columns)}]. The server uses it; this version of the client goes through all rows still.`;
  }
  if (advice.some(({ kind }) => kind === "unsuitable")) {
    return `${what} No index serves its conditions: add one by eq(), inArray() or a range.`;
  }
  return undefined;
}

/** The places where a query, its subqueries included, reads a table. */
function readings(query: QueryAst, table: string): [SelectAst, alias: string][] {
  return selectsOf(query)
    .flatMap(withSubqueries)
    .flatMap((select) =>
      sourcesOf(select).flatMap((source): [SelectAst, string][] =>
        source.kind === "table" && source.table === table ? [[select, source.alias]] : [],
      ),
    );
}

function withSubqueries(select: SelectAst): SelectAst[] {
  const inner: SelectAst[] = [];
  for (const source of sourcesOf(select)) if (source.kind === "subquery") inner.push(source.query);
  const conditions = [...select.joins.map(({ on }) => on), select.where, select.having];
  for (const condition of conditions) if (condition) inner.push(...subqueriesOf(condition));
  return [select, ...inner.flatMap(withSubqueries)];
}

function subqueriesOf(condition: Condition): SelectAst[] {
  const found: SelectAst[] = [];
  walkCondition(condition, (part) => {
    if (part.kind === "exists") found.push(part.query);
  });
  return found;
}
