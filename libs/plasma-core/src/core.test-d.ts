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
}>();
expectTypeOf<InferInsertRow<typeof todos>>().toEqualTypeOf<{
  id: string;
  listId: string;
  title: string;
  size: "s" | "m";
  done?: boolean;
  due?: Date | null;
  extra?: { a: number } | null;
}>();
expectTypeOf<InferUpdateRow<typeof todos>>().toEqualTypeOf<{
  listId?: string;
  title?: string;
  done?: boolean;
  due?: Date | null;
  size?: "s" | "m";
  extra?: { a: number } | null;
}>();

expectTypeOf(select().from(todos).where(eq(todos.done, true))).resolves.toEqualTypeOf<Todo[]>();
// @ts-expect-error a text column is not compared with a number
eq(todos.title, 3);
// @ts-expect-error no such column
void todos.nope;
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
      // @ts-expect-error no such column
      await db.update(todos).set({ nope: 1 }).where(eq(todos.id, args.id));
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
