/**
 * Tells a developer of queries that read large tables in full: once for each query, whatever its values.
 *
 * It explains queries beside running them, so it is for development. A query that asks for all rows of a table is
 * none of its concern, and neither is its own failure.
 */

import { adviseIndex, select } from "@sh1n4ps/plasma-core";
import type { IndexAdvice, PlanStep, Schema, SelectAst } from "@sh1n4ps/plasma-core";
import { SyncServerError } from "../errors.ts";
import type { NamedSource } from "../sql/compile.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { name, sql } from "../sql/fragment.ts";
import { explainOne, prepare } from "./explain.ts";
import type { ExplainedSelect } from "./explain.ts";
import type { Rules } from "./rules.ts";

export interface FullScanWatch {
  /** A query that was run, under these rules. */
  look(query: SelectAst, rules: Rules | null): Promise<void>;
  /** What a pull asks: who may read which rows. */
  lookAtRules(rules: Rules): Promise<void>;
}

export interface FullScanWatchOptions {
  readonly schema: Schema;
  readonly executor: SqlExecutor;
  /** Tables with fewer rows are small. */
  readonly rows: number;
  readonly report: (warning: SyncServerError) => void;
}

/** How many queries it remembers to have seen. */
const MAX_SEEN = 1000;

export function watchFullScans(options: FullScanWatchOptions): FullScanWatch {
  const { schema, executor, report } = options;
  const seen = new Set<string>();
  const look = async (query: SelectAst, rules: Rules | null): Promise<void> => {
    try {
      const prepared = prepare({ schema, executor, rules }, query);
      // Values are bound, so queries that differ in them only have one text.
      const { text } = prepared.statement;
      if (seen.has(text) || seen.size >= MAX_SEEN) return;
      seen.add(text);
      const plan = await explainOne(prepared, executor);
      for (const warning of await warningsOf(plan, options)) report(warning);
    } catch {
      // The query itself has its own way to fail.
    }
  };
  return {
    look,
    async lookAtRules(rules) {
      for (const table of Object.values(schema.tables)) {
        await look(select().from(table).ast, rules);
      }
    },
  };
}

async function warningsOf(
  plan: ExplainedSelect,
  { schema, executor, rows }: FullScanWatchOptions,
): Promise<SyncServerError[]> {
  const warnings: SyncServerError[] = [];
  for (const { step, of } of plan.steps) {
    if (!isFullScan(step, of, plan)) continue;
    const advice = adviseIndex(schema, of.query, of.source.alias);
    if (advice.kind === "wants-all") continue;
    const [counted] = await executor.all(sql`SELECT count(*) AS rows FROM ${name(step.table)}`);
    const count = Number(counted?.["rows"]);
    if (count < rows) continue;
    warnings.push(
      new SyncServerError("full-scan", messageOf(step, count, advice), {
        details: {
          table: step.table,
          rows: count,
          access: step.access,
          ...(advice.kind === "declare" && { index: advice.columns }),
          sql: plan.statement.text,
        },
      }),
    );
  }
  return warnings;
}

function isFullScan({ access }: PlanStep, { query }: NamedSource, plan: ExplainedSelect): boolean {
  switch (access) {
    case "scan":
    case "temporary-index":
      return true;
    case "index-scan":
      // In the order of an index and with a limit, it stops early.
      return query.limit === null || query.where !== null || plan.sort === "full";
    case "primary-key":
    case "index":
      return false;
  }
}

function messageOf({ table }: PlanStep, count: number, advice: IndexAdvice): string {
  const what = `A query reads all ${count} rows of "${table}".`;
  switch (advice.kind) {
    case "declare":
      return `${what} Declare an index on that table: indexes: [${JSON.stringify(advice.columns)}].`;
    case "declared":
      return `${what} An index that would serve it is declared, but the database does not use it: see its plan with explainSelect().`;
    case "unsuitable":
    case "wants-all":
      return `${what} No index serves its conditions: add one by eq(), inArray() or a range.`;
  }
}
