/** Invite links. Whoever knows a token may join its list; only members can see it. */

import { id, ref, table, text, timestamp } from "@sh1n4ps/plasma-core";
import type { Ctx } from "../context.ts";
import { isMember, lists, users } from "./membership.ts";

export const invites = table(
  "invites",
  {
    id: id(),
    listId: ref(() => lists.id, { onDelete: "cascade" }),
    token: text().unique(),
    createdBy: ref(() => users.id, { onDelete: "cascade" }),
    createdAt: timestamp(),
  },
  {
    auth: {
      read: (ctx: Ctx, row) => isMember(ctx, row.listId),
      write: (ctx: Ctx, row) => isMember(ctx, row.listId),
    },
    indexes: [["listId"]],
  },
);
