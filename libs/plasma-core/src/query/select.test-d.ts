/** Types of queries: projections, joins and their nullable side, aggregates, subqueries. */

import { expectTypeOf } from "vitest";
import {
  alias,
  bigint,
  boolean,
  defineSchema,
  id,
  int,
  ref,
  table,
  text,
  timestamp,
} from "../index.ts";
import type { InferRow, ReadDb } from "../index.ts";
import { avg, colRef, count, countDistinct, max, sum } from "./aggregates.ts";
import { desc, eq, gt, ilike, notInArray } from "./expression.ts";
import { select, selectDistinct } from "./select.ts";

const lists = table("lists", { id: id(), name: text(), size: bigint() });
const todos = table("todos", {
  id: id(),
  listId: ref(() => lists.id),
  title: text(),
  priority: int().nullable(),
  done: boolean(),
  due: timestamp().nullable(),
});
const other = alias(todos, "other");

expectTypeOf(select({ title: todos.title, due: todos.due }).from(todos)).resolves.toEqualTypeOf<
  { title: string; due: Date | null }[]
>();
expectTypeOf(
  select({ title: todos.title, list: lists.name })
    .from(todos)
    .innerJoin(lists, eq(lists.id, todos.listId)),
).resolves.toEqualTypeOf<{ title: string; list: string }[]>();
// The nullable side of a left join.
expectTypeOf(
  select({ title: todos.title, list: lists.name })
    .from(todos)
    .leftJoin(lists, eq(lists.id, todos.listId)),
).resolves.toEqualTypeOf<{ title: string; list: string | null }[]>();
expectTypeOf(
  select().from(lists).leftJoin(todos, eq(lists.id, todos.listId)),
).resolves.toEqualTypeOf<
  {
    lists: { id: string; name: string; size: bigint };
    todos: {
      id: string;
      listId: string;
      title: string;
      priority: number | null;
      done: boolean;
      due: Date | null;
    } | null;
  }[]
>();
expectTypeOf(
  select({ a: todos.id, b: other.id }).from(todos).leftJoin(other, eq(todos.id, other.id)),
).resolves.toEqualTypeOf<{ a: string; b: string | null }[]>();
expectTypeOf(select({ list: lists, n: count() }).from(lists)).resolves.toEqualTypeOf<
  { list: { id: string; name: string; size: bigint }; n: number }[]
>();

const grouped = select({
  listId: todos.listId,
  n: count(),
  kinds: countDistinct(todos.title),
  total: sum(todos.priority),
  mean: avg(todos.priority),
  last: max(todos.due),
})
  .from(todos)
  .groupBy(todos.listId)
  .having(gt(count(), 2))
  .orderBy(desc(count()));
expectTypeOf(grouped).resolves.toEqualTypeOf<
  {
    listId: string;
    n: number;
    kinds: number;
    total: number | null;
    mean: number | null;
    last: Date | null;
  }[]
>();
expectTypeOf(select({ total: sum(lists.size) }).from(lists)).resolves.toEqualTypeOf<
  { total: bigint | null }[]
>();
expectTypeOf(select().fromSubquery(grouped, "g")).resolves.toEqualTypeOf<
  {
    listId: string;
    n: number;
    kinds: number;
    total: number | null;
    mean: number | null;
    last: Date | null;
  }[]
>();
expectTypeOf(
  select({ n: colRef<number>("g", "n") })
    .fromSubquery(grouped, "g")
    .where(gt(colRef<number>("g", "n"), 3)),
).resolves.toEqualTypeOf<{ n: number }[]>();
expectTypeOf(selectDistinct({ title: todos.title }).from(todos)).resolves.toEqualTypeOf<
  { title: string }[]
>();

expectTypeOf(
  select()
    .from(todos)
    .after({ id: "1", title: "a" } as InferRow<typeof todos>),
).resolves.toEqualTypeOf<InferRow<typeof todos>[]>();
// @ts-expect-error a row of another query has another shape
select({ key: todos.id }).from(todos).after({ id: "1" });

// @ts-expect-error a text column is not added up
sum(todos.title);
// @ts-expect-error a boolean column has no pattern
ilike(todos.done, "%");
// @ts-expect-error a text column is compared with text
notInArray(todos.title, [1]);
// @ts-expect-error count() is a number
gt(count(), "2");

const people = table("people", { id: id(), name: text() });
const tasks = table("tasks", {
  id: id(),
  listId: ref(() => lists.id),
  creatorId: ref(() => people.id),
  assignee: ref(() => people.id).nullable(),
});
const schema = defineSchema({ lists, todos, people, tasks });
declare const db: ReadDb<typeof schema>;

interface TaskRow {
  id: string;
  listId: string;
  creatorId: string;
  assignee: string | null;
}
interface PersonRow {
  id: string;
  name: string;
}
type Flat<T> = { [K in keyof T]: T[K] } & {};
expectTypeOf(db.query.tasks.findMany()).resolves.toEqualTypeOf<TaskRow[]>();
expectTypeOf(
  db.query.tasks.findMany({ with: { creator: true, assigneeRow: true } }),
).resolves.toEqualTypeOf<
  Flat<TaskRow & { creator: PersonRow | null; assigneeRow: PersonRow | null }>[]
>();
expectTypeOf(
  db.query.people.findFirst({
    where: eq(people.name, "Ada"),
    with: { tasksByCreator: { limit: 3, with: { list: true } } },
  }),
).resolves.toEqualTypeOf<
  | Flat<
      PersonRow & {
        tasksByCreator: Flat<
          TaskRow & { list: { id: string; name: string; size: bigint } | null }
        >[];
      }
    >
  | undefined
>();
expectTypeOf<Awaited<ReturnType<typeof listsWithTodos>>[number]["todos"]>().items.toHaveProperty(
  "title",
);
const listsWithTodos = () => db.query.lists.findMany({ with: { todos: true } });
// @ts-expect-error no such relation
db.query.lists.findMany({ with: { people: true } });
