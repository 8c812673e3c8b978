/** The examples of the README, compiled and run. Change them there and here together. */

import { describe, expect, expectTypeOf, it } from "vitest";
import * as z from "zod";
import {
  alias,
  and,
  bindRule,
  boolean,
  colRef,
  count,
  defineMutators,
  defineSchema,
  desc,
  eq,
  escapeLike,
  exists,
  gt,
  id,
  int,
  invokeMutator,
  like,
  ne,
  ref,
  select,
  sum,
  table,
  tableInfo,
  text,
  timestamp,
} from "./index.ts";
import type { InferRow, MutatorDb } from "./index.ts";
import { memoryWorld } from "./mutators/memory-write-store.fixture.ts";

interface Ctx {
  readonly userId: string;
}

const lists = table("lists", { id: id(), name: text(), ownerId: text() });
const todos = table(
  "todos",
  {
    id: id(),
    listId: ref(() => lists.id, { onDelete: "cascade" }),
    title: text(),
    code: text().nullable().unique(),
    votes: int().default(0),
    done: boolean().default(false),
    due: timestamp().nullable(),
  },
  { indexes: [["listId", "title"]] },
);
const schema = defineSchema({ lists, todos });

type Todo = InferRow<typeof todos>;

function world() {
  return memoryWorld(schema, {
    lists: [{ id: "l1", name: "One", ownerId: "ada" }],
    todos: [
      { id: "1", listId: "l1", title: "100% sure" },
      { id: "2", listId: "l1", title: "1000 things", votes: 5 },
      { id: "3", listId: "l1", title: "100% sure", due: new Date(1) },
    ],
  });
}

describe("the README's example of", () => {
  it("a query finds what was typed, and no more", async () => {
    const { db } = world();
    const open = await db
      .select()
      .from(todos)
      .where(and(eq(todos.listId, "l1"), like(todos.title, `%${escapeLike("100%")}%`)))
      .orderBy(desc(todos.due))
      .limit(10);
    expectTypeOf(open).toEqualTypeOf<Todo[]>();
    expect(open.map((todo) => todo.id)).toEqual(["3", "1"]);
  });

  it("a subquery meets its own table under an alias", async () => {
    const others = alias(todos, "others");
    const hasNamesake = exists(
      select()
        .from(others)
        .where(and(eq(others.title, todos.title), ne(others.id, todos.id))),
    );
    const found = await world().db.select().from(todos).where(hasNamesake);
    expect(found.map((todo) => todo.id)).toEqual(["1", "3"]);
  });

  it("a projection with a left join may be null on its right side", async () => {
    const { db } = world();
    const rows = await db
      .select({ list: lists.name, title: todos.title })
      .from(lists)
      .leftJoin(todos, eq(todos.listId, lists.id));
    expectTypeOf(rows).toEqualTypeOf<{ list: string; title: string | null }[]>();
    expect(rows).toHaveLength(3);
  });

  it("groups, and a query over a query", async () => {
    const { db } = world();
    const perList = db
      .select({ listId: todos.listId, total: count(), votes: sum(todos.votes) })
      .from(todos)
      .groupBy(todos.listId)
      .having(gt(count(), 1));
    const busy = await db
      .select({ listId: colRef<string>("p", "listId") })
      .fromSubquery(perList, "p")
      .where(gt(colRef<number>("p", "votes"), 3));
    expect(busy).toEqual([{ listId: "l1" }]);
  });

  it("relations gives each list its todos", async () => {
    const db: MutatorDb<typeof schema> = world().db;
    const found = await db.query.lists.findMany({
      where: eq(lists.ownerId, "ada"),
      with: { todos: { where: eq(todos.done, false), orderBy: desc(todos.votes), limit: 2 } },
    });
    expect(found.map((list) => list.todos.map((todo) => todo.id))).toEqual([["2", "1"]]);
  });

  it("writes does what it says", async () => {
    const { db, rows } = world();
    await db.insert(todos).values([
      { id: "4", listId: "l1", title: "Bread" },
      { id: "5", listId: "l1", title: "Milk", code: "m" },
    ]);
    await db.update(todos).set({ done: true }).where(eq(todos.id, "4"));
    await db.increment(todos.votes, 1).where(eq(todos.id, "5"));
    const [gone] = await db.delete(todos).where(eq(todos.id, "4")).returning();
    expectTypeOf(gone).toEqualTypeOf<Todo | undefined>();
    expect(gone).toMatchObject({ title: "Bread", done: true });

    await db
      .insert(todos)
      .values({ id: "6", listId: "l1", title: "Milk", code: "m" })
      .onConflictDoUpdate({ target: todos.code, set: { title: "Milk, again" } });
    expect(rows("todos")["5"]).toMatchObject({ title: "Milk, again", votes: 1 });
    expect(rows("todos")["6"]).toBeUndefined();
  });

  it("a mutator runs on the validator's output", async () => {
    const mutators = defineMutators<typeof schema, Ctx>()({
      renameTodo: {
        args: z.object({ id: z.string(), title: z.string().trim().min(1) }),
        run: async ({ db, args }) => {
          await db.update(todos).set({ title: args.title }).where(eq(todos.id, args.id));
        },
      },
    });
    const { db, rows } = world();
    const args = { id: "1", title: " new " };
    await invokeMutator(mutators, "renameTodo", { db, args, ctx: { userId: "ada" } });
    expect(rows("todos")["1"]).toMatchObject({ title: "new" });
  });

  it("rules are expressions", () => {
    const notes = table(
      "notes",
      { id: id(), listId: ref(() => lists.id), authorId: text() },
      {
        auth: {
          read: (ctx: Ctx, row) =>
            exists(
              select()
                .from(lists)
                .where(and(eq(lists.id, row.listId), eq(lists.ownerId, ctx.userId))),
            ),
          write: (ctx: Ctx, row) => eq(row.authorId, ctx.userId),
        },
      },
    );
    for (const kind of ["read", "write"] as const) {
      const rule = bindRule(tableInfo(notes), kind, { userId: "ada" }, { default: "deny" });
      expect(rule.kind).toBe("expression");
    }
  });
});
