/** The rows of a subquery in FROM that meet what the query around it demands of them alone. */

import { evaluateCondition, shapeRow } from "@sh1n4ps/plasma-core";
import type { AnalyzedSelect, Condition } from "@sh1n4ps/plasma-core";
import type { Delta, Operator, Tuple } from "./delta.ts";
import { JoinedRow } from "./joined-row.ts";

export interface SubquerySourceOptions {
  readonly alias: string;
  readonly analyzed: AnalyzedSelect;
  /** Without subqueries, and about this source only. */
  readonly condition: Condition | null;
}

export function subquerySource(
  input: Operator,
  { alias, analyzed, condition }: SubquerySourceOptions,
): Operator<JoinedRow> {
  const held = new Map<string, JoinedRow>();
  return {
    next: (step): Delta<JoinedRow> => {
      const { removed, added } = input.next(step);
      const take = ({ key }: Tuple): JoinedRow[] => {
        const old = held.get(key);
        held.delete(key);
        return old ? [old] : [];
      };
      const make = (tuple: Tuple): JoinedRow[] => {
        const row = (tuple.shown ??= shapeRow(analyzed, tuple));
        const scope = new Map([[alias, row]]);
        if (condition && evaluateCondition(condition, step.rows, scope) !== true) return [];
        const made = new JoinedRow(alias, row, tuple.key);
        held.set(tuple.key, made);
        return [made];
      };
      return { removed: removed.flatMap(take), added: added.flatMap(make) };
    },
  };
}
