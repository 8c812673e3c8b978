/** Making, naming and deleting lists. */

import { defineMutators, eq, MutationRefused } from "@sh1n4ps/plasma-core";
import * as z from "zod";
import type { Ctx } from "../context.ts";
import type { schema } from "../schema.ts";
import { lists, members } from "../tables/membership.ts";
import { listName, moment, rowId } from "./args.ts";

export const listMutators = defineMutators<typeof schema, Ctx>()({
  createList: {
    args: z.object({ id: rowId, membershipId: rowId, name: listName, createdAt: moment }),
    run: async ({ db, args, ctx }) => {
      await db
        .insert(lists)
        .values({ id: args.id, name: args.name, ownerId: ctx.userId, createdAt: args.createdAt });
      await db.insert(members).values({
        id: args.membershipId,
        listId: args.id,
        userId: ctx.userId,
        role: "owner",
        joinedAt: args.createdAt,
      });
    },
  },

  renameList: {
    args: z.object({ id: rowId, name: listName }),
    run: async ({ db, args }) => {
      const { rowCount } = await db
        .update(lists)
        .set({ name: args.name })
        .where(eq(lists.id, args.id));
      if (rowCount === 0) {
        throw new MutationRefused(
          "gone",
          "This list is gone: it was deleted, or is not shared with you any more.",
        );
      }
    },
  },

  /** Its members, invites and todos go with it (`onDelete: "cascade"`). */
  deleteList: {
    args: z.object({ id: rowId }),
    run: async ({ db, args }) => {
      await db.delete(lists).where(eq(lists.id, args.id));
    },
  },
});
