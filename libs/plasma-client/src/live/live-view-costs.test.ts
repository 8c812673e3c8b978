/** What a change costs a live view, in cells that are read: as much in a large database as in a small one. */

import {
  and,
  count,
  eq,
  exists,
  gt,
  not,
  or,
  readDb,
  select,
  selectDistinct,
} from "@sh1n4ps/plasma-core";
import type { QueryAst, Row, RowChange } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { OptimisticRows } from "../replica/optimistic-rows.ts";
import type { RowImage } from "../storage/engine.ts";
import { liveSchema } from "../testing/random-queries.ts";
import { lists, todos } from "../testing/test-app.ts";
import { LiveQueries } from "./live-queries.ts";

const marks = liveSchema.tables.marks;
const db = readDb(liveSchema, { select: () => Promise.resolve([]) });
const todosOfList = select().from(todos).where(eq(todos.listId, lists.id));
const marksOfTodo = select().from(marks).where(eq(marks.todoId, todos.id));

const queries: Record<string, QueryAst> = {
  exists: select()
    .from(lists)
    .where(exists(todosOfList.where(eq(todos.done, true)))).ast,
  "not exists": select()
    .from(lists)
    .where(not(exists(todosOfList.where(eq(todos.done, true))))).ast,
  "exists within exists": select()
    .from(lists)
    .where(exists(todosOfList.where(exists(marksOfTodo.where(eq(marks.kind, "flag")))))).ast,
  "exists over a join": select()
    .from(lists)
    .where(
      exists(
        select({ id: todos.id })
          .from(todos)
          .innerJoin(marks, eq(marks.todoId, todos.id))
          .where(and(eq(todos.listId, lists.id), eq(marks.kind, "flag"))),
      ),
    ).ast,
  "exists beside something else": select()
    .from(lists)
    .where(or(eq(lists.name, "none"), exists(todosOfList.where(eq(todos.done, true))))).ast,
  "exists in having": select({ listId: todos.listId, n: count() })
    .from(todos)
    .groupBy(todos.listId)
    .having(
      and(
        gt(count(), 0),
        exists(
          select()
            .from(lists)
            .where(and(eq(lists.id, todos.listId), eq(lists.name, "other"))),
        ),
      ),
    ).ast,
  "exists under distinct": selectDistinct({ title: todos.title })
    .from(todos)
    .where(exists(marksOfTodo.where(eq(marks.kind, "flag")))).ast,
  "related rows": db.query.lists.findMany({ with: { todos: true } }).ast,
  "a related row": db.query.todos.findMany({ with: { list: true } }).ast,
  "related rows of related rows": db.query.lists.findMany({
    with: { todos: { with: { marks: { where: eq(marks.kind, "flag"), limit: 1 } } } },
  }).ast,
};

/** A change that shows in each of the queries. */
const changes: readonly RowImage[] = [
  { table: "lists", id: "l7", row: { id: "l7", name: "other", ownerId: "u" } },
  { table: "todos", id: "t7", row: { ...todo(7), title: "other", done: true } },
  { table: "marks", id: "m7", row: { ...mark(7), kind: "flag" } },
];

function todo(at: number): Row {
  return { id: `t${at}`, listId: `l${at}`, title: `T${at}`, done: false, rank: 0, due: null };
}

function mark(at: number): Row {
  return { id: `m${at}`, todoId: `t${at}`, kind: "none", weight: null, big: null };
}

/** How many cells are read for the change, with so many lists of one todo with one mark. */
async function readsForChange(ast: QueryAst, size: number): Promise<number> {
  const stored = new OptimisticRows(liveSchema);
  let reads = 0;
  const counted = ({ table, id, row }: RowImage): RowImage => {
    const cells = Object.entries(row ?? {}).map(([column, value]) => [
      column,
      { enumerable: true, get: () => (reads++, value) },
    ]);
    return { table, id, row: Object.defineProperties({}, Object.fromEntries(cells)) as Row };
  };
  const images = Array.from({ length: size }, (_, at): RowImage[] => [
    { table: "lists", id: `l${at}`, row: { id: `l${at}`, name: "N", ownerId: "u" } },
    { table: "todos", id: `t${at}`, row: todo(at) },
    { table: "marks", id: `m${at}`, row: mark(at) },
  ])
    .flat()
    .map(counted);
  stored.replace({ clear: "nothing", patch: images, pending: [] });
  let tell: (changes: readonly RowChange[]) => void = () => undefined;
  const live = new LiveQueries({
    source: {
      get rows() {
        return stored.rows;
      },
      state: { isOpen: true, firstSync: "complete" },
      open: async () => undefined,
      subscribeChanges: (listener) => ((tell = listener), () => undefined),
      subscribeState: () => () => undefined,
    },
    onFailure: (cause) => {
      throw cause;
    },
  });
  const heard: (readonly Row[])[] = [];
  live.watch(ast).subscribe((rows) => heard.push(rows));
  await new Promise((resolve) => setTimeout(resolve, 0));
  const apply = () =>
    tell(stored.replace({ clear: "nothing", patch: changes.map(counted), pending: [] }));
  const undo = () =>
    tell(stored.replace({ clear: "nothing", patch: images.slice(21, 24), pending: [] }));
  // The first time makes the indexes.
  apply();
  undo();
  expect(heard).toHaveLength(3);
  reads = 0;
  apply();
  expect(heard).toHaveLength(4);
  return reads;
}

describe("a change costs as much in a large database as in a small one", () => {
  it.each(Object.entries(queries))("%s", async (_name, ast) => {
    const reads = await readsForChange(ast, 20);
    // Places in an order are found by halving, which takes a few steps more.
    expect(await readsForChange(ast, 400)).toBeLessThan(reads + 40);
    expect(reads).toBeLessThan(100);
  });
});
