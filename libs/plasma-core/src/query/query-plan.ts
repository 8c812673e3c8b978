/**
 * What `query.explain()` answers: how a query will be run, or was, in the same words for every engine.
 *
 * `access` tells how the rows of a table are found:
 * - `primary-key`: by id. `index`: by the values of an index's first columns.
 * - `index-scan`: all of an index, in its order. `scan`: all rows.
 * - `temporary-index`: all rows, once, into an index made for this query alone.
 */

export type TableAccess = "primary-key" | "index" | "index-scan" | "scan" | "temporary-index";

/** One place at which the rows of a table are looked up. */
export interface PlanStep {
  readonly table: string;
  /** What the query calls the table there. */
  readonly alias: string;
  readonly access: TableAccess;
  /** As the database calls it. */
  readonly index?: string;
  /** As the database estimates; only Postgres does. */
  readonly estimatedRows?: number;
  /** Counted while the query ran; only on a client. */
  readonly rowsRead?: number;
  /** How often the rows were gone through: a subquery goes through them for each row around it. Only on a client. */
  readonly passes?: number;
}

export interface QueryPlan {
  readonly engine: "memory" | "sqlite" | "postgres";
  readonly steps: readonly PlanStep[];
  /** Whether rows are sorted after they were found; `partial`: only among rows that an index gave as equal. */
  readonly sort: "none" | "partial" | "full";
  /** What a database is asked. A relational query asks once for each relation. */
  readonly sql?: string;
  /** The plan in the database's own words. */
  readonly detail?: readonly string[];
  /** How many rows there were in the result; only on a client. */
  readonly resultRows?: number;
}
