/**
 * Row permissions in use: how a declared rule is turned into a decision for one person.
 *
 * A rule is one function of `(ctx, row)`. Given the table's columns it may build an *expression*, which runs
 * in SQL and on the client and may look into other tables; or it may answer for a real row as a *predicate*.
 * Which of the two it is shows when it is called with columns: an expression is a condition, anything else is
 * a predicate.
 *
 * A write is judged on the row as it was and on the row as it becomes, each against the state just before that
 * write: a row can never justify itself.
 */

import { PlasmaError } from "../errors.ts";
import type { Condition } from "../query/ast.ts";
import { isCondition } from "../query/expression.ts";
import { RULE_ROW } from "../query/walk.ts";
import { requireScope } from "../query/scope.ts";
import { bindColumn } from "../schema/column.ts";
import type { ColumnRecord } from "../schema/column.ts";
import type { Rule, RuleRow } from "../schema/rule.ts";
import type { Row, TableInfo } from "../schema/table.ts";

/** What becomes of a table without a rule. */
export interface AuthorizePolicy {
  readonly default: "allow" | "deny";
}

export type RuleKind = "read" | "write";

/** A rule for one person, ready to be asked. Unknown counts as no. */
export type BoundRule =
  | { readonly kind: "expression"; readonly condition: Condition }
  | { readonly kind: "predicate"; readonly allows: (row: Row) => boolean };

/** Binds a table's rule to a person's context. Columns of the row carry the alias `RULE_ROW`. */
export function bindRule(
  table: TableInfo,
  kind: RuleKind,
  ctx: unknown,
  policy: AuthorizePolicy,
): BoundRule {
  const rule = table.options.auth?.[kind];
  if (!rule)
    return {
      kind: "expression",
      condition: { kind: "constant", value: policy.default === "allow" },
    };
  const answer = askWithColumns(table, rule, ctx);
  if (isCondition(answer)) {
    requireRuleScope(table, kind, answer);
    return { kind: "expression", condition: answer };
  }
  return {
    kind: "predicate",
    allows: (row) => {
      const decision = rule(ctx, row as RuleRow<ColumnRecord>);
      if (typeof decision === "boolean") return decision;
      throw new PlasmaError(
        "invalid-rule",
        `The ${kind} rule of table "${table.name}" gave neither a condition nor true or false.`,
      );
    },
  };
}

function askWithColumns(table: TableInfo, rule: Rule<unknown>, ctx: unknown): unknown {
  const columns: ColumnRecord = {};
  for (const name of table.columnNames) {
    const column = table.columns[name];
    if (column) columns[name] = bindColumn(column, { table: table.name, alias: RULE_ROW, name });
  }
  try {
    return rule(ctx, columns as RuleRow<ColumnRecord>);
  } catch (error) {
    // Our own operators complain, so this is an expression, with something wrong in it (an undefined in `ctx`, say).
    if (error instanceof PlasmaError) throw error;
    // A predicate may well fail on columns (`row.title.startsWith(…)`): then it is asked about real rows only.
    return undefined;
  }
}

/** Naming the table instead of `row` is easily done, and would ask about any of its rows. */
function requireRuleScope(table: TableInfo, kind: RuleKind, condition: Condition): void {
  try {
    requireScope(condition, new Set([RULE_ROW]));
  } catch (cause) {
    throw new PlasmaError(
      "invalid-rule",
      `The ${kind} rule of table "${table.name}" uses a column that is not in sight. Write row.column for the row itself, and reach other tables through exists().`,
      { cause },
    );
  }
}

/** Tables without a rule of that kind, for the warning at start-up. */
export function tablesWithoutRule(tables: Iterable<TableInfo>, kind: RuleKind): string[] {
  return [...tables].filter((table) => !table.options.auth?.[kind]).map((table) => table.name);
}
