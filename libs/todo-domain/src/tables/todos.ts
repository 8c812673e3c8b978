/** Todos. Every member of a list reads and edits all of them. */

import { boolean, id, ref, table, text, timestamp } from "@sh1n4ps/plasma-core";
import type { Ctx } from "../context.ts";
import { isMember, lists, users } from "./membership.ts";

export const todos = table(
  "todos",
  {
    id: id(),
    listId: ref(() => lists.id, { onDelete: "cascade" }),
    title: text(),
    done: boolean().default(false),
    /** A fractional index: text that sorts where the todo stands, so that a move changes one row. */
    position: text(),
    createdBy: ref(() => users.id),
    createdAt: timestamp(),
  },
  {
    auth: {
      read: (ctx: Ctx, row) => isMember(ctx, row.listId),
      write: (ctx: Ctx, row) => isMember(ctx, row.listId),
    },
    indexes: [["listId", "position"]],
  },
);
