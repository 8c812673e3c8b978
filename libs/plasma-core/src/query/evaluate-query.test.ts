import { describe, expect, it } from "vitest";
import { bigint, boolean, id, int, json, real, ref, text } from "../schema/column.ts";
import { defineSchema } from "../schema/schema.ts";
import { alias, table } from "../schema/table.ts";
import type { Row } from "../schema/table.ts";
import { evaluateSelect } from "./evaluate.ts";
import type { RowSource } from "./evaluate.ts";
import { avg, colRef, count, countDistinct, max, min, sum } from "./aggregates.ts";
import {
  and,
  asc,
  between,
  desc,
  eq,
  exists,
  gt,
  ilike,
  inArray,
  isNull,
  notInArray,
} from "./expression.ts";
import { evaluateRelational, relationalDb } from "./relational.ts";
import type { RelationalQuery } from "./relational.ts";
import { select, selectDistinct } from "./select.ts";
import type { SelectQuery } from "./select.ts";

const lists = table("lists", { id: id(), name: text(), parentId: text().nullable() });
const todos = table("todos", {
  id: id(),
  listId: ref(() => lists.id).nullable(),
  title: text(),
  priority: int().nullable(),
  weight: real().default(0),
  views: bigint().default(0n),
  done: boolean().default(false),
  extra: json().nullable(),
});
const schema = defineSchema({ lists, todos });

const data: Record<string, Row[]> = {
  lists: [
    { id: "l1", name: "Home", parentId: null },
    { id: "l2", name: "Work", parentId: "l1" },
    { id: "l3", name: "Empty", parentId: "l1" },
  ],
  todos: [
    {
      id: "t1",
      listId: "l1",
      title: "Sweep",
      priority: 2,
      weight: 0.5,
      views: 1n,
      done: false,
      extra: null,
    },
    {
      id: "t2",
      listId: "l1",
      title: "sleep",
      priority: null,
      weight: 1,
      views: 2n,
      done: true,
      extra: null,
    },
    {
      id: "t3",
      listId: "l2",
      title: "Report",
      priority: 2,
      weight: 2,
      views: 3n,
      done: false,
      extra: { a: 1 },
    },
    {
      id: "t4",
      listId: null,
      title: "Lost",
      priority: 5,
      weight: 4,
      views: 4n,
      done: true,
      extra: null,
    },
  ],
};
const source: RowSource = { schema, rows: (name) => data[name] ?? [] };
const run = <R>(query: SelectQuery<R>) => evaluateSelect(query.ast, source) as R[];
const ids = (rows: readonly Record<string, unknown>[]) => rows.map((row) => row["id"]);

describe("joins", () => {
  it("keep pairs, and a left join keeps the rows without a partner", () => {
    const inner = select({ id: todos.id, list: lists.name })
      .from(todos)
      .innerJoin(lists, eq(lists.id, todos.listId));
    expect(run(inner)).toEqual([
      { id: "t1", list: "Home" },
      { id: "t2", list: "Home" },
      { id: "t3", list: "Work" },
    ]);
    const left = select({ id: todos.id, list: lists.name })
      .from(todos)
      .leftJoin(lists, eq(lists.id, todos.listId));
    expect(run(left).at(-1)).toEqual({ id: "t4", list: null });
  });

  it("without a projection give a row for each table, null where there is none", () => {
    const rows = run(select().from(lists).leftJoin(todos, eq(todos.listId, lists.id)));
    expect(rows.map((row) => [row.lists.id, row.todos?.id ?? null])).toEqual([
      ["l1", "t1"],
      ["l1", "t2"],
      ["l2", "t3"],
      ["l3", null],
    ]);
  });

  it("of a table with itself use an alias", () => {
    const parent = alias(lists, "parent");
    const rows = run(
      select({ name: lists.name, of: parent.name })
        .from(lists)
        .innerJoin(parent, eq(parent.id, lists.parentId)),
    );
    expect(rows).toEqual([
      { name: "Work", of: "Home" },
      { name: "Empty", of: "Home" },
    ]);
  });

  it("find a condition on the missing side unknown, and isNull true", () => {
    const query = select({ id: lists.id }).from(lists).leftJoin(todos, eq(todos.listId, lists.id));
    expect(ids(run(query.where(isNull(todos.id))))).toEqual(["l3"]);
    expect(ids(run(query.where(gt(todos.priority, 0))))).toEqual(["l1", "l2"]);
  });
});

describe("groups", () => {
  it("aggregate without nulls, and give the group of null like any other", () => {
    const rows = run(
      select({
        list: todos.listId,
        n: count(),
        set: count(todos.priority),
        total: sum(todos.priority),
        mean: avg(todos.priority),
      })
        .from(todos)
        .groupBy(todos.listId),
    );
    expect(rows).toEqual([
      { list: null, n: 1, set: 1, total: 5, mean: 5 },
      { list: "l1", n: 2, set: 1, total: 2, mean: 2 },
      { list: "l2", n: 1, set: 1, total: 2, mean: 2 },
    ]);
  });

  it("are filtered by having and ordered by aggregates", () => {
    const rows = run(
      select({ done: todos.done, n: count() })
        .from(todos)
        .groupBy(todos.done)
        .having(gt(count(), 1))
        .orderBy(desc(max(todos.weight))),
    );
    expect(rows).toEqual([
      { done: true, n: 2 },
      { done: false, n: 2 },
    ]);
  });

  it("are exactly one without groupBy, even of no rows", () => {
    const none = todos.title;
    const rows = run(
      select({ n: count(), low: min(none), total: sum(todos.views), mean: avg(todos.weight) })
        .from(todos)
        .where(eq(none, "?")),
    );
    expect(rows).toEqual([{ n: 0, low: null, total: null, mean: null }]);
  });

  it("count different values once", () => {
    expect(run(select({ n: countDistinct(todos.priority) }).from(todos))).toEqual([{ n: 2 }]);
  });

  it("add bigints as bigints and ints exactly, or fail with overflow", () => {
    expect(run(select({ total: sum(todos.views) }).from(todos))).toEqual([{ total: 10n }]);
    const big = {
      ...source,
      rows: () => [1, 2].map((n) => ({ id: `t${n}`, priority: Number.MAX_SAFE_INTEGER })),
    };
    const query = select({ total: sum(todos.priority) }).from(todos);
    expect(() => evaluateSelect(query.ast, big)).toThrow(
      expect.objectContaining({ code: "overflow" }),
    );
  });
});

describe("distinct and subqueries", () => {
  it("give each different row once", () => {
    expect(run(selectDistinct({ priority: todos.priority }).from(todos))).toEqual([
      { priority: null },
      { priority: 2 },
      { priority: 5 },
    ]);
  });

  it("read the rows of another query by colRef", () => {
    const perList = select({ list: todos.listId, n: count() }).from(todos).groupBy(todos.listId);
    const query = select({ list: colRef<string | null>("g", "list") })
      .fromSubquery(perList, "g")
      .where(gt(colRef<number>("g", "n"), 1));
    expect(run(query)).toEqual([{ list: "l1" }]);
  });

  it("are asked with exists, correlated and with offset", () => {
    const of = select().from(todos).where(eq(todos.listId, lists.id));
    expect(ids(run(select().from(lists).where(exists(of))))).toEqual(["l1", "l2"]);
    expect(
      ids(
        run(
          select()
            .from(lists)
            .where(exists(of.offset(1))),
        ),
      ),
    ).toEqual(["l1"]);
    expect(
      run(
        select()
          .from(lists)
          .where(exists(of.limit(0))),
      ),
    ).toEqual([]);
  });
});

describe("conditions", () => {
  it("fold A to Z in ilike only", () => {
    expect(ids(run(select().from(todos).where(ilike(todos.title, "S%P"))))).toEqual(["t1", "t2"]);
  });

  it("include both ends of between", () => {
    expect(
      ids(
        run(
          select()
            .from(todos)
            .where(between(todos.weight, 0.5, 2)),
        ),
      ),
    ).toEqual(["t1", "t2", "t3"]);
  });

  it("do not keep a null column in notInArray, unless the list is empty", () => {
    expect(
      ids(
        run(
          select()
            .from(todos)
            .where(notInArray(todos.priority, [5])),
        ),
      ),
    ).toEqual(["t1", "t3"]);
    expect(ids(run(select().from(todos).where(notInArray(todos.priority, []))))).toHaveLength(4);
  });
});

describe("relations", () => {
  const db = relationalDb(schema, { select: () => Promise.reject(new Error("not used")) });
  const find = <A, R>(query: RelationalQuery<A, R>) =>
    evaluateRelational(query.ast, (ast) => evaluateSelect(ast, source)) as R[];

  it("nest related rows, the limit counted for each parent", () => {
    const rows = find(
      db.lists.findMany({
        with: { todos: { orderBy: desc(todos.title), limit: 1, with: { list: true } } },
      }),
    );
    expect(
      rows.map((row) => [row.id, row.todos.map((todo) => [todo.id, todo.list?.name])]),
    ).toEqual([
      ["l1", [["t2", "Home"]]],
      ["l2", [["t3", "Work"]]],
      ["l3", []],
    ]);
  });

  it("are null where the ref is null", () => {
    const [row] = find(db.todos.findFirst({ where: eq(todos.id, "t4"), with: { list: true } }));
    expect(row?.list).toBeNull();
  });

  it("come with any number of parents, in lists that a database takes", () => {
    const many = Array.from({ length: 40_000 }, (_, at) => `list-${at}`);
    const large: RowSource = {
      schema,
      rows: (name) =>
        many.map((id) =>
          name === "lists" ? { id, name: id } : { id: `todo of ${id}`, listId: id, title: id },
        ),
    };
    let selects = 0;
    const { ast } = db.lists.findMany({ with: { todos: true } });
    const rows = evaluateRelational(ast, (query) => {
      selects++;
      return evaluateSelect(query, large);
    }) as { id: string; todos: { id: string }[] }[];
    expect(rows).toHaveLength(40_000);
    expect(rows.every(({ id, todos: [todo] }) => todo?.id === `todo of ${id}`)).toBe(true);
    // 40,000 ids of some ten characters.
    expect(selects).toBe(1 + 2);
  });

  it("refuse names that the schema does not have", () => {
    const query = () => db.lists.findMany({ with: { nope: true } as never });
    expect(query).toThrow('Table "lists" has no relation "nope". It has: todos.');
  });
});

describe("a wrong query is refused before it runs, with what to change", () => {
  const one = select().from(todos);
  const cases: [string, () => SelectQuery<unknown>][] = [
    ["table twice", () => one.innerJoin(todos, eq(todos.id, todos.id))],
    ["table that is not there", () => one.where(eq(lists.id, "x"))],
    ["aggregate in where", () => one.where(gt(count(), 1))],
    ["wrong type", () => one.where(eq(todos.title as never, 1 as never))],
    ["document compared", () => one.where(eq(todos.extra as never, "x" as never))],
    ["document sorted", () => one.orderBy(asc(todos.extra))],
    ["group without projection", () => one.groupBy(todos.listId)],
    ["column that is not grouped", () => select({ id: todos.id, n: count() }).from(todos)],
    [
      "order by what is not grouped",
      () => select({ n: count() }).from(todos).groupBy(todos.listId).orderBy(todos.title),
    ],
    [
      "having on what is not grouped",
      () => select({ n: count() }).from(todos).groupBy(todos.listId).having(eq(todos.title, "x")),
    ],
    [
      "distinct ordered by what it lacks",
      () => selectDistinct({ t: todos.title }).from(todos).orderBy(todos.priority),
    ],
    ["distinct documents", () => selectDistinct().from(todos)],
    [
      "subquery of whole rows",
      () =>
        select().fromSubquery(
          select().from(todos).innerJoin(lists, eq(lists.id, todos.listId)),
          "s",
        ),
    ],
    [
      "column that the subquery lacks",
      () => select({ x: colRef("s", "y") }).fromSubquery(one, "s"),
    ],
    ["row of another table", () => select({ list: lists }).from(todos)],
    ["real with bigint", () => one.where(eq(todos.weight as never, 5n as never))],
    ["like on a number", () => one.where(ilike(todos.priority as never, "%"))],
    ["order by a table that is not there", () => one.orderBy(lists.name)],
    ["nothing in order with in", () => one.where(inArray(todos.done as never, [1] as never))],
    [
      "too deep",
      () =>
        one.where(
          Array.from({ length: 80 }).reduce<ReturnType<typeof and>>((inner) => and(inner), and()),
        ),
    ],
  ];
  it.each(cases)("%s", (_name, query) => {
    let message = "";
    try {
      evaluateSelect(query().ast, source);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatchSnapshot();
    expect(message).not.toBe("");
  });
});
