/**
 * How the device runs a query, found out by running it over rows that count how often they are read.
 *
 * What the counts tell is what happens: a query over one table that names ids looks those up, and every other reading
 * of a table goes through all of it, once for each row around a subquery. Declared indexes are not used here. Joins
 * read each table once and compare every pair, which the counts do not show; results are always sorted.
 */

import type { PlanStep, QueryAst, QueryPlan, Row } from "@sh1n4ps/plasma-core";
import { answerQuery } from "./rows.ts";
import type { Rows } from "./rows.ts";

/** The plan of a query over these rows, with the rows that it read. */
export function explainQuery(query: QueryAst, rows: Rows): QueryPlan {
  const counter = countReads(rows);
  const result = answerQuery(query, counter.rows);
  return {
    engine: "memory",
    steps: counter.steps(),
    sort: "full",
    resultRows: result.length,
  };
}

export interface ReadCounter {
  /** The same rows, whose reading is counted. */
  readonly rows: Rows;
  steps(): PlanStep[];
}

interface Count {
  rowsRead: number;
  passes: number;
}

export function countReads(rows: Rows): ReadCounter {
  const scans = new Map<string, Count>();
  const lookups = new Map<string, Count>();
  const countOf = (counts: Map<string, Count>, table: string): Count => {
    let count = counts.get(table);
    if (!count) counts.set(table, (count = { rowsRead: 0, passes: 0 }));
    count.passes++;
    return count;
  };
  return {
    rows: {
      schema: rows.schema,
      get: (table, id) => {
        const count = countOf(lookups, table);
        const row = rows.get(table, id);
        if (row) count.rowsRead++;
        return row;
      },
      rows: (table) => counted(rows.rows(table), countOf(scans, table)),
    },
    steps: () => [
      ...[...lookups].map(([table, count]) => stepOf(table, "primary-key", count)),
      ...[...scans].map(([table, count]) => stepOf(table, "scan", count)),
    ],
  };
}

function* counted(rows: Iterable<Row>, count: Count): Iterable<Row> {
  for (const row of rows) {
    count.rowsRead++;
    yield row;
  }
}

function stepOf(table: string, access: "primary-key" | "scan", count: Count): PlanStep {
  return { table, alias: table, access, ...count };
}
