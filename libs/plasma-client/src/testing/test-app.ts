/** A small app for tests: two tables and one that stays on the device, mutators of every kind that matters here. */

import {
  boolean,
  defineMutators,
  defineSchema,
  eq,
  exists,
  id,
  int,
  MutationRefused,
  ref,
  select,
  table,
  text,
  timestamp,
} from "@sh1n4ps/plasma-core";
import type { MutatorInput } from "@sh1n4ps/plasma-core";

export interface TestCtx {
  readonly userId: string;
}

export const lists = table(
  "lists",
  { id: id(), name: text(), ownerId: text() },
  { auth: { write: (ctx: TestCtx, row) => eq(row.ownerId, ctx.userId) } },
);

export const todos = table(
  "todos",
  {
    id: id(),
    listId: ref(() => lists.id, { onDelete: "cascade" }),
    title: text(),
    done: boolean().default(false),
    rank: int().default(0),
    due: timestamp().nullable(),
  },
  {
    auth: {
      write: (_ctx: TestCtx, row) => exists(select().from(lists).where(eq(lists.id, row.listId))),
    },
  },
);

/** Stays on the device. */
export const drafts = table(
  "drafts",
  {
    id: id(),
    todoId: ref(() => todos.id, { onDelete: "cascade" }).nullable(),
    text: text(),
    opened: int().default(0),
  },
  { changeLogSuppressed: true },
);

export const testSchema = defineSchema({ lists, todos, drafts });

type Input<Args> = MutatorInput<TestCtx, Args>;

export const testMutators = defineMutators<typeof testSchema, TestCtx>()({
  addList: async ({ db, args, ctx }: Input<{ id: string; name: string }>) => {
    await db.insert(lists).values({ ...args, ownerId: ctx.userId });
  },
  renameList: async ({ db, args }: Input<{ id: string; name: string }>) => {
    await db.update(lists).set({ name: args.name }).where(eq(lists.id, args.id));
  },
  deleteList: async ({ db, args }: Input<{ id: string }>) => {
    await db.delete(lists).where(eq(lists.id, args.id));
  },
  addTodo: async ({
    db,
    args,
  }: Input<{ id: string; listId: string; title: string; due?: Date }>) => {
    await db.insert(todos).values(args);
  },
  setTitle: async ({ db, args }: Input<{ id: string; title: string }>) => {
    await db.update(todos).set({ title: args.title }).where(eq(todos.id, args.id));
  },
  /** Reads what it changes, so that it shows whether it was run again on newer rows. */
  appendTitle: async ({ db, args }: Input<{ id: string; text: string }>) => {
    const [todo] = await db.select().from(todos).where(eq(todos.id, args.id));
    if (!todo) throw new MutationRefused("no-todo", "This todo is gone.");
    await db
      .update(todos)
      .set({ title: todo.title + args.text })
      .where(eq(todos.id, args.id));
  },
  bumpRank: async ({ db, args }: Input<{ id: string; by: number }>) => {
    const [todo] = await db.select().from(todos).where(eq(todos.id, args.id));
    if (todo)
      await db
        .update(todos)
        .set({ rank: todo.rank + args.by })
        .where(eq(todos.id, args.id));
  },
  deleteTodo: async ({ db, args }: Input<{ id: string }>) => {
    await db.delete(todos).where(eq(todos.id, args.id));
  },
  saveDraft: async ({ db, args }: Input<{ id: string; text: string; todoId?: string }>) => {
    const { text: written } = args;
    await db
      .insert(drafts)
      .values(args)
      .onConflictDoUpdate({ target: drafts.id, set: { text: written } });
  },
  openDraft: async ({ db, args }: Input<{ id: string }>) => {
    await db.increment(drafts.opened, 1).where(eq(drafts.id, args.id));
  },
  deleteDraft: async ({ db, args }: Input<{ id: string }>) => {
    await db.delete(drafts).where(eq(drafts.id, args.id));
  },
  /** Both at once: what was a draft becomes a title. */
  publishDraft: async ({ db, args }: Input<{ draftId: string; id: string; title: string }>) => {
    await db.update(todos).set({ title: args.title }).where(eq(todos.id, args.id));
    await db.delete(drafts).where(eq(drafts.id, args.draftId));
  },
  /** The same, and the server refuses it. */
  publishForbidden: async ({ db, args, ctx }: Input<{ draftId: string; id: string }>) => {
    if (ctx.userId === SERVER_USER) throw new MutationRefused("no", "Not this one.");
    await db.update(todos).set({ title: "published" }).where(eq(todos.id, args.id));
    await db.delete(drafts).where(eq(drafts.id, args.draftId));
  },
  /** Writes here on the device; the server may do more. */
  draftAndMore: async ({ db, unrestrictedDb, args }: Input<{ id: string }>) => {
    await db.insert(drafts).values({ id: args.id, text: "more" });
    await unrestrictedDb?.delete(lists);
  },
  /** Fine on the device, refused by the server. */
  addForbidden: async ({ db, args, ctx }: Input<{ id: string; listId: string; title: string }>) => {
    if (ctx.userId === SERVER_USER)
      throw new MutationRefused("too-many", "You have too many todos.");
    await db.insert(todos).values(args);
  },
});

export type TestMutators = typeof testMutators;

/** As whom the model server runs mutators that must know where they run. */
export const SERVER_USER = "the server";

/** What every client of the app is made with. */
export const testClientOptions = {
  schema: testSchema,
  mutators: testMutators,
  dbName: "db",
  endpoint: "https://sync.test/sync",
  schemaVersion: "1",
  clientGroupID: "ada",
  getContext: () => ({ userId: "ada" }),
};
