/**
 * Wrong schemas, queries, writes and mutators, each with the error that it gives. The list is kept in
 * `error-catalogue.md`, to be read: does each message say what to change? (`npx vitest run -u` writes it.)
 */

import { beforeAll, describe, expect, it } from "vitest";
import { PlasmaError } from "./errors.ts";
import { invokeMutator } from "./mutators/invoke-mutator.ts";
import { defineMutators } from "./mutators/define-mutators.ts";
import type { MutatorDb } from "./query/db.ts";
import { memoryWorld } from "./mutators/memory-write-store.fixture.ts";
import { avg, colRef, count, max, sum } from "./query/aggregates.ts";
import type { Condition } from "./query/ast.ts";
import { and, between, eq, exists, gt, inArray, like, not, or } from "./query/expression.ts";
import { select } from "./query/select.ts";
import { bigint, boolean, id, int, json, real, ref, text, timestamp } from "./schema/column.ts";
import type { AnyColumn } from "./schema/column.ts";
import { crdtCounter, file } from "./schema/document-column.ts";
import { requireRunnable } from "./schema/runnable.ts";
import { defineSchema } from "./schema/schema.ts";
import { alias, table } from "./schema/table.ts";
import { storageRef } from "./schema/table-options.ts";

interface Ctx {
  readonly me: string;
}

const lists = table(
  "lists",
  { id: id(), name: text().unique(), owner: text() },
  { auth: { write: (ctx: Ctx, row) => eq(row.owner, ctx.me) } },
);
const todos = table("todos", {
  id: id(),
  listId: ref(() => lists.id),
  title: text(),
  size: text({ enum: ["s", "m"] }).default("s"),
  votes: int().default(0),
  big: bigint().nullable(),
  share: real().nullable(),
  done: boolean().default(false),
  due: timestamp().nullable(),
  extra: json().nullable(),
  secret: text().nullable().encrypted(),
});
const notes = table("notes", {
  id: id(),
  list: text().nullable(),
  listId: ref(() => lists.id).nullable(),
});
const schema = defineSchema({ lists, todos, notes });
const db: MutatorDb<typeof schema> = memoryWorld(
  schema,
  {
    lists: [
      { id: "l1", name: "One", owner: "ada" },
      { id: "l2", name: "Two", owner: "bob" },
    ],
    todos: [
      { id: "t1", listId: "l1", title: "a", votes: Number.MAX_SAFE_INTEGER, big: 2n ** 62n },
      { id: "t2", listId: "l1", title: "b", votes: 1, big: 2n ** 62n },
    ],
  },
  { me: "ada" } satisfies Ctx,
).db;
const mutators = defineMutators<typeof schema, Ctx>()({ rename: () => undefined });

/** What the compiler would refuse, for those who have none. */
const wrong = (value: unknown) => value as never;
const key = id();
let deep: Condition = eq(todos.done, true);
for (let depth = 0; depth < 120; depth++) deep = not(deep);

type Mistake = readonly [what: string, make: () => unknown];

const SCHEMA: readonly Mistake[] = [
  ["a table without an id", () => table("todos", wrong({ title: text() }))],
  ["a table without columns", () => table("todos", wrong(undefined))],
  ["a second id", () => table("todos", { id: key, other: id() })],
  ["a column that is none", () => table("todos", { id: key, title: wrong("text") })],
  ["a name that needs quoting", () => table("my todos", { id: key })],
  ["a name that objects have", () => table("todos", { id: key, constructor: text() })],
  ["a name that SQLite keeps", () => table("sqlite_master", { id: key })],
  ["names that differ in case only", () => table("t", { id: key, listId: text(), listID: text() })],
  ["a name that Postgres keeps", () => table("t", { id: key, xmin: int() })],
  ["a name that is none", () => alias(lists, wrong(undefined))],
  ["an alias of something else", () => alias(wrong(null), "mine")],
  [
    "more columns than a table has",
    () =>
      table("t", {
        id: key,
        ...Object.fromEntries(Array.from({ length: 98 }, (_, at) => [`c${at}`, int()])),
      }),
  ],
  ["options that are none", () => table("t", { id: key }, wrong(null))],
  ["a schema of nothing", () => defineSchema(wrong(null))],
  ["an enum that is no list", () => text({ enum: wrong("open") })],
  ["an enum with a lone surrogate", () => text({ enum: ["\ud800"] })],
  ["a reference that is no function", () => ref(wrong(key))],
  ["an index twice", () => table("t", { id: key, a: int() }, { indexes: [["a"], ["a"]] })],
  ["an id that may be null", () => id().nullable()],
  ["an empty enum", () => text({ enum: wrong([]) })],
  [
    "a default outside its enum",
    () => table("t", { id: key, s: text({ enum: ["a"] }).default(wrong("b")) }),
  ],
  ["a default of the wrong type", () => table("t", { id: key, n: int().default(0.5) })],
  ["an unknown onDelete", () => ref(() => lists.id, { onDelete: wrong("delete") })],
  [
    "a reference to no id",
    () => defineSchema({ lists, t: table("t", { id: key, r: ref((): AnyColumn => lists.name) }) }),
  ],
  ["a reference to a table outside the schema", () => defineSchema({ todos })],
  [
    "a reference to a table that is not there yet",
    () => defineSchema({ t: table("t", { id: key, r: ref(() => wrong(undefined)) }) }),
  ],
  [
    "setNull of a column that is not nullable",
    () =>
      defineSchema({
        lists,
        t: table("t", { id: key, r: ref(() => lists.id, { onDelete: "setNull" }) }),
      }),
  ],
  ["a schema with another name for a table", () => defineSchema({ tasks: todos })],
  ["a schema with an alias", () => defineSchema({ lists: alias(lists, "mine") })],
  ["a schema with something else", () => defineSchema({ lists: wrong({}) })],
  ["an index over no column", () => table("t", { id: key }, { indexes: [wrong(["title"])] })],
  ["an index that is not in a list", () => table("t", { id: key }, { indexes: wrong(["id"]) })],
  [
    "an index over a document",
    () => table("t", { id: key, extra: json() }, { indexes: [["extra"]] }),
  ],
  ["a unique document", () => table("t", { id: key, extra: json().unique() })],
  ["a rule that is no function", () => table("t", { id: key }, { auth: { read: wrong(true) } })],
  ["an option with a typing error", () => table("t", { id: key }, wrong({ index: [] }))],
  ["a storage that is a bare name", () => table("t", { id: key }, { blobs: wrong("archive") })],
  ["a file of no size", () => file({ maxSize: 0 })],
  ["an alias with a blank", () => alias(lists, "my lists")],
  [
    "what can be declared, but not run yet",
    () => {
      const t = table(
        "t",
        { id: key, up: crdtCounter(), pin: text().encrypted() },
        { blobs: storageRef("archive") },
      );
      requireRunnable(defineSchema({ t }));
    },
  ],
];

const QUERIES: readonly Mistake[] = [
  ["a value of another type", () => eq(todos.title, wrong(5))],
  ["a column of another type", () => eq(todos.due, wrong(todos.title))],
  ["text for a date", () => gt(todos.due, wrong("2026-01-01"))],
  ["a comparison with undefined", () => eq(todos.title, wrong(undefined))],
  ["a comparison with NaN", () => gt(todos.votes, Number.NaN)],
  ["a comparison of documents", () => eq(wrong(todos.extra), wrong("{}"))],
  ["an order by documents", () => db.select().from(todos).orderBy(todos.extra)],
  ["between of two types", () => between(todos.votes, 1, wrong("9"))],
  ["inArray of no list", () => inArray(todos.title, wrong("a"))],
  ["inArray with a wrong value", () => inArray(todos.votes, wrong([1, "2"]))],
  ["like of a number", () => like(wrong(todos.votes), "1%")],
  ["like without a pattern", () => like(todos.title, wrong(undefined))],
  ["&& in place of and()", () => db.select().from(todos).where(wrong(false))],
  ["a query in place of a condition", () => and(wrong(select().from(lists)))],
  ["an order by a name", () => db.select().from(todos).orderBy(wrong("title"))],
  ["a projection of a value", () => db.select({ title: wrong("title") }).from(todos)],
  ["an empty projection", () => db.select({})],
  ["from() of a name", () => db.select().from(wrong("todos"))],
  ["a join without a condition", () => db.select().from(todos).innerJoin(lists, wrong(undefined))],
  ["exists() of a condition", () => exists(wrong(eq(lists.id, "l1")))],
  ["a subquery that is none", () => db.select().fromSubquery(wrong("todos"), "sub")],
  ["a column that belongs to no table", () => eq(text(), "a")],
  ["a limit that is no whole number", () => db.select().from(todos).limit(-1)],
  [
    "a column of a table that is not in the query",
    () => db.select().from(todos).where(eq(lists.name, "One")),
  ],
  [
    "a table that stands twice",
    () => db.select().from(todos).innerJoin(todos, eq(todos.id, todos.listId)),
  ],
  ["an aggregate in where()", () => db.select().from(todos).where(gt(count(), 1))],
  ["a column beside an aggregate", () => db.select({ title: todos.title, n: count() }).from(todos)],
  ["whole rows of groups", () => db.select().from(todos).groupBy(todos.listId)],
  [
    "an order of groups by another column",
    () =>
      db
        .select({ list: todos.listId, n: count() })
        .from(todos)
        .groupBy(todos.listId)
        .orderBy(todos.title),
  ],
  [
    "having() of a column that is no group's",
    () =>
      db
        .select({ list: todos.listId, n: count() })
        .from(todos)
        .groupBy(todos.listId)
        .having(eq(todos.title, "a")),
  ],
  ["a sum of text", () => db.select({ n: sum(wrong(todos.title)) }).from(todos)],
  ["an average of dates", () => db.select({ n: avg(wrong(todos.due)) }).from(todos)],
  ["the greatest document", () => db.select({ n: max(todos.extra) }).from(todos)],
  ["a sum beyond its type", () => db.select({ n: sum(todos.votes) }).from(todos)],
  ["different rows with documents", () => db.selectDistinct().from(todos)],
  [
    "different rows in the order of another column",
    () => db.selectDistinct({ title: todos.title }).from(todos).orderBy(todos.votes),
  ],
  [
    "a colRef() to no column",
    () =>
      db
        .select({ n: colRef("sub", "nope") })
        .fromSubquery(select({ title: todos.title }).from(todos), "sub"),
  ],
  [
    "a subquery of whole rows of two tables",
    () =>
      db
        .select()
        .fromSubquery(select().from(todos).innerJoin(lists, eq(lists.id, todos.listId)), "sub"),
  ],
  [
    "a comparison with an encrypted column",
    () => db.select().from(todos).where(eq(todos.secret, "x")),
  ],
  ["conditions nested too deep", () => db.select().from(todos).where(deep)],
  [
    "more conditions than fit",
    () =>
      db
        .select()
        .from(todos)
        .where(or(...Array.from({ length: 600 }, (_, at) => eq(todos.votes, at)))),
  ],
  [
    "a relation that does not exist",
    () => db.query.todos.findMany({ with: wrong({ owner: true }) }),
  ],
  ["a relation with the name of a column", () => db.query.notes.findMany({ with: { list: true } })],
  [
    "a relation that is neither true nor options",
    () => db.query.todos.findMany({ with: { list: wrong("yes") } }),
  ],
  ["a live query in a mutator", () => db.select().from(todos).live()],
  ["a query without a database", () => select().from(todos)],
];

const todo = { id: "t9", listId: "l1", title: "x" };
const WRITES: readonly Mistake[] = [
  ["a column that does not exist", () => db.insert(todos).values(wrong({ ...todo, titel: "x" }))],
  ["a column that is missing", () => db.insert(todos).values(wrong({ id: "t9", listId: "l1" }))],
  ["null for what is not nullable", () => db.insert(todos).values({ ...todo, title: wrong(null) })],
  ["a value outside its enum", () => db.insert(todos).values({ ...todo, size: wrong("xl") })],
  ["a fraction for an int", () => db.insert(todos).values({ ...todo, votes: 0.5 })],
  ["a bigint beyond 64 bits", () => db.insert(todos).values({ ...todo, big: 2n ** 64n })],
  ["infinity", () => db.insert(todos).values({ ...todo, share: Infinity })],
  ["an invalid date", () => db.insert(todos).values({ ...todo, due: new Date(Number.NaN) })],
  ["half a surrogate pair", () => db.insert(todos).values({ ...todo, title: "\ud800" })],
  ["a NUL in text", () => db.insert(todos).values({ ...todo, title: "a\0b" })],
  ["a class in a document", () => db.insert(todos).values({ ...todo, extra: wrong(new Map()) })],
  ["an id of the wrong type", () => db.insert(todos).values({ ...todo, id: wrong(7) })],
  ["a row that is no object", () => db.insert(todos).values(wrong("t9"))],
  [
    "a row that is too large",
    () =>
      db.insert(todos).values({ ...todo, title: "x".repeat(999_999), secret: "x".repeat(999_999) }),
  ],
  ["too many rows", () => db.insert(todos).values(Array.from({ length: 10_001 }, () => todo))],
  ["an id that is taken", () => db.insert(todos).values({ ...todo, id: "t1" })],
  [
    "a unique value that is taken",
    () => db.insert(lists).values({ id: "l9", name: "One", owner: "ada" }),
  ],
  [
    "an upsert by a column that is not unique",
    () => db.insert(todos).values(todo).onConflictDoUpdate({ target: todos.title, set: {} }),
  ],
  [
    "an upsert by a column of another table",
    () =>
      db
        .insert(todos)
        .values(todo)
        .onConflictDoUpdate({ target: wrong(lists.id), set: {} }),
  ],
  ["an upsert without a set", () => db.insert(todos).values(todo).onConflictDoUpdate(wrong({}))],
  [
    "a new id",
    () =>
      db
        .update(todos)
        .set(wrong({ id: "t9" }))
        .where(eq(todos.id, "t1")),
  ],
  ["a patch of no column", () => db.update(todos).set(wrong({ nope: 1 }))],
  ["where(undefined)", () => db.delete(todos).where(wrong(undefined))],
  ["a condition about another table", () => db.delete(todos).where(eq(lists.id, "l1"))],
  ["a write to an alias", () => db.delete(alias(todos, "mine"))],
  ["a write to a name", () => db.insert(wrong("todos"))],
  ["an increment of text", () => db.increment(wrong(todos.title), wrong(1))],
  ["an increment by a fraction", () => db.increment(todos.votes, 0.5)],
  ["an increment beyond the type", () => db.increment(todos.votes, 1)],
  ["an increment of no column", () => db.increment(wrong("votes"), wrong(1))],
  ["a delete of a row that others refer to", () => db.delete(lists).where(eq(lists.id, "l1"))],
  ["a write that a rule refuses", () => db.delete(lists).where(eq(lists.id, "l2"))],
];

const MUTATORS: readonly Mistake[] = [
  ["a mutator that is no function", () => defineMutators()({ rename: wrong({ args: {} }) })],
  [
    "a mutator with a name that objects have",
    () => defineMutators()({ toString: () => undefined }),
  ],
  [
    "a mutator that does not exist",
    () => invokeMutator(mutators, "renam", { db, args: {}, ctx: null }),
  ],
];

const PARTS = { Schema: SCHEMA, Queries: QUERIES, Writes: WRITES, Mutators: MUTATORS };

interface Entry {
  readonly part: string;
  readonly what: string;
  readonly error: unknown;
}

async function failureOf(make: () => unknown): Promise<unknown> {
  try {
    await make();
    return null;
  } catch (error) {
    return error;
  }
}

describe("the catalogue of mistakes", () => {
  const entries: Entry[] = [];
  beforeAll(async () => {
    for (const [part, mistakes] of Object.entries(PARTS)) {
      for (const [what, make] of mistakes) {
        entries.push({ part, what, error: await failureOf(make) });
      }
    }
  });

  it("has a typed error for each", () => {
    const untyped = entries.filter(({ error }) => !(error instanceof PlasmaError));
    expect(untyped).toEqual([]);
    expect(entries.length).toBeGreaterThan(100);
  });

  it("reads like this", async () => {
    const lines = Object.keys(PARTS).flatMap((part) => [
      `\n## ${part}\n`,
      ...entries
        .filter((entry) => entry.part === part)
        .map(({ what, error }) => {
          const { code, message } = error as PlasmaError;
          return `- **${what}** · \`${code}\`\n  ${message}`;
        }),
    ]);
    const page = `# Mistakes, and what the engine says\n\nWritten by \`src/error-catalogue.test.ts\`.\n${lines.join("\n")}\n`;
    await expect(page).toMatchFileSnapshot("../error-catalogue.md");
  });
});
