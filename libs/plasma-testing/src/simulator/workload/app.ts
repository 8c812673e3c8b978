/**
 * The app that the simulator runs: mutators whose effects can be checked. Lists of unique tokens (the order of all
 * appends shows), transfers that keep a sum, somebody on call, names that only one may have, counters, boards whose rows
 * come and go with memberships, cascades, and mutators that fail in every way there is.
 */

import {
  alias,
  and,
  defineMutators,
  defineSchema,
  eq,
  exists,
  id,
  int,
  MutationRefused,
  boolean,
  ref,
  select,
  table,
  text,
} from "@sh1n4ps/plasma-core";
import type { AnyColumn, Condition, MutatorInput } from "@sh1n4ps/plasma-core";

export interface Ctx {
  readonly userId: string;
  /** Staff read everything, and write no more than others. */
  readonly role: "member" | "staff";
}

const open = { auth: { read: () => true, write: () => true } };

export const logs = table("logs", { id: id(), tokens: text() }, open);
export const accounts = table("accounts", { id: id(), balance: int() }, open);
export const shifts = table("shifts", { id: id(), onCall: boolean() }, open);
export const counters = table("counters", { id: id(), count: int() }, open);

export const claims = table(
  "claims",
  { id: id(), name: text().unique(), by: text() },
  {
    auth: {
      read: () => true,
      write: (ctx: Ctx, row): Condition => eq(row.by, ctx.userId),
    },
  },
);

/** They hold their claim fast. */
export const tags = table(
  "tags",
  { id: id(), claimId: ref(() => claims.id, { onDelete: "restrict" }) },
  open,
);

export const boards = table(
  "boards",
  { id: id(), owner: text() },
  {
    auth: {
      read: (ctx: Ctx, row): Condition => sees(ctx, row.id),
      write: (ctx: Ctx, row): Condition => eq(row.owner, ctx.userId),
    },
  },
);

export const members = table(
  "members",
  { id: id(), boardId: ref(() => boards.id, { onDelete: "cascade" }), userId: text() },
  {
    auth: {
      read: (ctx: Ctx, row): Condition => sees(ctx, row.boardId),
      write: (ctx: Ctx, row): Condition =>
        exists(
          select()
            .from(boards)
            .where(and(eq(boards.id, row.boardId), eq(boards.owner, ctx.userId))),
        ),
    },
    indexes: [["userId", "boardId"]],
  },
);

export const cards = table(
  "cards",
  { id: id(), boardId: ref(() => boards.id, { onDelete: "cascade" }), content: text() },
  {
    auth: {
      read: (ctx: Ctx, row): Condition => sees(ctx, row.boardId),
      write: (ctx: Ctx, row): Condition => isMember(ctx, row.boardId),
    },
    indexes: [["boardId"]],
  },
);

/** A rule in JavaScript. */
export const memos = table(
  "memos",
  { id: id(), owner: text(), content: text() },
  {
    auth: {
      read: (ctx: Ctx, row) => ctx.role === "staff" || (row.owner as unknown) === ctx.userId,
      write: (ctx: Ctx, row): Condition => eq(row.owner, ctx.userId),
    },
  },
);

const mine = alias(members, "mine");

function isMember(ctx: Ctx, boardId: AnyColumn): Condition {
  return exists(
    select()
      .from(mine)
      .where(and(eq(mine.boardId, boardId), eq(mine.userId, ctx.userId))),
  );
}

function sees(ctx: Ctx, boardId: AnyColumn): Condition {
  return ctx.role === "staff" ? and() : isMember(ctx, boardId);
}

export const schema = defineSchema({
  logs,
  accounts,
  shifts,
  counters,
  claims,
  tags,
  boards,
  members,
  cards,
  memos,
});

/** What a mutator can meet on the server that is no fault of its own. */
export interface Trouble {
  /** Throws, or takes its time. */
  meet(token: string): Promise<void>;
}

type Input<Args> = MutatorInput<Ctx, Args & { readonly token: string }>;

/** How many somebody may have. */
export const MAX_CLAIMS = 2;

export const memberId = (boardId: string, userId: string) => `${boardId}.${userId}`;

export function appMutators(trouble: Trouble) {
  return defineMutators<typeof schema, Ctx>()({
    append: async ({ db, args }: Input<{ id: string }>) => {
      const [log] = await db.select().from(logs).where(eq(logs.id, args.id));
      if (!log) {
        await db.insert(logs).values({ id: args.id, tokens: args.token });
      } else {
        const tokens = `${log.tokens} ${args.token}`;
        await db.update(logs).set({ tokens }).where(eq(logs.id, args.id));
      }
    },

    transfer: async ({ db, args }: Input<{ from: string; to: string; amount: number }>) => {
      const [from] = await db.select().from(accounts).where(eq(accounts.id, args.from));
      const [to] = await db.select().from(accounts).where(eq(accounts.id, args.to));
      if (!from || !to) throw new MutationRefused("no-account", "There is no such account.");
      if (from.balance < args.amount) throw new MutationRefused("overdrawn", "Not enough.");
      const balance = from.balance - args.amount;
      await db.update(accounts).set({ balance }).where(eq(accounts.id, args.from));
      await db
        .update(accounts)
        .set({ balance: to.balance + args.amount })
        .where(eq(accounts.id, args.to));
    },

    /** All of it: what comes next into the other account hangs on what this one has read. */
    sweep: async ({ db, args }: Input<{ from: string; to: string }>) => {
      const [from] = await db.select().from(accounts).where(eq(accounts.id, args.from));
      const [to] = await db.select().from(accounts).where(eq(accounts.id, args.to));
      if (!from || !to) throw new MutationRefused("no-account", "There is no such account.");
      await db.update(accounts).set({ balance: 0 }).where(eq(accounts.id, args.from));
      await db
        .update(accounts)
        .set({ balance: to.balance + from.balance })
        .where(eq(accounts.id, args.to));
    },

    /** Nobody leaves as the last one: no single row tells. */
    leaveShift: async ({ db, args }: Input<{ id: string }>) => {
      const onCall = await db.select().from(shifts).where(eq(shifts.onCall, true));
      if (!onCall.some((shift) => shift.id !== args.id)) {
        throw new MutationRefused("last-on-call", "Somebody has to stay.");
      }
      await db.update(shifts).set({ onCall: false }).where(eq(shifts.id, args.id));
    },

    joinShift: async ({ db, args }: Input<{ id: string }>) => {
      await db.update(shifts).set({ onCall: true }).where(eq(shifts.id, args.id));
    },

    count: async ({ db, args }: Input<{ id: string; by: number }>) => {
      await db.increment(counters.count, args.by).where(eq(counters.id, args.id));
    },

    claim: async ({ db, args, ctx }: Input<{ id: string; name: string }>) => {
      await db.insert(claims).values({ id: args.id, name: args.name, by: ctx.userId });
      // Only now, so that whoever counts has taken the id and the name to be free.
      const own = await db.select().from(claims).where(eq(claims.by, ctx.userId));
      if (own.length > MAX_CLAIMS) throw new MutationRefused("too-many", "Release one first.");
    },

    rename: async ({ db, args }: Input<{ id: string; name: string }>) => {
      await db.update(claims).set({ name: args.name }).where(eq(claims.id, args.id));
    },

    release: async ({ db, args }: Input<{ id: string }>) => {
      await db.delete(claims).where(eq(claims.id, args.id));
    },

    tag: async ({ db, args }: Input<{ id: string; claimId: string }>) => {
      await db.insert(tags).values({ id: args.id, claimId: args.claimId });
    },

    untag: async ({ db, args }: Input<{ id: string }>) => {
      await db.delete(tags).where(eq(tags.id, args.id));
    },

    createBoard: async ({ db, args, ctx }: Input<{ id: string }>) => {
      await db.insert(boards).values({ id: args.id, owner: ctx.userId });
      await db
        .insert(members)
        .values({ id: memberId(args.id, ctx.userId), boardId: args.id, userId: ctx.userId });
    },

    deleteBoard: async ({ db, args }: Input<{ id: string }>) => {
      await db.delete(boards).where(eq(boards.id, args.id));
    },

    grant: async ({ db, args }: Input<{ boardId: string; userId: string }>) => {
      await db.insert(members).values({
        id: memberId(args.boardId, args.userId),
        boardId: args.boardId,
        userId: args.userId,
      });
    },

    revoke: async ({ db, args }: Input<{ boardId: string; userId: string }>) => {
      await db.delete(members).where(eq(members.id, memberId(args.boardId, args.userId)));
    },

    addCard: async ({ db, args }: Input<{ id: string; boardId: string }>) => {
      const content = canaryOf(args.id, args.token);
      await db.insert(cards).values({ id: args.id, boardId: args.boardId, content });
    },

    editCard: async ({ db, args }: Input<{ id: string }>) => {
      const content = canaryOf(args.id, args.token);
      await db.update(cards).set({ content }).where(eq(cards.id, args.id));
    },

    moveCard: async ({ db, args }: Input<{ id: string; boardId: string }>) => {
      await db.update(cards).set({ boardId: args.boardId }).where(eq(cards.id, args.id));
    },

    deleteCard: async ({ db, args }: Input<{ id: string }>) => {
      await db.delete(cards).where(eq(cards.id, args.id));
    },

    writeMemo: async ({ db, args, ctx }: Input<{ id: string }>) => {
      const content = canaryOf(args.id, args.token);
      await db
        .insert(memos)
        .values({ id: args.id, owner: ctx.userId, content })
        .onConflictDoUpdate({ target: [memos.id], set: { content } });
    },

    /** Args of any size: some pushes of them are too large, and some of them are so by themselves. */
    paste: async ({ db, args, ctx }: Input<{ id: string; text: string }>) => {
      const content = pastedOf(args);
      await db
        .insert(memos)
        .values({ id: args.id, owner: ctx.userId, content })
        .onConflictDoUpdate({ target: [memos.id], set: { content } });
    },

    dropMemo: async ({ db, args }: Input<{ id: string }>) => {
      await db.delete(memos).where(eq(memos.id, args.id));
    },

    /** Writes, and then thinks better of it: nothing may stay. */
    refuse: async ({ db, unrestrictedDb, args }: Input<{ id: string }>) => {
      await db.increment(counters.count, 1000).where(eq(counters.id, args.id));
      if (unrestrictedDb) throw new MutationRefused("no", "The server says no.");
    },

    /** Fails on the server for no reason of its own, as often as the trouble says. */
    stumble: async ({ db, unrestrictedDb, args }: Input<{ id: string }>) => {
      await db.increment(counters.count, 1).where(eq(counters.id, args.id));
      if (unrestrictedDb) await trouble.meet(args.token);
    },
  });
}

/** Secret content: where it turns up, its row was read. */
export function canaryOf(rowId: string, token: string): string {
  return `canary-${rowId}-${token}`;
}

/** Not all of it: every row is compared at every commit. */
export function pastedOf({
  id: rowId,
  token,
  text: pasted,
}: {
  readonly id: string;
  readonly token: string;
  readonly text: string;
}): string {
  return `${canaryOf(rowId, token)} ${pasted.length} ${pasted.slice(0, 300)}`;
}
