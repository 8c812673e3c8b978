/** Sharing a list: invite links, joining, leaving, removing people. */

import { and, defineMutators, eq, MutationRefused } from "@sh1n4ps/plasma-core";
import * as z from "zod";
import type { Ctx } from "../context.ts";
import type { schema } from "../schema.ts";
import { invites } from "../tables/invites.ts";
import { lists, members } from "../tables/membership.ts";
import { inviteToken, moment, rowId } from "./args.ts";

export const memberMutators = defineMutators<typeof schema, Ctx>()({
  createInvite: {
    args: z.object({ id: rowId, listId: rowId, token: inviteToken, createdAt: moment }),
    run: async ({ db, args, ctx }) => {
      await db.insert(invites).values({ ...args, createdBy: ctx.userId });
    },
  },

  revokeInvite: {
    args: z.object({ id: rowId }),
    run: async ({ db, args }) => {
      await db.delete(invites).where(eq(invites.id, args.id));
    },
  },

  /** Only the server knows whether a token is good, so the client shows nothing until it has answered. */
  joinList: {
    args: z.object({ token: inviteToken, membershipId: rowId, joinedAt: moment }),
    run: async ({ unrestrictedDb, args, ctx }) => {
      if (!unrestrictedDb) return;
      const [invite] = await unrestrictedDb
        .select()
        .from(invites)
        .where(eq(invites.token, args.token))
        .limit(1);
      if (!invite) {
        throw new MutationRefused(
          "invite-not-found",
          "This invite link is no longer valid. Ask for a new one.",
        );
      }
      const [already] = await unrestrictedDb
        .select()
        .from(members)
        .where(and(eq(members.listId, invite.listId), eq(members.userId, ctx.userId)))
        .limit(1);
      if (already) return;
      await unrestrictedDb.insert(members).values({
        id: args.membershipId,
        listId: invite.listId,
        userId: ctx.userId,
        role: "editor",
        joinedAt: args.joinedAt,
      });
    },
  },

  leaveList: {
    args: z.object({ listId: rowId }),
    run: async ({ db, unrestrictedDb, args, ctx }) => {
      const [list] = await db.select().from(lists).where(eq(lists.id, args.listId)).limit(1);
      if (list?.ownerId === ctx.userId) {
        throw new MutationRefused(
          "owner-cannot-leave",
          "You own this list. Delete it instead of leaving it.",
        );
      }
      // The write rule lets owners alone change memberships; leaving is the one exception, for one's own row.
      await (unrestrictedDb ?? db)
        .delete(members)
        .where(and(eq(members.listId, args.listId), eq(members.userId, ctx.userId)));
    },
  },

  removeMember: {
    args: z.object({ listId: rowId, userId: rowId }),
    run: async ({ db, args, ctx }) => {
      if (args.userId === ctx.userId) {
        throw new MutationRefused(
          "owner-cannot-leave",
          "You own this list. Delete it instead of leaving it.",
        );
      }
      await db
        .delete(members)
        .where(and(eq(members.listId, args.listId), eq(members.userId, args.userId)));
    },
  },
});
