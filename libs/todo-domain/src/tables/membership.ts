/**
 * People, lists, and who belongs to which list. One file, because the three refer to each other: the permissions of
 * everything in a list hang on the memberships.
 */

import {
  alias,
  and,
  eq,
  exists,
  id,
  or,
  ref,
  select,
  table,
  text,
  timestamp,
} from "@sh1n4ps/plasma-core";
import type { AnyColumn, Condition } from "@sh1n4ps/plasma-core";
import type { Ctx } from "../context.ts";

/** People. Everyone sees themselves and those with whom they share a list. */
export const users = table(
  "users",
  {
    id: id(),
    name: text(),
    /** A CSS colour, for the avatar. */
    color: text(),
  },
  {
    auth: {
      read: (ctx: Ctx, row): Condition => or(eq(row.id, ctx.userId), sharesList(ctx, row.id)),
    },
  },
);

/** Lists. Members see them; only the owner renames or deletes one. */
export const lists = table(
  "lists",
  {
    id: id(),
    name: text(),
    ownerId: ref(() => users.id),
    createdAt: timestamp(),
  },
  {
    auth: {
      read: (ctx: Ctx, row): Condition => isMember(ctx, row.id),
      write: (ctx: Ctx, row): Condition => eq(row.ownerId, ctx.userId),
    },
  },
);

/** Memberships. Only the owner of a list adds and removes people; joining and leaving have their own mutators. */
export const members = table(
  "members",
  {
    id: id(),
    listId: ref(() => lists.id, { onDelete: "cascade" }),
    userId: ref(() => users.id, { onDelete: "cascade" }),
    role: text({ enum: ["owner", "editor"] }),
    joinedAt: timestamp(),
  },
  {
    auth: {
      read: (ctx: Ctx, row): Condition => isMember(ctx, row.listId),
      write: (ctx: Ctx, row): Condition =>
        exists(
          select()
            .from(lists)
            .where(and(eq(lists.id, row.listId), eq(lists.ownerId, ctx.userId))),
        ),
    },
    indexes: [["userId", "listId"], ["listId"]],
  },
);

const mine = alias(members, "mine");

/** The rule that most tables share: the person belongs to this list. */
export function isMember(ctx: Ctx, listId: AnyColumn): Condition {
  return exists(
    select()
      .from(mine)
      .where(and(eq(mine.listId, listId), eq(mine.userId, ctx.userId))),
  );
}

function sharesList(ctx: Ctx, userId: AnyColumn): Condition {
  return exists(
    select()
      .from(members)
      .where(and(eq(members.userId, userId), isMember(ctx, members.listId))),
  );
}
