/** An app in which nothing can be lost or doubled unseen: each mutation leaves a token and counts itself. */

import { defineMutators, defineSchema, eq, id, int, table, text } from "@sh1n4ps/plasma-core";
import type { MutatorInput } from "@sh1n4ps/plasma-core";

export interface Ctx {
  readonly userId: string;
}

const everyone = { read: () => true, write: () => true };
export const tokens = table("tokens", { id: id(), owner: text() }, { auth: everyone });
export const counters = table("counters", { id: id(), count: int() }, { auth: everyone });
export const schema = defineSchema({ tokens, counters });

export const mutators = defineMutators<typeof schema, Ctx>()({
  append: async ({ db, args, ctx }: MutatorInput<Ctx, { token: string }>) => {
    await db.insert(tokens).values({ id: args.token, owner: ctx.userId });
    const [counter] = await db.select().from(counters).where(eq(counters.id, ctx.userId));
    if (counter) await db.increment(counters.count, 1).where(eq(counters.id, ctx.userId));
    else await db.insert(counters).values({ id: ctx.userId, count: 1 });
  },
});
