/** What is asked of every adapter, and the brute-force model that says what is right. */

import type { List, Row } from "./rows.ts";

export type Query =
  /** The first 50 of a list by time, perhaps only those that are done or not, or have a priority. */
  | {
      readonly kind: "window";
      readonly listId: string;
      readonly done?: boolean;
      readonly priority?: number;
    }
  /** A whole list, in any order. */
  | { readonly kind: "list"; readonly listId: string }
  /** `{ id, title, listName }` of a list, in any order. */
  | { readonly kind: "joined"; readonly listId: string }
  /** `{ priority, count }` over all rows, in any order. */
  | { readonly kind: "counts" };

export type Result = readonly object[];

export const WINDOW = 50;

export function matches(query: Query & { kind: "window" }, row: Row): boolean {
  return (
    row.listId === query.listId &&
    (query.done === undefined || row.done === query.done) &&
    (query.priority === undefined || row.priority === query.priority)
  );
}

/** What the query has for an answer, found by looking at every row. */
export function answer(query: Query, rows: Iterable<Row>, lists: readonly List[]): Result {
  const all = [...rows];
  switch (query.kind) {
    case "window":
      return all
        .filter((row) => matches(query, row))
        .sort((one, two) => one.createdAt - two.createdAt)
        .slice(0, WINDOW);
    case "list":
      return all.filter((row) => row.listId === query.listId);
    case "joined":
      return all
        .filter((row) => row.listId === query.listId)
        .flatMap(({ id, title, listId }) =>
          lists
            .filter((list) => list.id === listId)
            .map(({ name }) => ({ id, title, listName: name })),
        );
    case "counts": {
      const counts = new Map<number, number>();
      for (const { priority } of all) counts.set(priority, (counts.get(priority) ?? 0) + 1);
      return [...counts].map(([priority, count]) => ({ priority, count }));
    }
  }
}

/** The first difference in words, or nothing. Every field of every row is compared, and there may be no further field. */
export function difference(query: Query, found: Result, expected: Result): string | undefined {
  const [one, two] =
    query.kind === "window" ? [found, expected] : [sorted(found), sorted(expected)];
  if (one.length !== two.length) return `${one.length} rows instead of ${two.length}`;
  for (const [at, row] of two.entries()) {
    const other = one[at] as object;
    const keys = Object.keys(row);
    if (
      keys.length !== Object.keys(other).length ||
      keys.some((key) => Reflect.get(row, key) !== Reflect.get(other, key))
    ) {
      return `${JSON.stringify(other)} instead of ${JSON.stringify(row)}`;
    }
  }
  return undefined;
}

function sorted(rows: Result): Result {
  const key = (row: object) => String(Reflect.get(row, "id") ?? Reflect.get(row, "priority"));
  return rows
    .map((row) => ({ row, key: key(row) }))
    .sort((one, two) => (one.key < two.key ? -1 : one.key > two.key ? 1 : 0))
    .map(({ row }) => row);
}
