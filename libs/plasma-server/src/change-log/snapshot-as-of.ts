/**
 * `snapshotAsOf()`: all rows of all synced tables as they were at a version that the change log still reaches.
 *
 * 1. The horizon, the current version and the rows are read in one snapshot, so a compaction that runs meanwhile makes
 *    this refuse, never leave rows out.
 * 2. No rule is asked: this is for the server's own use (audits, exports, "as it was on Friday").
 */

import { compareText, PlasmaDefinitionError, syncedTables } from "@sh1n4ps/plasma-core";
import type { Row, Schema } from "@sh1n4ps/plasma-core";
import { SnapshotUnavailable } from "../errors.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { bindInteger, name, sql } from "../sql/fragment.ts";
import { checkedRowFromSql, readColumns } from "../sql/row-codec.ts";
import type { Misfit } from "../sql/row-codec.ts";
import { asOf, asOfName, withUsed } from "./as-of.ts";
import { metaFrom, SELECT_META } from "./meta.ts";

export interface SnapshotAsOf {
  readonly version: number;
  /** Each synced table by its name; its rows in the order of their ids. */
  readonly tables: ReadonlyMap<string, readonly Row[]>;
  /** Rows left out because they do not fit the schema, as only other SQL can write them. */
  readonly misfits: readonly (Misfit & { readonly table: string })[];
}

/**
 * The whole database as of `version`, in memory. Run `ensureSchema()` first.
 *
 * Throws `SnapshotUnavailable` for a version below the horizon, or above the current one.
 */
export async function snapshotAsOf(
  executor: SqlExecutor,
  schema: Schema,
  version: number,
): Promise<SnapshotAsOf> {
  if (!Number.isSafeInteger(version) || version < 0) {
    throw new PlasmaDefinitionError(
      `snapshotAsOf() takes a version, a whole number of 0 or more, but was given ${String(version)}.`,
    );
  }
  const infos = syncedTables(schema);
  const dialect = dialectOf(executor);
  const [meta = [], ...results] = await executor.batch([
    SELECT_META,
    ...infos.map((table) =>
      withUsed(
        [asOf(table, "moment", bindInteger(version))],
        sql`SELECT ${readColumns(table, "row", dialect)} FROM ${name(asOfName(table, "moment"))} AS "row"`,
      ),
    ),
  ]);
  const { version: current, horizon } = metaFrom(meta);
  if (version > current) {
    throw new SnapshotUnavailable(
      "version-unknown",
      `The database stands at version ${current}, so it has no version ${version} yet. Ask for ${current} or less.`,
    );
  }
  if (version < horizon) {
    throw new SnapshotUnavailable(
      "version-compacted",
      `The change log was compacted up to version ${horizon}, so version ${version} cannot be read any more. Ask for ${horizon} or more, or compact less.`,
    );
  }
  const tables = new Map<string, readonly Row[]>();
  const misfits: SnapshotAsOf["misfits"][number][] = [];
  for (const [at, table] of infos.entries()) {
    const rows: Row[] = [];
    for (const stored of results[at] ?? []) {
      const checked = checkedRowFromSql(table, stored);
      if (checked.kind === "row") rows.push(checked.row);
      else misfits.push({ table: table.name, ...checked.misfit });
    }
    // Databases disagree about the order of text.
    rows.sort((left, right) => compareText(left["id"] as string, right["id"] as string));
    tables.set(table.name, rows);
  }
  return { version, tables, misfits };
}
