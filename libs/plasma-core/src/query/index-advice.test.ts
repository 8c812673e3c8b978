import { describe, expect, it } from "vitest";
import { boolean, id, int, json, ref, text } from "../schema/column.ts";
import { defineSchema } from "../schema/schema.ts";
import { alias, table } from "../schema/table.ts";
import { count } from "./aggregates.ts";
import {
  and,
  asc,
  between,
  desc,
  eq,
  exists,
  gt,
  inArray,
  isNull,
  like,
  lt,
  ne,
  not,
  or,
} from "./expression.ts";
import { adviseIndex } from "./index-advice.ts";
import { select, selectDistinct } from "./select.ts";
import type { SelectQuery } from "./select.ts";

const lists = table("lists", { id: id(), name: text(), slug: text().unique() });
const todos = table(
  "todos",
  {
    id: id(),
    listId: ref(() => lists.id),
    title: text(),
    state: text().nullable(),
    done: boolean(),
    rank: int(),
    extra: json(),
  },
  { indexes: [["state", "rank"]] },
);
const schema = defineSchema({ lists, todos });

const all = () => select().from(todos);
const advice = (query: SelectQuery<unknown>, name = "todos") =>
  adviseIndex(schema, query.ast, name);
const declare = (...columns: string[]) => ({ kind: "declare", table: "todos", columns });

describe("the index to declare", () => {
  it.each([
    [
      "equal columns",
      all().where(and(eq(todos.title, "a"), eq(todos.done, true))),
      ["title", "done"],
    ],
    [
      "equal columns, then the order's",
      all().where(eq(todos.title, "a")).orderBy(todos.rank),
      ["title", "rank"],
    ],
    [
      "the order's even when it descends",
      all().where(eq(todos.title, "a")).orderBy(desc(todos.rank), desc(todos.state)),
      ["title", "rank", "state"],
    ],
    [
      "no order that changes its direction",
      all().where(eq(todos.title, "a")).orderBy(desc(todos.rank), asc(todos.state)),
      ["title", "rank"],
    ],
    [
      "a column once",
      all()
        .where(and(eq(todos.title, "a"), eq(todos.title, "b")))
        .orderBy(todos.title),
      ["title"],
    ],
    ["a list of values counts as equal", all().where(inArray(todos.title, ["a"])), ["title"]],
    [
      "null counts as equal",
      all().where(and(isNull(todos.state), eq(todos.done, true))),
      ["state", "done"],
    ],
    ["a range last", all().where(and(gt(todos.rank, 1), eq(todos.title, "a"))), ["title", "rank"]],
    ["one range only", all().where(and(gt(todos.rank, 1), lt(todos.title, "a"))), ["rank"]],
    ["between is a range", all().where(between(todos.rank, 1, 2)), ["rank"]],
    [
      "the order rather than a range",
      all()
        .where(and(eq(todos.done, true), gt(todos.rank, 1)))
        .orderBy(todos.title),
      ["done", "title"],
    ],
    ["an order with a limit", all().orderBy(todos.rank).limit(5), ["rank"]],
    [
      "what stands beside an or",
      all().where(and(or(eq(todos.rank, 1), eq(todos.rank, 2)), eq(todos.title, "a"))),
      ["title"],
    ],
    [
      "for groups, no order",
      select({ title: todos.title, n: count() })
        .from(todos)
        .where(eq(todos.done, true))
        .groupBy(todos.title)
        .orderBy(todos.title),
      ["done"],
    ],
    [
      "for distinct rows, no order",
      selectDistinct({ title: todos.title })
        .from(todos)
        .where(eq(todos.done, true))
        .orderBy(todos.title),
      ["done"],
    ],
  ] as [string, SelectQuery<unknown>, string[]][])("%s", (_, query, columns) => {
    expect(advice(query)).toStrictEqual(declare(...columns));
  });

  it("for a join, of the column that is equal to the other table's", () => {
    const query = select().from(lists).innerJoin(todos, eq(todos.title, lists.name));
    expect(advice(query)).toStrictEqual(declare("title"));
    expect(advice(query, "lists")).toStrictEqual({
      kind: "declare",
      table: "lists",
      columns: ["name"],
    });
  });

  it("for a subquery, of the column that is equal to the outer one's", () => {
    const inner = select()
      .from(todos)
      .where(and(eq(todos.title, lists.name), eq(todos.rank, 1)));
    expect(advice(inner)).toStrictEqual(declare("title", "rank"));
  });

  it("goes by the alias", () => {
    const others = alias(todos, "others");
    const query = select().from(todos).innerJoin(others, eq(others.title, todos.state));
    expect(advice(query, "others")).toStrictEqual(declare("title"));
    expect(advice(query, "todos")).toStrictEqual({ kind: "declared", table: "todos" });
  });
});

describe("no index to declare", () => {
  it.each([
    ["ids are looked up", all().where(eq(todos.id, "a"))],
    ["references have an index", all().where(eq(todos.listId, "a"))],
    ["an index starts with the columns", all().where(eq(todos.state, "a"))],
    ["an index has them all", all().where(eq(todos.state, "a")).orderBy(todos.rank)],
    [
      "in any order, as long as they are equal",
      all().where(and(eq(todos.rank, 1), eq(todos.state, "a"))),
    ],
  ])("%s", (_, query) => {
    expect(advice(query)).toStrictEqual({ kind: "declared", table: "todos" });
  });

  it("unique columns have one", () => {
    const query = select().from(lists).where(eq(lists.slug, "a"));
    expect(advice(query, "lists")).toStrictEqual({ kind: "declared", table: "lists" });
  });

  it.each([
    ["like", all().where(like(todos.title, "%a%"))],
    ["or", all().where(or(eq(todos.title, "a"), eq(todos.rank, 1)))],
    ["ne", all().where(ne(todos.title, "a"))],
    ["not", all().where(not(eq(todos.title, "a")))],
    ["two columns of the row", all().where(eq(todos.title, todos.state))],
    ["exists", all().where(exists(select().from(lists).where(eq(lists.name, todos.title))))],
    [
      "a limit behind a condition that no index answers",
      all().where(like(todos.title, "%a%")).orderBy(todos.rank).limit(1),
    ],
  ])("serves %s", (_, query) => {
    expect(advice(query)).toStrictEqual({ kind: "unsuitable", table: "todos" });
  });

  it.each([
    ["all rows", all()],
    ["all rows in order", all().orderBy(todos.rank)],
    ["all rows counted", select({ n: count() }).from(todos)],
    ["an alias that is none of its own", select().from(lists)],
  ] as [string, SelectQuery<unknown>][])("is needed for %s", (_, query) => {
    expect(advice(query)).toStrictEqual({ kind: "wants-all" });
  });
});
