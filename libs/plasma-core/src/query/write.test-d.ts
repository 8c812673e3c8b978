/** Types of writes: what they take, what they give back, and what must not compile. */

import { expectTypeOf } from "vitest";
import {
  bigint,
  boolean,
  crdtCounter,
  crdtLwwRegister,
  crdtOrSet,
  defineSchema,
  eq,
  file,
  id,
  int,
  json,
  real,
  ref,
  storageRef,
  table,
  text,
  timestamp,
} from "../index.ts";
import type {
  CrdtCounter,
  CrdtLwwRegister,
  CrdtOrSet,
  FileRef,
  InferInsertRow,
  InferRow,
  InferUpdateRow,
  MutatorDb,
  WriteResult,
} from "../index.ts";

const lists = table("lists", { id: id(), name: text().unique() });
const todos = table("todos", {
  id: id(),
  listId: ref(() => lists.id),
  title: text(),
  code: text().nullable().unique(),
  size: text({ enum: ["s", "m"] }).default("s"),
  votes: int().default(0),
  big: bigint().nullable(),
  share: real().nullable(),
  done: boolean().default(false),
  due: timestamp().nullable(),
  extra: json<{ a: number }>().nullable(),
});
const schema = defineSchema({ lists, todos });
type Todo = InferRow<typeof todos>;
declare const db: MutatorDb<typeof schema>;
const todo = { id: "1", listId: "l", title: "x" };

// What a write gives.
expectTypeOf(db.insert(todos).values(todo)).resolves.toEqualTypeOf<WriteResult>();
expectTypeOf(db.insert(todos).values([todo]).returning()).resolves.toEqualTypeOf<Todo[]>();
expectTypeOf(db.update(todos).set({ done: true }).returning()).resolves.toEqualTypeOf<Todo[]>();
expectTypeOf(
  db.update(todos).set({ due: null }).where(eq(todos.id, "1")).returning(),
).resolves.toEqualTypeOf<Todo[]>();
expectTypeOf(db.delete(lists).returning()).resolves.toEqualTypeOf<{ id: string; name: string }[]>();
expectTypeOf(db.increment(todos.votes, 1).returning()).resolves.toEqualTypeOf<Todo[]>();
expectTypeOf(
  db.increment(todos.big, 1n).where(eq(todos.id, "1")).returning(),
).resolves.toEqualTypeOf<Todo[]>();

// Upserts.
const insert = db.insert(todos).values(todo);
expectTypeOf(insert.onConflictDoNothing()).resolves.toEqualTypeOf<WriteResult>();
expectTypeOf(insert.onConflictDoNothing().returning()).resolves.toEqualTypeOf<Todo[]>();
expectTypeOf(
  insert.onConflictDoUpdate({ target: [todos.id, todos.code], set: { votes: 2 } }).returning(),
).resolves.toEqualTypeOf<Todo[]>();
insert.onConflictDoUpdate({ target: todos.code, set: {} });
// @ts-expect-error no such column
insert.onConflictDoUpdate({ set: { titel: "x" } });
// @ts-expect-error a wrong value
insert.onConflictDoUpdate({ set: { votes: "2" } });
// @ts-expect-error the id stays
insert.onConflictDoUpdate({ set: { id: "2" } });
// @ts-expect-error a column of another table
insert.onConflictDoUpdate({ target: lists.name, set: {} });
// @ts-expect-error the name of a column
insert.onConflictDoUpdate({ target: "code", set: {} });
// @ts-expect-error nothing to set
insert.onConflictDoUpdate({ target: todos.code });
// @ts-expect-error what becomes of a conflict is said once
insert.onConflictDoNothing().onConflictDoNothing();
// @ts-expect-error only inserts can meet a row that is there
db.update(todos).set({}).onConflictDoNothing();
// @ts-expect-error rows are asked for last
db.delete(todos).returning().where(eq(todos.id, "1"));

// Increments.
db.increment(todos.share, 0.5);
// @ts-expect-error text is not added to
db.increment(todos.title, 1);
// @ts-expect-error nor are booleans
db.increment(todos.done, 1);
// @ts-expect-error nor dates
db.increment(todos.due, 1);
// @ts-expect-error a bigint takes a bigint
db.increment(todos.big, 1);
// @ts-expect-error an int takes a number
db.increment(todos.votes, 1n);
// @ts-expect-error null is nothing to add
db.increment(todos.share, null);

// Enums.
db.insert(todos).values({ ...todo, size: "m" });
// @ts-expect-error a value outside the enum
db.insert(todos).values({ ...todo, size: "xl" });
// @ts-expect-error nor in an update
db.update(todos).set({ size: "xl" });
// @ts-expect-error null, where the column is not nullable
db.update(todos).set({ size: null });
// @ts-expect-error another document
db.update(todos).set({ extra: { b: 1 } });

// Columns of known documents.
const files = table(
  "files",
  {
    id: id(),
    scan: file({ maxSize: 1_000, mimeAllowList: ["image/*"], immutable: true, upload: "lazy" }),
    votes: crdtCounter(),
    title: crdtLwwRegister<string>(),
    tags: crdtOrSet<string>(),
    secret: text().encrypted(),
  },
  {
    resolveConflict: ({ base, current, incoming, ctx }) => {
      expectTypeOf(base).toEqualTypeOf<InferRow<typeof files> | null>();
      expectTypeOf(current.secret).toEqualTypeOf<string>();
      expectTypeOf(ctx).toBeAny();
      return incoming;
    },
    changeLogSuppressed: false,
    blobs: storageRef("archive"),
  },
);
expectTypeOf<InferRow<typeof files>>().toEqualTypeOf<{
  id: string;
  scan: FileRef;
  votes: CrdtCounter;
  title: CrdtLwwRegister<string>;
  tags: CrdtOrSet<string>;
  secret: string;
}>();
expectTypeOf<InferInsertRow<typeof files>>().toEqualTypeOf<{
  id: string;
  scan: FileRef;
  title: CrdtLwwRegister<string>;
  secret: string;
  votes?: CrdtCounter;
  tags?: CrdtOrSet<string>;
}>();
expectTypeOf<InferUpdateRow<typeof lists>>().toEqualTypeOf<{ name?: string }>();
// @ts-expect-error a resolver gives a row
table("x", { id: id() }, { resolveConflict: () => null });
// @ts-expect-error a storage is named by storageRef()
table("x", { id: id() }, { blobs: "archive" });
// @ts-expect-error no such option
file({ size: 5 });
