/** Types of the public surface: what infers, and what must not compile. */

import { expectTypeOf } from "vitest";
import { z } from "zod";
import {
  and,
  boolean,
  defineMutators,
  defineSchema,
  eq,
  exists,
  gt,
  inArray,
  isNull,
  like,
  ne,
  id,
  json,
  ref,
  select,
  table,
  text,
  timestamp,
} from "./index.ts";
import type {
  InferInsertRow,
  InferRow,
  InferUpdateRow,
  MutatorArgs,
  MutatorInput,
} from "./index.ts";

interface Ctx {
  userId: string;
}

const lists = table("lists", { id: id(), name: text() });
const todos = table(
  "todos",
  {
    id: id(),
    listId: ref(() => lists.id, { onDelete: "cascade" }),
    title: text(),
    done: boolean().default(false),
    due: timestamp().nullable(),
    size: text({ enum: ["s", "m"] }),
    extra: json<{ a: number }>().nullable(),
    parentId: ref(() => lists.id).nullable(),
  },
  {
    auth: {
      read: (ctx: Ctx, row) =>
        exists(
          select()
            .from(lists)
            .where(and(eq(lists.id, row.listId), eq(lists.name, ctx.userId))),
        ),
      write: (ctx: Ctx, row) => row.title === ctx.userId,
    },
    indexes: [["listId", "title"]],
  },
);
const schema = defineSchema({ lists, todos });

type Todo = InferRow<typeof todos>;
expectTypeOf<Todo>().toEqualTypeOf<{
  id: string;
  listId: string;
  title: string;
  done: boolean;
  due: Date | null;
  size: "s" | "m";
  extra: { a: number } | null;
  parentId: string | null;
}>();
expectTypeOf<InferInsertRow<typeof todos>>().toEqualTypeOf<{
  id: string;
  listId: string;
  title: string;
  size: "s" | "m";
  done?: boolean;
  due?: Date | null;
  extra?: { a: number } | null;
  parentId?: string | null;
}>();
expectTypeOf<InferUpdateRow<typeof todos>>().toEqualTypeOf<{
  listId?: string;
  title?: string;
  done?: boolean;
  due?: Date | null;
  size?: "s" | "m";
  extra?: { a: number } | null;
  parentId?: string | null;
}>();

expectTypeOf(select().from(todos).where(eq(todos.done, true))).resolves.toEqualTypeOf<Todo[]>();
// What can be compared.
gt(todos.title, lists.name);
eq(todos.due, new Date());
eq(todos.size, "s");
eq(todos.listId, lists.id);
ne(lists.id, todos.parentId);
eq(todos.parentId, lists.id);
inArray(todos.size, ["s"]);
inArray(todos.parentId, ["1"]);
like(todos.parentId, "a%");
isNull(todos.extra);

// What cannot.
// @ts-expect-error a text column is not compared with a number
eq(todos.title, 3);
// @ts-expect-error nor with null, which nothing equals: isNull() asks for it
eq(todos.due, null);
// @ts-expect-error nor with undefined, which is a value that got lost
eq(todos.title, undefined as string | undefined);
// @ts-expect-error nor with a column of another type
eq(todos.title, todos.done);
// @ts-expect-error a date is not compared with text
gt(todos.due, "2026-01-01");
// @ts-expect-error a value outside the enum
eq(todos.size, "xl");
// @ts-expect-error one of several
inArray(todos.size, ["s", "xl"]);
// @ts-expect-error null in a list makes every "not in" unknown
inArray(todos.parentId, [null]);
// @ts-expect-error like is for text
like(todos.done, "x");
// @ts-expect-error a JSON document is not compared
eq(todos.extra, { a: 1 });
// @ts-expect-error the left side is a column
eq("x", todos.title);
// @ts-expect-error no column for a condition
and(todos.done);
const stopped = todos.title.name === "x" && eq(todos.done, true);
// @ts-expect-error && gives false where it stops
select().from(todos).where(stopped);
// @ts-expect-error a query is no condition: it takes exists()
select().from(todos).where(select().from(lists));
// @ts-expect-error ordered by name of a column
select().from(todos).orderBy("title");
// @ts-expect-error no such column
void todos.nope;
// @ts-expect-error a table cannot be changed
todos.title = lists.name;
// @ts-expect-error a default of another type
text().default(3);
// @ts-expect-error a default outside the enum
text({ enum: ["s", "m"] }).default("xl");
// @ts-expect-error null is no default: a nullable column is null anyway
text().nullable().default(null);
// @ts-expect-error an enum lists something
text({ enum: [] });
// @ts-expect-error no such onDelete
ref(() => lists.id, { onDelete: "set null" });
// @ts-expect-error a rule gives a condition or a boolean
table("x", { id: id() }, { auth: { read: () => "yes" } });
// @ts-expect-error a rule is synchronous
table("x", { id: id() }, { auth: { read: () => Promise.resolve(true) } });
// @ts-expect-error a rule sees the table's columns only
table("x", { id: id() }, { auth: { read: (_ctx: Ctx, row) => eq(row.owner, "x") } });
// @ts-expect-error an index over a column that does not exist
table("x", { id: id() }, { indexes: [["nope"]] });

const mutators = defineMutators<typeof schema, Ctx>()({
  addTodo: {
    args: z.object({ id: z.string(), title: z.string().default("new") }),
    run: async ({ db, args, ctx }) => {
      expectTypeOf(args).toEqualTypeOf<{ id: string; title: string }>();
      expectTypeOf(ctx).toEqualTypeOf<Ctx>();
      await db.insert(todos).values({ id: args.id, listId: "l", title: args.title, size: "s" });
      // @ts-expect-error a required column is missing
      await db.insert(todos).values({ id: args.id });
      await db
        .insert(todos)
        .values([
          { id: args.id, listId: "l", title: "x", size: "m", done: true, due: null, parentId: "p" },
        ]);
      // @ts-expect-error null for what is not nullable
      await db.insert(todos).values({ id: "1", listId: "l", title: null, size: "s" });
      // @ts-expect-error a value outside the enum
      await db.insert(todos).values({ id: "1", listId: "l", title: "x", size: "xl" });
      // @ts-expect-error text for a date
      await db.insert(todos).values({ id: "1", listId: "l", title: "x", size: "s", due: "now" });
      // @ts-expect-error a column that the table does not have
      await db.insert(lists).values({ id: "1", name: "x", colour: "red" });
      // @ts-expect-error no such column
      await db.update(todos).set({ nope: 1 }).where(eq(todos.id, args.id));
      // @ts-expect-error the id stays
      await db.update(todos).set({ id: "2" }).where(eq(todos.id, args.id));
      // @ts-expect-error a wrong value
      await db.update(todos).set({ done: "yes" }).where(eq(todos.id, args.id));
      // @ts-expect-error a condition that may be undefined would mean every row
      await db.delete(todos).where(undefined);
      // @ts-expect-error one where() only
      db.delete(todos).where(eq(todos.id, "1")).where(eq(todos.id, "2"));
      const { rowCount } = await db.delete(todos).where(eq(todos.id, args.id));
      expectTypeOf(rowCount).toEqualTypeOf<number>();
      const [first] = await db.select().from(todos).limit(1);
      expectTypeOf(first).toEqualTypeOf<Todo | undefined>();
    },
  },
  plain: async ({ args }: MutatorInput<Ctx, { x: number }>) => {
    await Promise.resolve(args.x);
  },
});
expectTypeOf<MutatorArgs<typeof mutators, "addTodo">>().toEqualTypeOf<{
  id: string;
  title?: string | undefined;
}>();
expectTypeOf<MutatorArgs<typeof mutators, "plain">>().toEqualTypeOf<{ x: number }>();
// @ts-expect-error no such mutator
expectTypeOf<MutatorArgs<typeof mutators, "nope">>();

defineMutators<typeof schema, Ctx>()({
  // @ts-expect-error the context is the app's, not the mutator's choice
  wrongCtx: ({ ctx }: MutatorInput<{ tenant: string }, null>) => void ctx.tenant,
});
