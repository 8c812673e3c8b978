/** A plan as a database tells it, in words that are the same for all of them. */

import type { QueryPlan, TableAccess } from "@sh1n4ps/plasma-core";

export interface DatabasePlan {
  readonly steps: readonly DatabasePlanStep[];
  readonly sort: QueryPlan["sort"];
  readonly detail: readonly string[];
}

export interface DatabasePlanStep {
  /** The alias that the statement gives to a table, or the table's name. */
  readonly relation: string;
  readonly access: TableAccess;
  readonly index?: string;
  readonly estimatedRows?: number;
}
