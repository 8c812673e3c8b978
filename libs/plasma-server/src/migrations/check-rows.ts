/** What stands in the way of a migration that only the rows can tell. */

import type { Schema } from "@sh1n4ps/plasma-core";
import { MigrationRefused } from "../errors.ts";
import type { SchemaDescription } from "../schema/description.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import type { SqlExecutor, SqlRow } from "../sql/executor.ts";
import { name, sql } from "../sql/fragment.ts";
import type { Backfill } from "./backfill.ts";
import type { ColumnPlace, MigrationPlan } from "./plan-migration.ts";

export interface RowCheck {
  readonly executor: SqlExecutor;
  readonly schema: Schema;
  readonly backfill: Readonly<Record<string, Backfill>>;
}

/** @throws MigrationRefused with every reason. */
export async function checkRows(
  stored: SchemaDescription,
  plan: MigrationPlan,
  { executor, schema, backfill }: RowCheck,
): Promise<void> {
  const refusals: string[] = [];
  const places = placesIn(stored, plan);
  for (const { name: table, columns } of schema.byName.values()) {
    for (const { name: column, enumValues } of Object.values(columns)) {
      const before = places.get(`${table}.${column}`);
      if (!before || !enumValues) continue;
      const value = name(before.column);
      const known = dialectOf(executor).values(enumValues);
      const others = await executor.all(
        sql`SELECT ${value} AS value, count(*) AS n FROM ${name(before.table)} WHERE ${value} NOT IN (${known}) GROUP BY ${value} ORDER BY ${value}`,
      );
      for (const other of others) {
        refusals.push(
          `${rowsHave(other)} "${String(other["value"])}" in "${table}.${column}", which is none of its values any more. Change them first, or keep the value.`,
        );
      }
    }
  }
  for (const { table, column } of plan.required) {
    const place = `${table}.${column}`;
    const before = places.get(place);
    if (!before || backfill[place] !== undefined) continue;
    const [found] = await executor.all(
      sql`SELECT count(*) AS n FROM ${name(before.table)} WHERE ${name(before.column)} IS NULL`,
    );
    if (Number(found!["n"]) === 0) continue;
    refusals.push(
      `${rowsHave(found!)} no value for "${place}", which the schema requires. Give runMigrations() a backfill for it.`,
    );
  }
  for (const { after, alteredColumns } of plan.alterations) {
    for (const column of alteredColumns) {
      if (!after || !column.after.unique || column.before.unique) continue;
      const place = `${after.name}.${column.after.name}`;
      const before = places.get(place)!;
      const value = name(before.column);
      const twice = await executor.all(
        sql`SELECT 1 AS found FROM ${name(before.table)} WHERE ${value} IS NOT NULL GROUP BY ${value} HAVING count(*) > 1 LIMIT 1`,
      );
      if (twice.length === 0) continue;
      refusals.push(
        `"${place}" cannot become unique: some rows have the same value. Change them first.`,
      );
    }
  }
  if (refusals.length > 0) throw new MigrationRefused(refusals);
}

function rowsHave({ n }: SqlRow): string {
  return Number(n) === 1 ? "1 row has" : `${String(n)} rows have`;
}

/** Where the columns that the plan knows are now, before anything is renamed. */
function placesIn(
  stored: SchemaDescription,
  plan: MigrationPlan,
): ReadonlyMap<string, ColumnPlace> {
  const places = new Map<string, ColumnPlace>();
  for (const table of stored.tables) {
    const alteration = plan.alterations.find(({ before }) => before.name === table.name);
    const after = alteration ? alteration.after?.name : table.name;
    if (after === undefined) continue;
    for (const { name: column } of table.columns) {
      const renamed = alteration?.renamedColumns.find(({ from }) => from === column)?.to;
      places.set(`${after}.${renamed ?? column}`, { table: table.name, column });
    }
  }
  return places;
}
