/**
 * What tells one result from the next. It compares objects, because rows that did not change keep their identity;
 * where the query knows which row is which, a row that left and one that came are one that changed.
 */

import { analyzeSelect, valueKey } from "@sh1n4ps/plasma-core";
import type { LiveDelta, QueryAst, Row, Schema, Value } from "@sh1n4ps/plasma-core";

/** Equal for a row and what became of it; null where a query does not say. */
export type RowKey = ((row: Row) => string) | null;

export function deltaBetween(
  old: readonly Row[],
  rows: readonly Row[],
  keyOf: RowKey,
): LiveDelta<Row> {
  // Counted, since two rows of a result may be the same object.
  const left = new Map<Row, number>();
  for (const row of old) left.set(row, (left.get(row) ?? 0) + 1);
  const added: Row[] = [];
  for (const row of rows) {
    const count = left.get(row) ?? 0;
    if (count > 0) left.set(row, count - 1);
    else added.push(row);
  }
  const removed = [...left].flatMap(([row, count]) => Array.from({ length: count }, () => row));
  return keyOf
    ? paired({ added, removed, changed: [], rows }, keyOf)
    : { added, removed, changed: [], rows };
}

function paired({ added, removed, rows }: LiveDelta<Row>, keyOf: (row: Row) => string) {
  const gone = new Map(removed.map((row) => [keyOf(row), row]));
  const changed: { readonly before: Row; readonly after: Row }[] = [];
  const isNew = added.filter((after) => {
    const key = keyOf(after);
    const before = gone.get(key);
    if (before) changed.push({ before, after });
    return !gone.delete(key);
  });
  return { added: isNew, removed: [...gone.values()], changed, rows };
}

/** How a query's rows are told apart: by id, by the key of the result, or by the ids of the rows that it joins. */
export function rowKeyOf(schema: Schema, ast: QueryAst): RowKey {
  if (ast.kind === "relational") return (row) => row["id"] as string;
  const { shape, key, sources, grouped } = analyzeSelect(schema, ast);
  if (shape.kind === "row" && ast.from.kind === "table") return (row) => row["id"] as string;
  if (key)
    return (row) => JSON.stringify(key.map((name) => valueKey((row[name] ?? null) as Value)));
  if (grouped || ast.distinct || shape.kind === "row") return null;
  const names = sources.map(({ alias, query }) =>
    query ? undefined : shape.fields.find((field) => field.kind === "row" && field.alias === alias),
  );
  if (!names.every((field) => field !== undefined)) return null;
  return (row) =>
    JSON.stringify(names.map(({ name }) => (row[name] as Row | null)?.["id"] ?? null));
}
