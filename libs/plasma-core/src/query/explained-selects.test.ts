import { describe, expect, it } from "vitest";
import { id, ref, text } from "../schema/column.ts";
import { defineSchema } from "../schema/schema.ts";
import { table } from "../schema/table.ts";
import { readDb } from "./db.ts";
import { explainedSelects } from "./explained-selects.ts";
import type { QueryPlan } from "./query-plan.ts";
import { select } from "./select.ts";
import type { QueryAst } from "./relational-ast.ts";

const people = table("people", { id: id(), name: text() });
const lists = table("lists", { id: id(), ownerId: ref(() => people.id).nullable() });
const todos = table("todos", { id: id(), listId: ref(() => lists.id) });
const schema = defineSchema({ people, lists, todos });

describe("the selects of a query", () => {
  it("a select is one", () => {
    const { ast } = select().from(lists);
    expect(explainedSelects(schema, ast)).toStrictEqual([ast]);
  });

  it("a relational query has one for each relation, nested ones too", () => {
    const db = readDb(schema, { select: () => Promise.resolve([]) });
    const { ast } = db.query.people.findMany({ with: { lists: { with: { todos: true } } } });
    const selects = explainedSelects(schema, ast);
    expect(selects.map(({ from }) => from.kind === "table" && from.table)).toStrictEqual([
      "people",
      "lists",
      "todos",
    ]);
    expect(selects[2]?.where).toMatchObject({ kind: "in", operand: { column: "listId" } });
  });
});

describe("explain()", () => {
  const plan: QueryPlan = { engine: "memory", steps: [], sort: "none" };

  it("asks the db that the query belongs to", async () => {
    const asked: QueryAst[] = [];
    const db = readDb(schema, {
      select: () => Promise.reject(new Error("not run")),
      explain: async (query) => {
        asked.push(query);
        return plan;
      },
    });
    const rows = db.select().from(lists);
    const nested = db.query.lists.findMany();
    expect(await rows.explain()).toBe(plan);
    expect(await nested.explain()).toBe(plan);
    expect(asked).toStrictEqual([rows.ast, nested.ast]);
  });

  it("of a db that cannot tell says what to do", async () => {
    await expect(select().from(lists).explain()).rejects.toMatchObject({
      code: "not-explainable",
      message: expect.stringContaining("explainSelect(") as string,
    });
  });
});
