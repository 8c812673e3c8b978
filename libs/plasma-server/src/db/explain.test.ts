import Database from "better-sqlite3";
import { beforeEach, describe, expect, it } from "vitest";
import {
  alias,
  and,
  asc,
  colRef,
  count,
  defineSchema,
  desc,
  eq,
  exists,
  id,
  inArray,
  int,
  like,
  max,
  or,
  ref,
  select,
  table,
  text,
} from "@sh1n4ps/plasma-core";
import type { QueryAst, SelectQuery } from "@sh1n4ps/plasma-core";
import { ensureSchema } from "../schema/ensure-schema.ts";
import { fromBetterSqlite3 } from "../sql/better-sqlite3.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { explainSelect } from "./explain.ts";
import { createServerDb } from "./server-db.ts";

interface Ctx {
  readonly userId: string;
}

const lists = table(
  "lists",
  { id: id(), name: text() },
  {
    auth: {
      read: (ctx: Ctx, row) =>
        exists(
          select()
            .from(members)
            .where(and(eq(members.listId, row.id), eq(members.userId, ctx.userId))),
        ),
    },
  },
);
const members = table("members", { id: id(), listId: text(), userId: text() });
const todos = table(
  "todos",
  {
    id: id(),
    listId: ref(() => lists.id),
    title: text(),
    code: text().unique(),
    position: int(),
  },
  { indexes: [["listId", "position"]] },
);
const notes = table(
  "notes",
  { id: id(), body: text() },
  { auth: { read: (ctx: Ctx, row) => row.body.startsWith(ctx.userId) } },
);
const schema = defineSchema({ lists, members, todos, notes });

let executor: SqlExecutor;
beforeEach(async () => {
  executor = fromBetterSqlite3(new Database(":memory:"));
  await ensureSchema({ schema, executor });
});

const explain = (query: { readonly ast: QueryAst }, ctx?: Ctx) =>
  explainSelect({ schema, executor, query, ...(ctx && { ctx }) });
const from = () => select().from(todos);

describe("explainSelect on SQLite", () => {
  const byId = {
    table: "todos",
    alias: "todos",
    access: "primary-key",
    index: "sqlite_autoindex_todos_1",
  };
  const scan = { table: "todos", alias: "todos", access: "scan" };
  const index = (name: string) => ({
    table: "todos",
    alias: "todos",
    access: "index",
    index: `todos$${name}`,
  });

  it.each([
    ["an id", from().where(eq(todos.id, "t")), [byId]],
    ["ids", from().where(inArray(todos.id, ["t", "u"])), [byId]],
    ["a unique value", from().where(eq(todos.code, "c")), [index("code$unique")]],
    ["a declared index", from().where(eq(todos.listId, "l")), [index("listId$position")]],
    ["all rows", from(), [{ ...byId, access: "index-scan" }]],
    [
      "a column without an index",
      from().where(eq(todos.title, "t")),
      [{ ...byId, access: "index-scan" }],
    ],
    ["a pattern", select({ n: count() }).from(todos).where(like(todos.title, "%a%")), [scan]],
    [
      "either of two indexes",
      select({ n: count() })
        .from(todos)
        .where(or(eq(todos.id, "t"), eq(todos.code, "c"))),
      [byId, index("code$unique")],
    ],
    [
      "a count",
      select({ n: count() }).from(todos),
      [{ ...index("code$unique"), access: "index-scan" }],
    ],
    ["the greatest", select({ top: max(todos.title) }).from(todos), [scan]],
  ] as [string, SelectQuery<unknown>, unknown[]][])("by %s", async (_, query, steps) => {
    const plan = await explain(query);
    expect(plan.engine).toBe("sqlite");
    expect(plan.steps).toStrictEqual(steps);
  });

  it("names the tables of a join, and the aliases of one table met twice", async () => {
    const others = alias(todos, "others");
    const plan = await explain(
      from()
        .innerJoin(lists, eq(lists.id, todos.listId))
        .leftJoin(others, eq(others.code, todos.title))
        .where(eq(todos.id, "t")),
    );
    expect(plan.steps.map(({ table, alias, access }) => [table, alias, access])).toStrictEqual([
      ["todos", "todos", "primary-key"],
      ["lists", "lists", "primary-key"],
      ["todos", "others", "index"],
    ]);
  });

  it("tells of indexes that SQLite makes for one query: all rows are read for them", async () => {
    const plan = await explain(
      select({ a: todos.id }).from(todos).leftJoin(lists, eq(lists.name, todos.title)),
    );
    expect(plan.steps.at(-1)).toStrictEqual({
      table: "lists",
      alias: "lists",
      access: "temporary-index",
    });
  });

  it("sees into subqueries", async () => {
    const inner = select({ listId: todos.listId, n: count() })
      .from(todos)
      .where(eq(todos.title, "x"))
      .groupBy(todos.listId);
    const outer = select({ n: colRef<number>("perList", "n") }).fromSubquery(inner, "perList");
    expect((await explain(outer)).steps.map(({ table }) => table)).toStrictEqual(["todos"]);
    const found = select()
      .from(lists)
      .where(exists(from().where(and(eq(todos.listId, lists.id), eq(todos.position, 1)))));
    expect((await explain(found)).steps).toContainEqual(index("listId$position"));
  });

  it("tells whether rows are sorted", async () => {
    const inList = from().where(eq(todos.listId, "l"));
    expect((await explain(from().orderBy(asc(todos.id)))).sort).toBe("none");
    expect((await explain(inList.orderBy(asc(todos.position)))).sort).toBe("partial");
    expect((await explain(inList.orderBy(desc(todos.title)))).sort).toBe("full");
  });

  it("gives the SQL and SQLite's own words", async () => {
    const plan = await explain(from().where(eq(todos.id, "t")));
    expect(plan.sql).toMatch(/^SELECT .* FROM "todos" AS "t0" WHERE /);
    expect(plan.detail).toStrictEqual(["SEARCH t0 USING INDEX sqlite_autoindex_todos_1 (id=?)"]);
  });

  it("explains a relational query relation by relation", async () => {
    const db = createServerDb({ schema, executor });
    const plan = await db.query.lists
      .findMany({ with: { todos: { orderBy: asc(todos.position) } } })
      .explain();
    expect(plan.steps.map(({ table, access }) => [table, access])).toStrictEqual([
      ["lists", "index-scan"],
      ["todos", "index"],
    ]);
    expect(plan.sql!.split(";\n")).toHaveLength(2);
  });

  it("runs nothing", async () => {
    const texts: string[] = [];
    const watched = {
      ...executor,
      all: (statement: Parameters<SqlExecutor["all"]>[0]) => {
        texts.push(statement.text);
        return executor.all(statement);
      },
    };
    await explainSelect({ schema, executor: watched, query: from() });
    expect(texts).toStrictEqual([expect.stringMatching(/^EXPLAIN QUERY PLAN SELECT/)]);
  });

  it("refuses a query that would not run", async () => {
    const wrong = from().where(eq(members.userId, "u"));
    await expect(explain(wrong)).rejects.toMatchObject({ code: "unknown-table" });
  });
});

describe("rules in a plan", () => {
  it("are a part of it for the person who asks", async () => {
    const open = await explain(select().from(lists));
    expect(open.steps.map(({ table }) => table)).toStrictEqual(["lists"]);
    const asked = await explain(select().from(lists), { userId: "ada" });
    expect(asked.steps.map(({ table }) => table).toSorted()).toStrictEqual(["lists", "members"]);
  });

  it("predicates are asked last where they can be: no limit is handed to the database", async () => {
    const plan = await explain(select().from(notes).limit(3), { userId: "ada" });
    expect(plan.steps.map(({ table, access }) => [table, access])).toStrictEqual([
      ["notes", "index-scan"],
    ]);
    expect(plan.sql).not.toMatch(/LIMIT/);
  });

  it("predicates read their whole table beforehand elsewhere", async () => {
    const query = select().from(notes).innerJoin(lists, eq(lists.id, notes.body));
    const plan = await explain(query, { userId: "ada" });
    expect(plan.steps[0]).toStrictEqual({ table: "notes", alias: "notes", access: "scan" });
  });

  it("reach explain() of a server's db through its ctx", async () => {
    const db = createServerDb({ schema, executor, ctx: { userId: "ada" } });
    const plan = await db.select().from(lists).explain();
    expect(plan.steps.map(({ table }) => table)).toContain("members");
  });
});
