/**
 * Unique values.
 *
 * 1. A new row takes its values when it is inserted: if one is taken, that insert is a conflict.
 * 2. Rows that are there may trade values: while a mutation runs, two rows may share one. What the mutation leaves
 *    behind is judged when it has run, and is a conflict as a whole.
 * 3. Null is never taken. Equal is what `eq` calls equal.
 * 4. Rows that the person may not see count too, so the error names neither row nor value.
 */

import { PlasmaError } from "../errors.ts";
import type { Value } from "../query/ast.ts";
import { valueKey } from "../query/compare.ts";
import { requireTable } from "../schema/schema.ts";
import type { Schema } from "../schema/schema.ts";
import type { Row, TableInfo } from "../schema/table.ts";
import type { RowChange, WriteStore } from "./write-store.ts";

const uniqueOf = new WeakMap<TableInfo, readonly string[]>();

/** The id and the columns declared `.unique()`. */
export function uniqueColumns(table: TableInfo): readonly string[] {
  let unique = uniqueOf.get(table);
  if (!unique) {
    unique = table.columnNames.filter((name) => name === "id" || table.columns[name]?.isUnique);
    uniqueOf.set(table, unique);
  }
  return unique;
}

export function taken(table: TableInfo): PlasmaError {
  return new PlasmaError(
    "conflict",
    `A row of "${table.name}" with one of these unique values exists already.`,
  );
}

/** Throws `conflict` if these changes, which are applied, leave two rows with one unique value. */
export async function checkUnique(
  schema: Schema,
  store: Pick<WriteStore, "rowsWith">,
  changes: readonly RowChange[],
): Promise<void> {
  for (const name of new Set(changes.map((change) => change.table))) {
    const table = requireTable(schema, name);
    const own = changes.filter((change) => change.table === name);
    for (const column of uniqueColumns(table)) {
      // Ids never change, and inserts have looked at theirs.
      if (column === "id") continue;
      const values = own.flatMap(({ before, after }) => newValue(column, before, after));
      if (values.length === 0) continue;
      const holders = await store.rowsWith(name, column, values);
      const keys = new Set(holders.map((row) => valueKey(row[column] as Value)));
      if (keys.size < holders.length) throw taken(table);
    }
  }
}

function newValue(column: string, before: Row | null, after: Row | null): NonNullable<Value>[] {
  const value = (after?.[column] ?? null) as Value;
  if (value === null) return [];
  if (before && valueKey(before[column] as Value) === valueKey(value)) return [];
  return [value];
}
