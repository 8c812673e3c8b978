/**
 * Which tables have changed since a version. The others are as they were: nothing of them needs to be computed, and
 * what is asked of them is asked of the stored tables.
 *
 * It is asked before a pull's statements are made, and again along with them. Should a table have joined in between,
 * they are made again.
 */

import type { Schema } from "@sh1n4ps/plasma-core";
import { historyTable, versionIndex } from "../schema/history-names.ts";
import type { SqlDialect } from "../sql/dialect.ts";
import type { SqlRow, Statement } from "../sql/executor.ts";
import { bindInteger, join, name, sql } from "../sql/fragment.ts";

export type TouchedTables = ReadonlySet<string>;

/** One row; what it says is read by `readTouched`. */
export function selectTouched(
  { schema, dialect }: { readonly schema: Schema; readonly dialect: SqlDialect },
  since: number,
): Statement {
  // Bound, so that the text is the same for every pull, and is prepared once.
  const version = bindInteger(since);
  const columns = [...schema.byName.keys()].map((table, at) => {
    const log = dialect.byIndex(name(historyTable(table)), versionIndex(table));
    return sql`CASE WHEN EXISTS (SELECT 1 FROM ${log} WHERE _v > ${version}) THEN 1 ELSE 0 END AS ${name(`t${at}`)}`;
  });
  return sql`SELECT ${join([sql`1 AS one`, ...columns])}`;
}

export function readTouched(schema: Schema, [row = {}]: readonly SqlRow[]): TouchedTables {
  const tables = [...schema.byName.keys()];
  return new Set(tables.filter((_, at) => row[`t${at}`] === 1));
}

export function isWithin(found: TouchedTables, known: TouchedTables): boolean {
  return [...found].every((table) => known.has(table));
}
