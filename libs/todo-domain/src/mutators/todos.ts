/** Adding, editing, completing, moving and deleting todos. */

import { and, defineMutators, eq, MutationRefused } from "@sh1n4ps/plasma-core";
import * as z from "zod";
import type { Ctx } from "../context.ts";
import type { schema } from "../schema.ts";
import { todos } from "../tables/todos.ts";
import { moment, position, rowId, todoTitle } from "./args.ts";

export const todoMutators = defineMutators<typeof schema, Ctx>()({
  addTodo: {
    args: z.object({ id: rowId, listId: rowId, title: todoTitle, position, createdAt: moment }),
    run: async ({ db, args, ctx }) => {
      await db.insert(todos).values({ ...args, createdBy: ctx.userId });
    },
  },

  editTodo: {
    args: z.object({ id: rowId, title: todoTitle }),
    run: async ({ db, args }) => {
      const { rowCount } = await db
        .update(todos)
        .set({ title: args.title })
        .where(eq(todos.id, args.id));
      if (rowCount === 0) throw gone();
    },
  },

  setTodoDone: {
    args: z.object({ id: rowId, done: z.boolean() }),
    run: async ({ db, args }) => {
      const { rowCount } = await db
        .update(todos)
        .set({ done: args.done })
        .where(eq(todos.id, args.id));
      if (rowCount === 0) throw gone();
    },
  },

  moveTodo: {
    args: z.object({ id: rowId, position }),
    run: async ({ db, args }) => {
      const { rowCount } = await db
        .update(todos)
        .set({ position: args.position })
        .where(eq(todos.id, args.id));
      if (rowCount === 0) throw gone();
    },
  },

  deleteTodo: {
    args: z.object({ id: rowId }),
    run: async ({ db, args }) => {
      await db.delete(todos).where(eq(todos.id, args.id));
    },
  },

  clearDone: {
    args: z.object({ listId: rowId }),
    run: async ({ db, args }) => {
      await db.delete(todos).where(and(eq(todos.listId, args.listId), eq(todos.done, true)));
    },
  },
});

/** Without it, a change of what somebody cannot see any more would be taken, and come to nothing. */
function gone(): MutationRefused {
  return new MutationRefused(
    "gone",
    "This todo is gone: it was deleted, or its list is not shared with you any more.",
  );
}
