import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  asc,
  count,
  defineSchema,
  eq,
  id,
  int,
  ref,
  select,
  table,
  text,
} from "@sh1n4ps/plasma-core";
import type { SelectQuery } from "@sh1n4ps/plasma-core";
import { explainSelect } from "../db/explain.ts";
import { describeSchema } from "../schema/description.ts";
import { plainPostgresTables } from "../schema/postgres-tables.ts";
import { fromPglite } from "./pglite.ts";
import { readPostgresPlan } from "./postgres-plan.ts";

const lists = table("lists", { id: id(), name: text() });
const todos = table(
  "todos",
  { id: id(), listId: ref(() => lists.id), title: text(), position: int() },
  { indexes: [["listId", "position"]] },
);
const schema = defineSchema({ lists, todos });

describe("explainSelect on Postgres", () => {
  let database: PGlite;
  beforeAll(async () => {
    database = await PGlite.create();
    await fromPglite(database).batch(plainPostgresTables(describeSchema(schema).tables));
    await database.exec(`
      INSERT INTO lists SELECT 'l' || n, 'List ' || n FROM generate_series(1, 200) AS n;
      INSERT INTO todos SELECT 't' || n, 'l' || (n % 200 + 1), 'Todo ' || n, n FROM generate_series(1, 20000) AS n;
      ANALYZE`);
  }, 60_000);
  afterAll(() => database.close());

  const explain = (query: SelectQuery<unknown>) =>
    explainSelect({ schema, executor: fromPglite(database), query });
  const from = () => select().from(todos);

  it.each([
    ["id", from().where(eq(todos.id, "t7")), "primary-key", "todos_pkey"],
    ["index", from().where(eq(todos.listId, "l7")), "index", "todos_listId_position_idx"],
    ["scan", from().where(eq(todos.title, "Todo 7")), "scan", undefined],
    ["index in order", from().orderBy(asc(todos.id)).limit(1), "index-scan", "todos_pkey"],
  ] as const)("by %s", async (_, query, access, index) => {
    const { engine, steps } = await explain(query);
    expect(engine).toBe("postgres");
    expect(steps).toStrictEqual([
      {
        table: "todos",
        alias: "todos",
        access,
        ...(index && { index }),
        estimatedRows: expect.any(Number) as number,
      },
    ]);
  });

  it("estimates rows", async () => {
    const { steps } = await explain(from().where(eq(todos.listId, "l7")));
    expect(steps[0]!.estimatedRows).toBeGreaterThan(20);
    expect(steps[0]!.estimatedRows).toBeLessThan(500);
  });

  it("names both tables of a join", async () => {
    const { steps, sort, detail } = await explain(
      select({ name: lists.name, n: count() })
        .from(lists)
        .innerJoin(todos, eq(todos.listId, lists.id))
        .groupBy(lists.name)
        .orderBy(asc(lists.name)),
    );
    expect(steps.map((step) => step.table).toSorted()).toStrictEqual(["lists", "todos"]);
    expect(sort).toBe("full");
    expect(detail!.join("\n")).toMatch(/on todos/);
  });
});

describe("the reader", () => {
  const bitmap = {
    "Node Type": "Bitmap Heap Scan",
    "Relation Name": "todos",
    Alias: "t0",
    "Plan Rows": 9,
    Plans: [
      {
        "Node Type": "Bitmap Index Scan",
        "Index Name": "todos_title_idx",
        "Index Cond": "(title = 'x')",
        "Plan Rows": 9,
      },
    ],
  };
  const step = { relation: "t0", access: "index", index: "todos_title_idx", estimatedRows: 9 };

  it("takes JSON parsed and as text", () => {
    const plan = [{ Plan: bitmap }];
    expect(readPostgresPlan([{ "QUERY PLAN": plan }]).steps).toStrictEqual([step]);
    expect(readPostgresPlan([{ "QUERY PLAN": JSON.stringify(plan) }]).steps).toStrictEqual([step]);
  });

  it("tells a partial sort from a full one", () => {
    const sorted = (type: string) =>
      readPostgresPlan([{ "QUERY PLAN": [{ Plan: { "Node Type": type, Plans: [bitmap] } }] }]).sort;
    expect(sorted("Incremental Sort")).toBe("partial");
    expect(sorted("Sort")).toBe("full");
    expect(sorted("Limit")).toBe("none");
  });
});
