import { describe, expect, it } from "vitest";
import { bigint, blob, boolean, id, int, real, ref, text, timestamp } from "../schema/column.ts";
import { defineSchema } from "../schema/schema.ts";
import { table } from "../schema/table.ts";
import type { Row } from "../schema/table.ts";
import { evaluateSelect } from "./evaluate.ts";
import { count } from "./aggregates.ts";
import { asc, desc, gt } from "./expression.ts";
import { relationalDb } from "./relational.ts";
import { select, selectDistinct } from "./select.ts";
import type { SelectQuery } from "./select.ts";

const lists = table("lists", { id: id(), name: text().nullable() });
const todos = table("todos", {
  id: id(),
  listId: ref(() => lists.id).nullable(),
  title: text().nullable(),
  rank: int().nullable(),
  weight: real().nullable(),
  big: bigint().nullable(),
  done: boolean().nullable(),
  due: timestamp().nullable(),
  bytes: blob().nullable(),
});
const schema = defineSchema({ lists, todos });

/** Few different values, so that ties and nulls are everywhere. */
const rows: Record<string, Row[]> = {
  lists: [
    { id: "l1", name: null },
    { id: "l2", name: "b" },
    { id: "l3", name: "b" },
  ],
  todos: Array.from({ length: 60 }, (_, at) => ({
    id: `t${(at * 37) % 60}`,
    listId: [null, "l1", "l2", "l3"][at % 4],
    title: [null, "a", "\u{1f600}", "\uffff"][(at * 7) % 4],
    rank: [null, -1, 0, 5][(at * 3) % 4],
    weight: [null, 1, 1.5, -2][(at * 5) % 4],
    big: [null, 2n ** 60n, -1n, 0n][at % 4],
    done: [null, true, false][at % 3],
    due: [null, new Date(5), new Date(-5)][at % 3],
    bytes: [null, new Uint8Array([1]), new Uint8Array([])][(at * 2) % 3],
  })),
};
const answer = (query: { readonly ast: Parameters<typeof evaluateSelect>[0] }) =>
  evaluateSelect(query.ast, { schema, rows: (name) => rows[name] ?? [] });

function pages<R>(query: SelectQuery<R>, size: number): Row[] {
  const all: Row[] = [];
  for (;;) {
    const page = answer(query.limit(size).after(all.at(-1) as R | undefined));
    all.push(...page);
    if (page.length < size) return all;
  }
}

const columns = ["title", "rank", "weight", "big", "done", "due", "bytes"] as const;

const wrong = (row: unknown) => row as never;

describe("after()", () => {
  it.each(columns.flatMap((one) => columns.map((other) => [one, other] as const)))(
    "gives every row once and in order, by %s and %s, ties and nulls included",
    (one, other) => {
      for (const [first, second] of [
        [asc, desc],
        [desc, asc],
      ] as const) {
        const query = select().from(todos).orderBy(first(todos[one]), second(todos[other]));
        expect(pages(query, 7)).toEqual(answer(query));
      }
    },
  );

  it("pages through joins, rows without a partner included", () => {
    const query = select()
      .from(lists)
      .leftJoin(todos, gt(todos.rank, 0))
      .orderBy(desc(lists.name), asc(todos.title));
    expect(pages(query, 4)).toEqual(answer(query));
  });

  it("finds the values in a projection, under whatever names it gives them", () => {
    const query = select({ key: todos.id, todo: todos, name: todos.title })
      .from(todos)
      .orderBy(desc(todos.title));
    expect(pages(query, 9)).toEqual(answer(query));
  });

  it("follows the order that the complete query has, and its other conditions", () => {
    const page = answer(select().from(todos).orderBy(desc(todos.rank)).limit(5));
    const query = select()
      .from(todos)
      .after(page.at(-1) as never)
      .where(gt(todos.rank, -1));
    const inOrder = query.orderBy(desc(todos.rank));
    const all = answer(select().from(todos).where(gt(todos.rank, -1)).orderBy(desc(todos.rank)));
    expect(answer(inOrder)).toEqual(all.slice(5));
    expect(answer(inOrder.limit(2).offset(1))).toEqual(all.slice(6, 8));
    expect(answer(inOrder.after(undefined))).toEqual(all);
  });

  it("pages through findMany as well", () => {
    const { findMany } = relationalDb(schema, { select: () => Promise.resolve([]) }).todos;
    const all = answer({ ast: findMany({ orderBy: desc(todos.due) }).ast.query });
    const next = findMany({ orderBy: desc(todos.due), after: all[9], limit: 10 });
    expect(answer({ ast: next.ast.query })).toEqual(all.slice(10, 20));
  });

  it.each([
    [
      "a projection without the id",
      () => select({ title: todos.title }).from(todos).after({ title: "a" }).ast,
      'needs the value of "todos.id", by which the query is ordered, and the row does not have it. Select it as well.',
    ],
    [
      "a row with a number that no column holds",
      () =>
        select()
          .from(todos)
          .orderBy(desc(todos.rank))
          .after(wrong({ id: "a", rank: NaN })).ast,
      'found NaN for "todos.rank", which cannot be compared.',
    ],
    [
      "a row with text that no column holds",
      () =>
        select()
          .from(todos)
          .after(wrong({ id: "a\0" })).ast,
      'for "todos.id", which cannot be compared.',
    ],
    [
      "a query that groups",
      () => select({ n: count() }).from(todos).after({ n: 1 }).ast,
      "A query that groups or is distinct has none: use offset().",
    ],
    [
      "a distinct query",
      () => selectDistinct({ title: todos.title }).from(todos).after({ title: "a" }).ast,
      "A query that groups or is distinct has none: use offset().",
    ],
    [
      "a subquery",
      () =>
        select()
          .fromSubquery(select().from(todos), "inner")
          .after({} as never).ast,
      "starts from a subquery: use offset().",
    ],
    [
      "something that is no row",
      () =>
        select()
          .from(todos)
          .after("t1" as never).ast,
      "takes the last row of a page, but was given text of 2 characters.",
    ],
    [
      "a value that is none",
      () =>
        select()
          .from(todos)
          .after({ id: {} } as never).ast,
      'found an object for "todos.id", which cannot be compared.',
    ],
  ])("refuses %s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});
