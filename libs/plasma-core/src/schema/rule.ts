/** Row permissions as declared: what `TableOptions.auth` holds. `auth/bind-rule.ts` turns it into decisions. */

import type { Condition } from "../query/ast.ts";
import type { ColumnData, ColumnRecord } from "./column.ts";

/** A rule sees each property as the column (in expressions) and as the row's value (in predicates). */
export type RuleRow<C extends ColumnRecord> = { readonly [K in keyof C]: C[K] & ColumnData<C[K]> };

export type Rule<Ctx, C extends ColumnRecord = ColumnRecord> = (
  ctx: Ctx,
  row: RuleRow<C>,
) => Condition | boolean;

export interface RuleSet<Ctx, C extends ColumnRecord = ColumnRecord> {
  /** Which rows the person may see. */
  readonly read?: Rule<Ctx, C>;
  /** Which rows the person may insert, change and delete: asked of the row before and of the row after. */
  readonly write?: Rule<Ctx, C>;
}
