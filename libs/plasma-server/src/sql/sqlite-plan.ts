/**
 * EXPLAIN QUERY PLAN, as SQLite and D1 tell it: a line for each thing that is done, such as
 * `SEARCH t0 USING INDEX todos$listId (listId=?)`.
 */

import type { TableAccess } from "@sh1n4ps/plasma-core";
import type { DatabasePlan, DatabasePlanStep } from "./database-plan.ts";
import type { SqlRow } from "./executor.ts";

export function readSqlitePlan(rows: readonly SqlRow[]): DatabasePlan {
  const detail = rows.map((row) => String(row["detail"]));
  const steps = detail.flatMap((line) => stepOf(line) ?? []);
  return { steps, sort: sortOf(detail), detail };
}

/** SCAN or SEARCH, what is read, and how. */
const ACCESS = /^(SCAN|SEARCH) (\S+)(?: EXISTS)?(?: USING (.+))?$/;
const INDEX = /^(?:COVERING )?INDEX (\S+)/;

function stepOf(line: string): DatabasePlanStep | null {
  const [, verb, relation, using = ""] = ACCESS.exec(line) ?? [];
  if (relation === undefined) return null;
  const [, index] = INDEX.exec(using) ?? [];
  const access = accessOf({ isSearch: verb === "SEARCH", using, index });
  return { relation, access, ...(index !== undefined && { index }) };
}

function accessOf(how: {
  isSearch: boolean;
  using: string;
  index?: string | undefined;
}): TableAccess {
  const { isSearch, using, index } = how;
  if (using.startsWith("AUTOMATIC ")) return "temporary-index";
  if (/^(INTEGER )?PRIMARY KEY/.test(using)) return isSearch ? "primary-key" : "index-scan";
  // A SEARCH without an index takes the least or greatest of all rows.
  if (index === undefined) return "scan";
  if (!isSearch) return "index-scan";
  // Unique columns have indexes with names of ours, so this is the primary key's.
  return index.startsWith("sqlite_autoindex_") ? "primary-key" : "index";
}

function sortOf(detail: readonly string[]): DatabasePlan["sort"] {
  const sorts = detail.filter((line) => line.startsWith("USE TEMP B-TREE FOR"));
  if (sorts.length === 0) return "none";
  return sorts.every((line) => / LAST .*OF ORDER BY$/.test(line)) ? "partial" : "full";
}
