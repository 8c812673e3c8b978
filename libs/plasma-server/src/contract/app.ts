/** The app of the contract tests: every kind of rule and column, and mutators that can be caught out. */

import {
  alias,
  and,
  bigint,
  blob,
  boolean,
  defineMutators,
  defineSchema,
  eq,
  exists,
  id,
  int,
  json,
  MutationRefused,
  not,
  real,
  ref,
  select,
  table,
  text,
  timestamp,
} from "@sh1n4ps/plasma-core";
import type { AnyColumn, Condition, MutatorInput } from "@sh1n4ps/plasma-core";

export interface Ctx {
  readonly userId: string;
}

export const lists = table(
  "lists",
  { id: id(), name: text(), ownerId: text() },
  {
    auth: {
      read: (ctx: Ctx, row): Condition => isMember(ctx, row.id),
      write: (ctx: Ctx, row) => eq(row.ownerId, ctx.userId),
    },
  },
);

export const members = table(
  "members",
  { id: id(), listId: ref(() => lists.id, { onDelete: "cascade" }), userId: text() },
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
    indexes: [["userId", "listId"]],
  },
);

const mine = alias(members, "mine");

function isMember(ctx: Ctx, listId: AnyColumn): Condition {
  return exists(
    select()
      .from(mine)
      .where(and(eq(mine.listId, listId), eq(mine.userId, ctx.userId))),
  );
}

export const todos = table(
  "todos",
  {
    id: id(),
    listId: ref(() => lists.id, { onDelete: "cascade" }),
    title: text(),
    done: boolean().default(false),
    code: text().nullable().unique(),
  },
  {
    auth: {
      read: (ctx: Ctx, row) => isMember(ctx, row.listId),
      write: (ctx: Ctx, row) => isMember(ctx, row.listId),
    },
    indexes: [["listId", "title"]],
  },
);

/** Rows that a predicate in JavaScript decides about. */
export const notes = table(
  "notes",
  { id: id(), body: text() },
  {
    auth: {
      read: (ctx: Ctx, row) => row.body.startsWith(`${ctx.userId}:`),
      write: (ctx: Ctx, row) => row.body.startsWith(`${ctx.userId}:`),
    },
  },
);

/** A rule that is unknown for some rows: unknown is no. */
export const secrets = table(
  "secrets",
  { id: id(), owner: text().nullable() },
  {
    auth: {
      read: (ctx: Ctx, row) => not(eq(row.owner, ctx.userId)),
      write: (ctx: Ctx, row) => not(eq(row.owner, ctx.userId)),
    },
  },
);

/** One column of each kind, for everyone. */
export const things = table("things", {
  id: id(),
  label: text().nullable(),
  whole: int().nullable(),
  big: bigint().nullable(),
  fraction: real().nullable(),
  flag: boolean().nullable(),
  moment: timestamp().nullable(),
  bytes: blob().nullable(),
  document: json().nullable(),
});

/** Numbers that must keep a sum: each person may take from the pool while enough is left. */
export const shares = table("shares", { id: id(), amount: int() });

export const schema = defineSchema({ lists, members, todos, notes, secrets, things, shares });

export const POOL = 40;

export const mutators = defineMutators<typeof schema, Ctx>()({
  createList: async ({ db, args, ctx }: MutatorInput<Ctx, { id: string; name: string }>) => {
    await db.insert(lists).values({ id: args.id, name: args.name, ownerId: ctx.userId });
  },
  /** As the server does it: the write rule of members looks at lists. */
  createSharedList: async ({
    db,
    args,
    ctx,
  }: MutatorInput<Ctx, { id: string; name: string; userIds: string[] }>) => {
    await db.insert(lists).values({ id: args.id, name: args.name, ownerId: ctx.userId });
    for (const userId of args.userIds) {
      await db.insert(members).values({ id: `${args.id}:${userId}`, listId: args.id, userId });
    }
  },
  /** The row after would be allowed; the row before is not. */
  takeList: async ({ db, args, ctx }: MutatorInput<Ctx, { id: string }>) => {
    await db.update(lists).set({ ownerId: ctx.userId }).where(eq(lists.id, args.id));
  },
  deleteList: async ({ db, args }: MutatorInput<Ctx, { id: string }>) => {
    await db.delete(lists).where(eq(lists.id, args.id));
  },
  addMember: async ({ db, args }: MutatorInput<Ctx, { listId: string; userId: string }>) => {
    await db.insert(members).values({ id: `${args.listId}:${args.userId}`, ...args });
  },
  removeMember: async ({ db, args }: MutatorInput<Ctx, { listId: string; userId: string }>) => {
    await db.delete(members).where(eq(members.id, `${args.listId}:${args.userId}`));
  },
  addTodo: async ({
    db,
    args,
  }: MutatorInput<Ctx, { id: string; listId: string; title: string; code?: string }>) => {
    await db.insert(todos).values(args);
  },
  moveTodo: async ({ db, args }: MutatorInput<Ctx, { id: string; listId: string }>) => {
    await db.update(todos).set({ listId: args.listId }).where(eq(todos.id, args.id));
  },
  rename: async ({ db, args }: MutatorInput<Ctx, { id: string; title: string }>) => {
    await db.update(todos).set({ title: args.title }).where(eq(todos.id, args.id));
  },
  /** What it finds through a subquery is told in the title. */
  countLists: async ({ db, args }: MutatorInput<Ctx, { id: string; listId: string }>) => {
    const seen = await db
      .select()
      .from(todos)
      .where(exists(select().from(lists).where(eq(lists.name, "canary-list"))));
    await db
      .insert(todos)
      .values({ id: args.id, listId: args.listId, title: `saw ${seen.length}` });
  },
  renameAll: async ({ db, args }: MutatorInput<Ctx, { title: string }>) => {
    await db
      .update(todos)
      .set({ title: args.title })
      .where(not(eq(todos.title, args.title)));
  },
  setCode: async ({ db, args }: MutatorInput<Ctx, { id: string; code: string }>) => {
    await db.update(todos).set({ code: args.code }).where(eq(todos.id, args.id));
  },
  /** Into any list, whether it is there or not. */
  file: async ({ unrestrictedDb, args }: MutatorInput<Ctx, { id: string; listId: string }>) => {
    await unrestrictedDb?.insert(todos).values({ ...args, title: "filed" });
  },
  unfile: async ({ unrestrictedDb, args }: MutatorInput<Ctx, { id: string }>) => {
    await unrestrictedDb?.delete(todos).where(eq(todos.id, args.id));
  },
  tradeCodes: async ({ db, args }: MutatorInput<Ctx, { left: string; right: string }>) => {
    const [left] = await db.select().from(todos).where(eq(todos.id, args.left));
    const [right] = await db.select().from(todos).where(eq(todos.id, args.right));
    if (!left || !right) throw new MutationRefused("missing", "Both must be there.");
    await db.update(todos).set({ code: right.code }).where(eq(todos.id, left.id));
    await db.update(todos).set({ code: left.code }).where(eq(todos.id, right.id));
  },
  deleteTodo: async ({ db, args }: MutatorInput<Ctx, { id: string }>) => {
    await db.delete(todos).where(eq(todos.id, args.id));
  },
  writeNote: async ({ db, args }: MutatorInput<Ctx, { id: string; body: string }>) => {
    await db.insert(notes).values(args);
  },
  editNote: async ({ unrestrictedDb, args }: MutatorInput<Ctx, { id: string; body: string }>) => {
    await unrestrictedDb?.update(notes).set({ body: args.body }).where(eq(notes.id, args.id));
  },
  keepSecret: async ({ db, args }: MutatorInput<Ctx, { id: string; owner: string | null }>) => {
    await db.insert(secrets).values(args);
  },
  putThing: async ({ db, args }: MutatorInput<Ctx, { id: string }>) => {
    await db.insert(things).values(args);
  },
  /** Reads a predicate, then writes a row of its own: write skew, if anything less than serializable. */
  takeShare: async ({ db, args }: MutatorInput<Ctx, { id: string; amount: number }>) => {
    const taken = await db.select().from(shares);
    const sum = taken.reduce((total, share) => total + share.amount, 0);
    if (sum + args.amount > POOL) throw new MutationRefused("pool-empty", "Not enough is left.");
    await db.insert(shares).values({ id: args.id, amount: args.amount });
  },
  refuse: async ({ db, args }: MutatorInput<Ctx, { code: string }>) => {
    await db.insert(shares).values({ id: "never", amount: 1 });
    throw new MutationRefused(args.code, "No.", { details: { why: "because" } });
  },
  crash: async () => {
    throw new TypeError("secret-in-a-stack");
  },
});

export type Api = typeof mutators;
