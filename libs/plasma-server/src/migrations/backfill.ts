/**
 * Backfills: commits of some rows each, which are found by having no value. So nothing has to be remembered of how far a
 * backfill is.
 */

import { checkValue, requireColumn, requireTable } from "@sh1n4ps/plasma-core";
import type { Row, RowChange, Schema, TableInfo, Value } from "@sh1n4ps/plasma-core";
import { backOff } from "../backoff.ts";
import { metaFrom, SELECT_META } from "../change-log/meta.ts";
import { commit } from "../db/commit.ts";
import { MigrationRefused, StorageFailure } from "../errors.ts";
import type { Platform } from "../platform.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { columnOf, integer, name, sql } from "../sql/fragment.ts";
import { readColumns, rowFromSql } from "../sql/row-codec.ts";
import type { ColumnPlace } from "./plan-migration.ts";

/** A value for each row that has none yet, or a function that finds it. The row may come from before the change. */
export type Backfill = Exclude<Value, null> | ((row: Row) => unknown);

export interface Filling {
  readonly schema: Schema;
  readonly executor: SqlExecutor;
  readonly platform: Platform;
  readonly onProgress:
    ((progress: { readonly column: string; readonly rows: number }) => void) | undefined;
}

const MAX_CONFLICTS = 20;
const ROWS_AT_ONCE = 200;

/** @throws what is wrong with a column or value that a backfill names. */
export function checkBackfills(schema: Schema, backfill: Readonly<Record<string, Backfill>>): void {
  for (const [place, value] of Object.entries(backfill)) {
    const [table = "", column = ""] = place.split(".");
    const declared = requireColumn(requireTable(schema, table), column);
    if (typeof value !== "function") checkValue(declared, value);
  }
}

/** Gives each row without a value its value. Rows that come meanwhile are found as well. */
export async function fill(
  { table, column }: ColumnPlace,
  value: Backfill,
  { schema, executor, platform, onProgress }: Filling,
): Promise<number> {
  const info = requireTable(schema, table);
  let rows = 0;
  for (let conflicts = 0; ;) {
    const { base, found } = await rowsWithout(info, column, executor);
    if (found.length === 0) return rows;
    const changes = found.map((before): RowChange => {
      const after = { ...before, [column]: valueFor(info, column, value, before) };
      return { table, id: before["id"] as string, before, after };
    });
    const committed = await commit({ schema, executor, platform, base, changes });
    switch (committed.kind) {
      case "committed":
        conflicts = 0;
        rows += found.length;
        onProgress?.({ column: `${table}.${column}`, rows });
        break;
      case "refused":
        throw new MigrationRefused(
          `The backfill of "${table}.${column}" gave a value that the database refuses: ${committed.error.message}`,
          { cause: committed.error },
        );
      case "conflict":
      case "unknown":
        // What became of it is seen in the rows.
        if (conflicts === MAX_CONFLICTS) {
          throw new StorageFailure("A backfill could not be committed within its attempts.");
        }
        await backOff(platform, conflicts++);
    }
  }
}

async function rowsWithout(
  table: TableInfo,
  column: string,
  executor: SqlExecutor,
): Promise<{ readonly base: number; readonly found: readonly Row[] }> {
  const dialect = dialectOf(executor);
  const [meta, stored] = await executor.batch([
    SELECT_META,
    sql`SELECT ${readColumns(table, "row", dialect)} FROM ${name(table.name)} AS "row" WHERE ${columnOf("row", column)} IS NULL ORDER BY ${columnOf("row", "id")} LIMIT ${integer(ROWS_AT_ONCE)}`,
  ]);
  return { base: metaFrom(meta!).version, found: stored!.map((row) => rowFromSql(table, row)) };
}

function valueFor(table: TableInfo, column: string, value: Backfill, row: Row): unknown {
  try {
    return checkValue(
      requireColumn(table, column),
      typeof value === "function" ? value(row) : value,
    );
  } catch (cause) {
    throw new MigrationRefused(
      `The backfill of "${table.name}.${column}" gave no value that fits, for the row "${String(row["id"])}": ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
