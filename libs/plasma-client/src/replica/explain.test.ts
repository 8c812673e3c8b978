import { and, asc, eq, exists, inArray, like, readDb, select } from "@sh1n4ps/plasma-core";
import type { QueryAst, Row } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { lists, testSchema, todos } from "../testing/test-app.ts";
import { explainQuery } from "./explain.ts";
import { watchFullScans } from "./full-scans.ts";
import { answerQuery, layerOf, stack, tableRows } from "./rows.ts";
import type { RowTables } from "./rows.ts";

const LISTS = 10;
const TODOS = 100;

function rows() {
  const tables: RowTables = new Map([
    ["lists", new Map()],
    ["todos", new Map()],
  ]);
  const put = (table: string, row: Row) => tables.get(table)!.set(row["id"] as string, row);
  for (let at = 0; at < LISTS; at++) put("lists", { id: `l${at}`, name: "L", ownerId: "ada" });
  for (let at = 0; at < TODOS; at++) {
    put("todos", {
      id: `t${at}`,
      listId: `l${at % LISTS}`,
      title: `T${at}`,
      done: false,
      rank: at,
      due: null,
    });
  }
  return tableRows(testSchema, tables);
}

const db = readDb(testSchema, {
  select: async (query) => answerQuery(query, rows()),
  explain: async (query) => explainQuery(query, rows()),
});
const scan = (table: string, rowsRead: number, passes = 1) => ({
  table,
  alias: table,
  access: "scan",
  rowsRead,
  passes,
});
const lookup = (table: string, rowsRead: number, passes: number) => ({
  ...scan(table, rowsRead, passes),
  access: "primary-key",
});

describe("explain() on a client tells what happens", () => {
  it("an id is looked up", async () => {
    expect(await db.select().from(todos).where(eq(todos.id, "t1")).explain()).toStrictEqual({
      engine: "memory",
      steps: [lookup("todos", 1, 1)],
      sort: "full",
      resultRows: 1,
    });
  });

  it("ids are looked up one by one, also those that are not here", async () => {
    const plan = await db
      .select()
      .from(todos)
      .where(and(inArray(todos.id, ["t1", "t2", "gone"]), eq(todos.done, false)))
      .explain();
    expect(plan.steps).toStrictEqual([lookup("todos", 2, 3)]);
    expect(plan.resultRows).toBe(2);
  });

  it("anything else reads all rows, whatever the index and the limit", async () => {
    const plan = await db
      .select()
      .from(todos)
      .where(eq(todos.listId, "l1"))
      .orderBy(asc(todos.rank))
      .limit(1)
      .explain();
    expect(plan.steps).toStrictEqual([scan("todos", TODOS)]);
    expect(plan.resultRows).toBe(1);
  });

  it("a join reads each table once", async () => {
    const plan = await db
      .select()
      .from(lists)
      .innerJoin(todos, eq(todos.listId, lists.id))
      .explain();
    expect(plan.steps).toStrictEqual([scan("lists", LISTS), scan("todos", TODOS)]);
    expect(plan.resultRows).toBe(TODOS);
  });

  it("a subquery goes through its table for each row around it, until it finds one", async () => {
    const never = await db
      .select()
      .from(lists)
      .where(exists(select().from(todos).where(eq(todos.title, lists.name))))
      .explain();
    expect(never.steps).toStrictEqual([scan("lists", LISTS), scan("todos", LISTS * TODOS, LISTS)]);
    const soon = await db
      .select()
      .from(lists)
      .where(exists(select().from(todos).where(eq(todos.listId, lists.id))))
      .explain();
    expect(soon.steps).toStrictEqual([scan("lists", LISTS), scan("todos", 55, LISTS)]);
  });

  it("a relational query reads each related table once", async () => {
    const plan = await db.query.lists.findMany({ with: { todos: true } }).explain();
    expect(plan.steps).toStrictEqual([scan("lists", LISTS), scan("todos", TODOS)]);
  });

  it("rows of pending mutations count as well", () => {
    const more = stack(
      rows(),
      layerOf([{ table: "lists", id: "new", row: { id: "new", name: "N", ownerId: "ada" } }]),
    );
    expect(explainQuery(select().from(lists).ast, more).steps).toStrictEqual([
      scan("lists", LISTS + 1),
    ]);
  });
});

describe("watchFullScans", () => {
  function world(many: number) {
    const warnings: string[] = [];
    const answer = watchFullScans({ rows: many, warn: (message) => void warnings.push(message) });
    const ask = (query: { readonly ast: QueryAst }) => answer(query.ast, rows(), answerQuery);
    return { warnings, ask };
  }
  const titled = (title: string) =>
    select().from(todos).where(eq(todos.title, title)).orderBy(asc(todos.rank));

  it("answers as it would without", () => {
    const { ask } = world(10);
    expect(ask(titled("T5"))).toStrictEqual(answerQuery(titled("T5").ast, rows()));
    expect(ask(titled("T5"))).toHaveLength(1);
  });

  it("says which table, how many rows, which index, and that it will not help here yet", () => {
    const { ask, warnings } = world(100);
    ask(titled("T5"));
    expect(warnings).toStrictEqual([
      'A query reads all 100 rows of "todos". Declare an index on that table: indexes: [["title","rank"]]. The server uses it; this version of the client goes through all rows still.',
    ]);
  });

  it("says it once for each query, whatever the values", () => {
    const { ask, warnings } = world(10);
    ask(titled("T5"));
    ask(titled("T6"));
    expect(warnings).toHaveLength(1);
    ask(titled("T5").limit(1));
    expect(warnings).toHaveLength(2);
  });

  it("says it when the table has grown, not when it was small", () => {
    const warnings: string[] = [];
    const answer = watchFullScans({ rows: 50, warn: (message) => void warnings.push(message) });
    answer(titled("T5").ast, tableRows(testSchema, new Map()), answerQuery);
    expect(warnings).toStrictEqual([]);
    answer(titled("T5").ast, rows(), answerQuery);
    expect(warnings).toHaveLength(1);
  });

  it("counts the passes of a subquery", () => {
    const { ask, warnings } = world(500);
    ask(
      select()
        .from(lists)
        .where(exists(select().from(todos).where(eq(todos.title, lists.name)))),
    );
    expect(warnings[0]).toMatch(
      /^A query goes 10 times through the rows of "todos", and reads 1000 in all\. Declare .* \[\["title"\]\]/,
    );
  });

  it("says so when no index would help", () => {
    const { ask, warnings } = world(10);
    ask(select().from(todos).where(like(todos.title, "%5")));
    expect(warnings[0]).toMatch(/No index serves its conditions/);
  });

  it.each([
    ["few rows", 101, titled("T5")],
    ["an id", 1, select().from(todos).where(eq(todos.id, "t1"))],
    ["all rows", 1, select().from(todos)],
    ["what has its index already", 1, select().from(todos).where(eq(todos.listId, "l1"))],
    ["relations", 1, db.query.lists.findMany({ with: { todos: true } })],
  ] as const)("is quiet about %s", (_, many, query) => {
    const { ask, warnings } = world(many);
    ask(query);
    expect(warnings).toStrictEqual([]);
  });
});
