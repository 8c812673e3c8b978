import { describe, expect, it } from "vitest";
import { id, int, json, text } from "../schema/column.ts";
import { alias, table } from "../schema/table.ts";
import type { Row } from "../schema/table.ts";
import { and, asc, desc, eq, exists, gt, or } from "./expression.ts";
import type { LiveQuery } from "./live-query.ts";
import type { QueryAst } from "./relational-ast.ts";
import { select, selectMethods } from "./select.ts";
import type { SelectQuery } from "./select.ts";

const lists = table("lists", { id: id(), name: text() });
const todos = table("todos", { id: id(), listId: text(), rank: int(), extra: json() });

/** Records what it is asked, and answers with a row that says how often. */
function recorder() {
  const asked: QueryAst[] = [];
  const methods = selectMethods({
    select: async (ast) => {
      asked.push(ast);
      return [{ id: String(asked.length) }];
    },
    live: (ast) => {
      asked.push(ast);
      return { ast } as unknown as LiveQuery<Row>;
    },
  });
  return { asked, query: methods.select().from(todos) };
}

describe("a select", () => {
  it("starts with everything of its table", () => {
    expect(select().from(alias(todos, "mine")).ast).toEqual({
      kind: "select",
      from: { kind: "table", table: "todos", alias: "mine" },
      joins: [],
      projection: null,
      distinct: false,
      where: null,
      groupBy: [],
      having: null,
      orderBy: [],
      limit: null,
      offset: 0,
    });
  });

  it("is never changed: each method gives a new query", () => {
    const base = select().from(todos).where(eq(todos.listId, "1")).orderBy(todos.rank).limit(3);
    const before = JSON.stringify(base.ast);
    const derived = [
      base.where(eq(todos.rank, 1)),
      base.where(undefined),
      base.orderBy(desc(todos.id)),
      base.limit(1),
      base.offset(2),
    ];
    expect(JSON.stringify(base.ast)).toBe(before);
    expect(derived.every((query) => query !== base && query.ast !== base.ast)).toBe(true);
  });

  it("joins the conditions of several where() by and", () => {
    const one = eq(todos.listId, "1");
    const two = gt(todos.rank, 2);
    const query = select().from(todos);
    expect(query.where(one).ast.where).toEqual(one);
    expect(query.where(one).where(two).ast.where).toEqual(and(one, two));
    expect(query.where(undefined).ast.where).toBeNull();
    expect(query.where(one).where(undefined).ast.where).toEqual(one);
    expect(query.where(or(undefined)).ast.where).toEqual({ kind: "or", conditions: [] });
  });

  it.each([false, true, null, 0, "", todos.rank, []])(
    "where(%j) is refused, not taken for no condition",
    (value) => {
      expect(() =>
        select()
          .from(todos)
          .where(value as never),
      ).toThrow("where() takes conditions, but was given");
    },
  );

  it("orders by its last orderBy()", () => {
    const query = select()
      .from(todos)
      .orderBy(desc(todos.rank))
      .orderBy(todos.listId, desc(todos.id));
    expect(query.ast.orderBy).toEqual([asc(todos.listId), desc(todos.id)]);
    expect(query.orderBy().ast.orderBy).toEqual([]);
  });

  it("orders by values that have an order only", () => {
    expect(() => select().from(todos).orderBy(todos.extra)).toThrow(
      '"todos.extra" (json) cannot be compared or ordered',
    );
  });

  it.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53, "1", null, undefined])(
    "limit(%s) and offset(%s) are refused",
    (count) => {
      const query = select().from(todos);
      expect(() => query.limit(count as number)).toThrow(
        `limit() takes a whole number of 0 or more, but was given ${String(count)}.`,
      );
      expect(() => query.offset(count as number)).toThrow(
        "offset() takes a whole number of 0 or more",
      );
    },
  );

  it("takes a limit of −0 for 0", () => {
    expect(Object.is(select().from(todos).limit(-0).ast.limit, 0)).toBe(true);
  });

  it("runs each time it is awaited, because rows may have changed", async () => {
    const { asked, query } = recorder();
    expect(asked).toEqual([]);
    expect([await query, await query]).toEqual([[{ id: "1" }], [{ id: "2" }]]);
    expect(asked).toEqual([query.ast, query.ast]);
  });

  it("that belongs to no database cannot be awaited or watched", async () => {
    const query = select().from(todos);
    await expect(query).rejects.toMatchObject({
      code: "unbound-query",
      message: "This query belongs to no database. Use db.select(), or pass it to exists().",
    });
    expect(() => query.live()).toThrow(
      expect.objectContaining({
        code: "not-live",
        message: "Only a client's db can watch queries. Await this one instead of calling .live().",
      }),
    );
  });

  it("on a client can be watched", () => {
    const { asked, query } = recorder();
    expect(query.limit(1).live().ast).toEqual(query.limit(1).ast);
    expect(asked).toHaveLength(1);
  });

  it("hands errors of its database on", async () => {
    const failing = selectMethods({ select: () => Promise.reject(new Error("disk")) });
    await expect(failing.select().from(todos)).rejects.toThrow("disk");
  });

  describe("with a column of a table out of sight", () => {
    const stray: [what: string, narrow: (query: SelectQuery<unknown>) => SelectQuery<unknown>][] = [
      ["in where()", (query) => query.where(eq(lists.id, "1"))],
      ["on the right side", (query) => query.where(eq(todos.listId, lists.id))],
      ["inside and, or, not", (query) => query.where(or(and(eq(lists.id, "1"))))],
      [
        "inside a subquery that does not read it either",
        (query) =>
          query.where(exists(select().from(alias(todos, "x")).where(eq(todos.listId, lists.id)))),
      ],
      [
        "of its own table, whose name an alias has taken",
        (query) => query.where(eq(alias(todos, "x").id, "1")),
      ],
    ];

    it.each(stray)("%s is refused before the database is asked", async (_what, narrow) => {
      const { asked, query } = recorder();
      const narrowed = narrow(query);
      await expect(narrowed).rejects.toMatchObject({ code: "unknown-table" });
      expect(() => narrowed.live()).toThrow(expect.objectContaining({ code: "unknown-table" }));
      expect(asked).toEqual([]);
    });

    it("is fine where the table is that of the query around", async () => {
      const { query } = recorder();
      const around = exists(select().from(lists).where(eq(lists.id, todos.listId)));
      await expect(query.where(around)).resolves.toHaveLength(1);
    });
  });
});
