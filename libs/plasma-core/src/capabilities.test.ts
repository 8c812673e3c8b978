/** What the schema and the queries can do: one test for each capability that is promised, under its name. */

import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import {
  alias,
  and,
  asc,
  avg,
  bigint,
  blob,
  boolean,
  colRef,
  count,
  crdtCounter,
  crdtLwwRegister,
  crdtOrSet,
  crdtPnCounter,
  defineMutators,
  defineSchema,
  desc,
  eq,
  evaluateSelect,
  file,
  gt,
  gte,
  id,
  inArray,
  int,
  invokeMutator,
  isNotNull,
  isNull,
  json,
  like,
  lt,
  lte,
  max,
  min,
  mutatorDb,
  ne,
  not,
  or,
  readDb,
  ref,
  requireRunnable,
  storageRef,
  sum,
  syncedSchema,
  table,
  tableInfo,
  text,
  timestamp,
} from "./index.ts";
import type {
  AnyColumn,
  Condition,
  InferRow,
  LiveQuery,
  MutatorArgs,
  MutatorInput,
  OnDelete,
  QueryAst,
  Row,
  RowSource,
  WriteStore,
} from "./index.ts";
import { executeWrite } from "./mutators/execute-write.ts";
import { memoryWorld } from "./mutators/memory-write-store.fixture.ts";

interface Ctx {
  readonly me: string;
}

const users = table("users", { id: id(), name: text(), email: text().nullable().unique() });
const todos = table(
  "todos",
  {
    id: id(),
    ownerId: ref(() => users.id, { onDelete: "cascade" }),
    title: text(),
    rank: int().default(0),
    done: boolean().default(false),
    due: timestamp().nullable(),
  },
  { indexes: [["ownerId", "rank"]] },
);
const schema = defineSchema({ users, todos });

const world = () =>
  memoryWorld(schema, {
    users: [
      { id: "ada", name: "Ada", email: "ada@x" },
      { id: "bob", name: "Bob" },
      { id: "cy", name: "Cy" },
    ],
    todos: [
      { id: "1", ownerId: "ada", title: "apples", rank: 3 },
      { id: "2", ownerId: "ada", title: "bread", rank: 1, done: true, due: new Date(5) },
      { id: "3", ownerId: "bob", title: "apricots", rank: 2 },
      { id: "4", ownerId: "bob", title: "bread", rank: 2 },
    ],
  });

/** A table with one column, and a row of it that was given this value. */
async function stored(column: AnyColumn, value: unknown): Promise<unknown> {
  const t = table("t", { id: id(), value: column });
  const { db } = memoryWorld(defineSchema({ t }), {});
  const [row] = await db
    .insert(t)
    .values({ id: "1", ...(value !== undefined && { value }) })
    .returning();
  return row?.value;
}

describe("Schema", () => {
  it("Declare a table", () => {
    expect(tableInfo(todos)).toMatchObject({ name: "todos" });
    expect(todos.title).toMatchObject({ table: "todos", name: "title", kind: "text" });
  });

  it("Group tables into a schema", () => {
    expect([...schema.byName.keys()]).toEqual(["users", "todos"]);
    expect(schema.tables.todos).toBe(todos);
  });

  it("Nullable column", async () => {
    expect(await stored(text().nullable(), null)).toBeNull();
    expect(await stored(text().nullable(), undefined)).toBeNull();
    await expect(stored(text(), null)).rejects.toMatchObject({ code: "invalid-value" });
  });

  it("Column default value", async () => {
    expect(await stored(text().default("new"), undefined)).toBe("new");
    expect(await stored(text().default("new"), "own")).toBe("own");
  });

  it("Unique constraint", async () => {
    const { db } = world();
    await expect(
      db.insert(users).values({ id: "dee", name: "Dee", email: "ada@x" }),
    ).rejects.toMatchObject({ code: "conflict" });
    await db.insert(users).values({ id: "dee", name: "Dee", email: "dee@x" });
  });

  it("Encrypted at rest", () => {
    const t = table("t", { id: id(), secret: text().encrypted() });
    expect(t.secret.isEncrypted).toBe(true);
    expect(() => requireRunnable(defineSchema({ t }))).toThrow('.encrypted() of "t.secret"');
  });

  it.each([
    ["cascade", null],
    ["restrict", "restricted"],
    ["setNull", { id: "child", parentId: null }],
    ["noAction", { id: "child", parentId: "parent" }],
  ] satisfies [OnDelete, unknown][])("Foreign key: %s", async (onDelete, expected) => {
    const parents = table("parents", { id: id() });
    const children = table("children", {
      id: id(),
      parentId: ref(() => parents.id, { onDelete }).nullable(),
    });
    const { db, rows } = memoryWorld(defineSchema({ parents, children }), {
      parents: [{ id: "parent" }],
      children: [{ id: "child", parentId: "parent" }],
    });
    const deletion = db.delete(parents).where(eq(parents.id, "parent"));
    if (expected === "restricted") {
      await expect(deletion).rejects.toMatchObject({ code: expected });
    } else {
      await deletion;
      expect(rows("children")["child"] ?? null).toEqual(expected);
    }
  });

  it("Auto UUID primary key", () => {
    const refusal = (columns: object) => () => table("t", columns as { id: AnyColumn });
    expect(refusal({ key: text() })).toThrow("has no primary key");
    expect(refusal({ id: id(), other: id() })).toThrow("second primary key");
    expect(table("t", { id: id() }).id.kind).toBe("id");
  });

  it.each([
    ["String column", text(), "ä😀"],
    ["Integer column: int()", int(), -3],
    ["Integer column: bigint()", bigint(), 2n ** 62n],
    ["Boolean", boolean(), true],
    ["Binary inline blob", blob(), new Uint8Array([0, 255])],
    ["JSON", json(), { tags: ["a"], deep: { none: null } }],
  ] satisfies [string, AnyColumn, unknown][])("%s", async (_name, column, value) => {
    expect(await stored(column, value)).toEqual(value);
    await expect(stored(column, Symbol("wrong"))).rejects.toMatchObject({ code: "invalid-value" });
  });

  it.each([
    ["Content-addressable file (R2)", file({ maxSize: 5, immutable: true }), "file"],
    ["Grow-only counter", crdtCounter(), "crdtCounter"],
    ["Signed counter", crdtPnCounter(), "crdtPnCounter"],
    ["Last-writer-wins register", crdtLwwRegister<string>(), "crdtLwwRegister"],
    ["Observed-remove set", crdtOrSet<string>(), "crdtOrSet"],
  ] satisfies [string, AnyColumn, string][])("%s: declared", (_name, column, kind) => {
    const t = table("t", { id: id(), value: column });
    expect(t.value.document).toMatchObject({ kind });
    expect(() => requireRunnable(defineSchema({ t }))).toThrow(`"t.value", which is ${kind}()`);
  });

  it("Row-level auth (read/write)", async () => {
    const notes = table(
      "notes",
      { id: id(), owner: text(), isPublic: boolean() },
      {
        auth: {
          read: (ctx: Ctx, row): Condition => or(eq(row.owner, ctx.me), eq(row.isPublic, true)),
          write: (ctx: Ctx, row) => row.owner === ctx.me,
        },
      },
    );
    const { db } = memoryWorld(
      defineSchema({ notes }),
      {
        notes: [
          { id: "1", owner: "ada", isPublic: false },
          { id: "2", owner: "bob", isPublic: true },
          { id: "3", owner: "bob", isPublic: false },
        ],
      },
      { me: "ada" } satisfies Ctx,
    );
    expect((await db.select().from(notes)).map((note) => note.id)).toEqual(["1", "2"]);
    await expect(db.delete(notes).where(eq(notes.id, "2"))).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(db.delete(notes).where(eq(notes.id, "3"))).resolves.toEqual({ rowCount: 0 });
  });

  it("Custom conflict merge: resolveConflict, which a server's store may ask", async () => {
    const t = table(
      "t",
      { id: id(), n: int() },
      { resolveConflict: ({ current, incoming }) => ({ ...current, n: incoming.n * 10 }) },
    );
    const schema = defineSchema({ t });
    expect(() => requireRunnable(schema)).not.toThrow();
    const { store, judged, rows } = memoryWorld(schema, { t: [{ id: "1", n: 1 }] });
    const resolve: WriteStore["resolve"] = async (info, changes) =>
      changes.map((change) => {
        const [current, incoming] = [change.before as Row, change.after as Row];
        const merge = info.options.resolveConflict!;
        return { ...change, after: merge({ base: null, current, incoming, ctx: null }) };
      });
    const db = mutatorDb(schema, {
      select: (query) => store.select(query),
      write: (write) => executeWrite(schema, { ...store, resolve }, write),
    });
    await db.update(t).set({ n: 2 });
    expect(rows("t")).toEqual({ 1: { id: "1", n: 20 } });
    expect(judged).toEqual(["~ t:1", "~ t:1"]);
    await db.increment(t.n, 1);
    await db.delete(t);
    expect(rows("t")).toEqual({});
  });

  it("Local-only cache table: changeLogSuppressed", () => {
    const drafts = table(
      "drafts",
      { id: id(), todoId: ref(() => todos.id), text: text() },
      { changeLogSuppressed: true },
    );
    const mixed = defineSchema({ users, todos, drafts });
    expect(() => requireRunnable(mixed)).not.toThrow();
    expect([...syncedSchema(mixed).byName.keys()]).toEqual(["users", "todos"]);
    expect(syncedSchema(mixed).references.get("todos")).toEqual([]);
    expect(syncedSchema(schema)).toBe(schema);
  });

  it("Per-table storage adapter (schema-side declaration)", () => {
    const t = table("t", { id: id() }, { blobs: storageRef("archive") });
    expect(tableInfo(t).options.blobs).toEqual({ storage: "archive" });
    expect(() => requireRunnable(defineSchema({ t }))).toThrow('blobs of table "t"');
  });
});

describe("Queries", () => {
  it.each([
    ["eq", eq(todos.rank, 2), ["3", "4"]],
    ["ne", ne(todos.rank, 2), ["1", "2"]],
    ["gt", gt(todos.rank, 2), ["1"]],
    ["gte", gte(todos.rank, 2), ["1", "3", "4"]],
    ["lt", lt(todos.rank, 2), ["2"]],
    ["lte", lte(todos.rank, 2), ["2", "3", "4"]],
  ])("Comparison: %s", async (_name, where, expected) => {
    expect(await idsWhere(where)).toEqual(expected);
  });

  it.each([
    ["and", and(eq(todos.rank, 2), eq(todos.title, "bread")), ["4"]],
    ["or", or(eq(todos.rank, 1), eq(todos.rank, 3)), ["1", "2"]],
    ["not", not(eq(todos.title, "bread")), ["1", "3"]],
  ])("Boolean logic: %s", async (_name, where, expected) => {
    expect(await idsWhere(where)).toEqual(expected);
  });

  it("Set membership", async () => {
    expect(await idsWhere(inArray(todos.rank, [1, 3]))).toEqual(["1", "2"]);
    expect(await idsWhere(inArray(todos.rank, []))).toEqual([]);
  });

  it("Null checks", async () => {
    expect(await idsWhere(isNull(todos.due))).toEqual(["1", "3", "4"]);
    expect(await idsWhere(isNotNull(todos.due))).toEqual(["2"]);
  });

  it("Pattern match", async () => {
    expect(await idsWhere(like(todos.title, "ap%"))).toEqual(["1", "3"]);
    expect(await idsWhere(like(todos.title, "AP%"))).toEqual([]);
  });

  it("Ordering", async () => {
    const rows = await world().db.select().from(todos).orderBy(desc(todos.rank), asc(todos.title));
    expect(rows.map((row) => row.id)).toEqual(["1", "3", "4", "2"]);
  });

  it("Aggregates", async () => {
    const [totals] = await world()
      .db.select({
        n: count(),
        dated: count(todos.due),
        ranks: sum(todos.rank),
        mean: avg(todos.rank),
        highest: max(todos.rank),
        first: min(todos.title),
      })
      .from(todos);
    expect(totals).toEqual({ n: 4, dated: 1, ranks: 8, mean: 2, highest: 3, first: "apples" });
  });

  it("Grouping", async () => {
    const groups = await world()
      .db.select({ owner: todos.ownerId, n: count() })
      .from(todos)
      .groupBy(todos.ownerId);
    expect(groups).toEqual([
      { owner: "ada", n: 2 },
      { owner: "bob", n: 2 },
    ]);
  });

  it("Group filter", async () => {
    const groups = await world()
      .db.select({ title: todos.title, n: count() })
      .from(todos)
      .groupBy(todos.title)
      .having(gt(count(), 1));
    expect(groups).toEqual([{ title: "bread", n: 2 }]);
  });

  it("Pagination — limit", async () => {
    expect(await world().db.select().from(todos).limit(2)).toHaveLength(2);
  });

  it("Pagination — offset", async () => {
    const rows = await world().db.select().from(todos).limit(2).offset(3);
    expect(rows.map((row) => row.id)).toEqual(["4"]);
  });

  it("Pagination — by key: after()", async () => {
    const query = world().db.select().from(todos).orderBy(desc(todos.id)).limit(2);
    const first = await query;
    const second = await query.after(first.at(-1));
    expect([...first, ...second].map((row) => row.id)).toEqual(["4", "3", "2", "1"]);
  });

  it("Inner join", async () => {
    const rows = await world()
      .db.select({ name: users.name, title: todos.title })
      .from(users)
      .innerJoin(todos, and(eq(todos.ownerId, users.id), eq(todos.done, true)));
    expect(rows).toEqual([{ name: "Ada", title: "bread" }]);
  });

  it("Left join", async () => {
    const rows = await world()
      .db.select()
      .from(users)
      .leftJoin(todos, and(eq(todos.ownerId, users.id), eq(todos.done, true)));
    expect(rows.map((row) => [row.users.name, row.todos?.title ?? null])).toEqual([
      ["Ada", "bread"],
      ["Bob", null],
      ["Cy", null],
    ]);
  });

  it("Join of a table with itself", async () => {
    const others = alias(todos, "others");
    const rows = await world()
      .db.select({ one: todos.id, other: others.id })
      .from(todos)
      .innerJoin(others, and(eq(todos.title, others.title), lt(todos.id, others.id)));
    expect(rows).toEqual([{ one: "2", other: "4" }]);
  });

  it("Subquery as FROM", async () => {
    const { db } = world();
    const perOwner = db
      .select({ owner: todos.ownerId, n: count(), top: max(todos.rank) })
      .from(todos)
      .groupBy(todos.ownerId);
    const rows = await db
      .select({ owner: colRef<string>("o", "owner") })
      .fromSubquery(perOwner, "o")
      .where(gt(colRef<number | null>("o", "top"), 2));
    expect(rows).toEqual([{ owner: "ada" }]);
  });

  it("Live subscription", () => {
    const watched: QueryAst[] = [];
    const db = readDb(schema, {
      select: () => Promise.resolve([]),
      live: (ast) => {
        watched.push(ast);
        return { ast } as LiveQuery<Row>;
      },
    });
    const live = db.select({ title: todos.title }).from(todos).live();
    expectTypeOf(live).toEqualTypeOf<LiveQuery<{ title: string }>>();
    expect(watched).toEqual([live.ast]);
  });

  it("Column projection", async () => {
    const rows = await world().db.select({ x: todos.title, due: todos.due }).from(todos).limit(1);
    expectTypeOf(rows).toEqualTypeOf<{ x: string; due: Date | null }[]>();
    expect(rows).toEqual([{ x: "apples", due: null }]);
  });

  it("Nested-relational query sugar: db.query.x.findMany({ with })", async () => {
    const [ada] = await readDb(schema, sourceOf()).query.users.findMany({
      where: eq(users.id, "ada"),
      with: { todos: { orderBy: desc(todos.rank), limit: 1 } },
    });
    expectTypeOf(ada?.todos).toEqualTypeOf<InferRow<typeof todos>[] | undefined>();
    expect(ada?.todos.map((todo) => todo.title)).toEqual(["apples"]);
  });
});

describe("Writes", () => {
  it("Cross-table writes in one transaction", async () => {
    const w = world();
    await w.db.insert(users).values({ id: "dee", name: "Dee" });
    await w.db.update(todos).set({ ownerId: "dee" }).where(eq(todos.ownerId, "bob"));
    await w.db.delete(users).where(eq(users.id, "bob"));
    expect(w.applied).toEqual(["+ users:dee", "~ todos:3", "~ todos:4", "- users:bob"]);
  });

  it("Insert of many rows, with returning()", async () => {
    const rows = [
      { id: "5", ownerId: "cy", title: "x" },
      { id: "6", ownerId: "cy", title: "y" },
    ];
    expect(await world().db.insert(todos).values(rows).returning()).toMatchObject(rows);
  });

  it("onConflictDoUpdate() and onConflictDoNothing()", async () => {
    const w = world();
    const again = { id: "9", name: "Ada again", email: "ada@x" };
    await w.db.insert(users).values(again).onConflictDoNothing();
    expect(w.applied).toEqual([]);
    await w.db
      .insert(users)
      .values(again)
      .onConflictDoUpdate({ target: users.email, set: { name: again.name } });
    expect(w.rows("users")["ada"]).toMatchObject({ id: "ada", name: "Ada again" });
  });

  it("db.increment(col, delta)", async () => {
    const [row] = await world().db.increment(todos.rank, 2).where(eq(todos.id, "2")).returning();
    expect(row?.rank).toBe(3);
  });
});

describe("Mutators", () => {
  const mutators = defineMutators<typeof schema, Ctx>()({
    rename: async ({ db, args, ctx }: MutatorInput<Ctx, { name: string }>) => {
      await db.update(users).set({ name: args.name }).where(eq(users.id, ctx.me));
    },
    setRank: {
      args: z.object({ id: z.string(), rank: z.coerce.number().int() }),
      run: async ({ db, args }) => {
        await db.update(todos).set({ rank: args.rank }).where(eq(todos.id, args.id));
      },
    },
  });
  const call = (w: ReturnType<typeof world>, name: string, args: unknown) =>
    invokeMutator(mutators, name, { db: w.db, ctx: { me: "ada" }, args });

  it("Define mutators: defineMutators<S, Ctx>()({ name })", async () => {
    const w = world();
    await call(w, "rename", { name: "Ada L." });
    expect(w.applied).toEqual(["~ users:ada"]);
    expectTypeOf<MutatorArgs<typeof mutators, "rename">>().toEqualTypeOf<{ name: string }>();
  });

  it("Args validation: any Standard Schema, which says what the mutator gets", async () => {
    const w = world();
    await call(w, "setRank", { id: "1", rank: "7" });
    expect(w.rows("todos")["1"]).toMatchObject({ rank: 7 });
    await expect(call(w, "setRank", { id: "1", rank: "much" })).rejects.toMatchObject({
      code: "invalid-value",
    });
    expect(w.applied).toEqual(["~ todos:1"]);
  });
});

function sourceOf() {
  const { rows } = world();
  const source: RowSource = { schema, rows: (name) => Object.values(rows(name)) };
  return {
    select: (query: Parameters<typeof evaluateSelect>[0]) =>
      Promise.resolve(evaluateSelect(query, source)),
  };
}

async function idsWhere(where: Condition): Promise<string[]> {
  const rows = await world().db.select().from(todos).where(where);
  return rows.map((row) => row.id);
}
