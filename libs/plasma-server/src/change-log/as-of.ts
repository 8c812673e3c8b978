/**
 * Tables as they were at a version: the current rows, less those that changed since, plus their earliest pre-image
 * since.
 *
 * A row without an entry after `v` has not changed since. Otherwise its first entry after `v` holds it as it was just
 * before that commit, and so at `v`, because no commit in between touched it.
 */

import type { TableInfo } from "@sh1n4ps/plasma-core";
import { historyTable } from "../schema/history-names.ts";
import type { Statement } from "../sql/executor.ts";
import { columnOf, join, name, sql, withCtes } from "../sql/fragment.ts";
import type { Cte, SqlFragment } from "../sql/fragment.ts";

/** The name by which `asOf` makes a table known. No table of an app can have it. */
export function asOfName(table: TableInfo, moment: string): string {
  return `${table.name}@${moment}`;
}

/** The table at the version that the fragment gives. */
export function asOf(table: TableInfo, moment: string, version: SqlFragment): Cte {
  const history = name(historyTable(table.name));
  const current = join(table.columnNames.map((column) => columnOf("now", column)));
  const past = join(table.columnNames.map((column) => columnOf("first", column)));
  return {
    name: asOfName(table, moment),
    // Materialized, it would be computed for the whole table instead of for the rows that are asked for.
    materialized: false,
    body: sql`SELECT ${current} FROM ${name(table.name)} AS now
      WHERE NOT EXISTS (SELECT 1 FROM ${history} AS entry WHERE entry.id = now.id AND entry._v > ${version})
      UNION ALL
      SELECT ${past} FROM ${history} AS first
      WHERE first._v > ${version} AND first._present = 1
        AND NOT EXISTS (SELECT 1 FROM ${history} AS earlier WHERE earlier.id = first.id AND earlier._v > ${version} AND earlier._v < first._v)`,
  };
}

/** Only the tables that the statement speaks of: each unused one would still cost its parsing. */
export function withUsed(ctes: readonly Cte[], statement: SqlFragment): Statement {
  const used: Cte[] = [];
  let text = statement.text;
  for (const cte of ctes.toReversed()) {
    if (!text.includes(`"${cte.name}"`)) continue;
    used.unshift(cte);
    text += cte.body.text;
  }
  return sql`${withCtes(used)}${statement}`;
}
