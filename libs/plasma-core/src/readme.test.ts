/** The examples of the README, compiled and run. Change them there and here together. */

import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import {
  alias,
  and,
  bindRule,
  boolean,
  defineMutators,
  defineSchema,
  desc,
  eq,
  escapeLike,
  exists,
  id,
  invokeMutator,
  like,
  ne,
  ref,
  select,
  table,
  tableInfo,
  text,
  timestamp,
} from "./index.ts";
import type { InferRow } from "./index.ts";
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
      { id: "2", listId: "l1", title: "1000 things" },
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
