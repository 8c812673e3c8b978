/**
 * Write rules on the device: refuse at once what the server will certainly refuse, and nothing else.
 *
 * The device holds only the rows that the person may read, so a row that is not here may still exist. Hence an
 * `exists` is true when a row is found and unknown when none is, and only a definite "no" refuses.
 */

import {
  bindRule,
  evaluateCondition,
  needsGroups,
  PlasmaAuthorizationError,
  RULE_ROW,
} from "@sh1n4ps/plasma-core";
import type {
  ConditionOptions,
  Row,
  RowChange,
  Scope,
  SelectAst,
  TableInfo,
  Truth,
} from "@sh1n4ps/plasma-core";
import type { Rows } from "./rows.ts";

export function authorizeOnDevice(
  table: TableInfo,
  changes: readonly RowChange[],
  options: { readonly ctx: unknown; readonly rows: Rows },
): void {
  // Whether tables without a rule are open is the server's policy; the device does not know it.
  const rule = bindRule(table, "write", options.ctx, { default: "allow" });
  const isRefused = (row: Row | null): boolean => {
    if (!row) return false;
    if (rule.kind === "predicate") return !rule.allows(row);
    const scope: Scope = new Map([[RULE_ROW, row]]);
    return (
      evaluateCondition(rule.condition, options.rows, scope, partialRows(options.rows)) === false
    );
  };
  for (const { before, after } of changes) {
    if (isRefused(before) || isRefused(after)) throw new PlasmaAuthorizationError();
  }
}

function partialRows(rows: Rows): ConditionOptions {
  const options: ConditionOptions = {
    exists: (query, scope) => (isFound(query, scope) ? true : null),
  };
  const isFound = (query: SelectAst, outer: Scope): boolean => {
    // Skipping rows that are not all here says nothing.
    if (query.offset > 0 || query.limit === 0) return false;
    // Of joins and groups a part says nothing either: more rows could change them.
    if (query.from.kind !== "table" || query.joins.length > 0 || needsGroups(query)) return false;
    for (const row of rows.rows(query.from.table)) {
      const scope: Scope = new Map(outer).set(query.from.alias, row);
      const truth: Truth =
        query.where === null || evaluateCondition(query.where, rows, scope, options);
      if (truth === true) return true;
    }
    return false;
  };
  return options;
}
