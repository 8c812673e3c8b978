import {
  count,
  eq,
  evaluateSelect,
  exists,
  inArray,
  and,
  or,
  not,
  select,
  alias,
} from "@sh1n4ps/plasma-core";
import type { Row } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { lists, testSchema, todos } from "../testing/test-app.ts";
import { OptimisticRows } from "./optimistic-rows.ts";
import { layerOf, sameRow, selectRows, stack, tableRows } from "./rows.ts";
import type { Rows } from "./rows.ts";

const base = new Map([
  [
    "todos",
    new Map(["a", "b", "c"].map((id): [string, Row] => [id, { id, listId: "l", title: id }])),
  ],
]);

describe("rows in layers", () => {
  const rows = stack(
    tableRows(testSchema, base),
    layerOf([
      { table: "todos", id: "b", row: null },
      { table: "todos", id: "c", row: { id: "c", title: "C!" } },
      { table: "todos", id: "d", row: { id: "d", title: "D" } },
    ]),
  );

  it("hide what was deleted above, and show what was written above", () => {
    expect([...rows.rows("todos")].map((row) => row["title"])).toEqual(["a", "C!", "D"]);
    expect(rows.get("todos", "b")).toBeUndefined();
    expect(rows.get("todos", "c")).toEqual({ id: "c", title: "C!" });
    expect(rows.get("todos", "a")).toBe(base.get("todos")?.get("a"));
  });

  it("are empty for tables without rows", () => {
    expect([...rows.rows("lists")]).toEqual([]);
    expect(rows.get("lists", "x")).toBeUndefined();
  });
});

describe("a query that names its ids", () => {
  function counting(): { rows: Rows; scans: () => number } {
    let scans = 0;
    const inner = tableRows(testSchema, base);
    return {
      rows: { schema: testSchema, get: inner.get, rows: (table) => (scans++, inner.rows(table)) },
      scans: () => scans,
    };
  }
  const b = select().from(todos).where(eq(todos.id, "b")).ast;

  it("looks at those rows only", () => {
    for (const query of [
      b,
      select()
        .from(todos)
        .where(and(eq(todos.title, "b"), eq(todos.id, "b"))).ast,
      select()
        .from(todos)
        .where(inArray(todos.id, ["b", "b", "zz"])).ast,
    ]) {
      const { rows, scans } = counting();
      expect(selectRows(query, rows).map((row) => row["id"])).toEqual(["b"]);
      expect(scans()).toBe(0);
    }
  });

  it("gives the same as one that looks at all", () => {
    const other = alias(todos, "other");
    for (const where of [
      or(eq(todos.id, "b"), eq(todos.title, "c")),
      not(eq(todos.id, "b")),
      and(eq(todos.id, "b"), eq(todos.id, "c")),
      and(eq(todos.id, "a"), exists(select().from(other).where(eq(other.title, "c")))),
      and(eq(todos.id, "a"), exists(select().from(lists))),
      and(),
    ]) {
      const query = select().from(todos).where(where).ast;
      const { rows } = counting();
      expect(selectRows(query, rows)).toEqual(evaluateSelect(query, rows));
    }
  });

  it("gives the same as one that looks at all, when its groups are asked about the same table", () => {
    const other = alias(todos, "other");
    const query = select({ listId: todos.listId, n: count() })
      .from(todos)
      .where(eq(todos.id, "a"))
      .groupBy(todos.listId)
      .having(exists(select().from(other).where(eq(other.title, "c")))).ast;
    const { rows } = counting();
    expect(selectRows(query, rows)).toEqual([{ listId: "l", n: 1 }]);
  });
});

describe("sameRow", () => {
  it("compares dates, bytes, bigints and documents by value", () => {
    const make = () => ({
      d: new Date(5),
      b: new Uint8Array([1]),
      n: 5n,
      j: { x: [1, { y: null }] },
      z: null,
    });
    expect(sameRow(make(), make())).toBe(true);
    for (const change of [
      { d: new Date(6) },
      { b: new Uint8Array([2]) },
      { n: 6n },
      { j: { x: [1, { y: 0 }] } },
      { j: { x: [1] } },
      { j: { x: { 0: 1, 1: { y: null } } } },
      { z: 0 },
      { d: 5 },
    ]) {
      expect(sameRow(make(), { ...make(), ...change })).toBe(false);
    }
    expect(sameRow(make(), { ...make(), extra: 1 })).toBe(false);
    expect(sameRow(null, undefined)).toBe(true);
    expect(sameRow(null, make())).toBe(false);
  });
});

describe("optimistic rows", () => {
  const put = (id: string, title: string) => ({ table: "todos", id, row: { id, title } });

  it("tell the net change only, seen from outside", () => {
    const rows = new OptimisticRows(testSchema);
    rows.replace({
      clear: "nothing",
      patch: [put("a", "1"), put("b", "1")],
      pending: [[put("a", "2")]],
    });
    const changes = rows.replace({
      clear: "synced",
      patch: [put("a", "2"), put("c", "1")],
      pending: [[put("c", "2")], [{ table: "todos", id: "x", row: null }]],
    });
    expect(
      changes.map(({ id, before, after }) => [id, before?.["title"], after?.["title"]]),
    ).toEqual([
      ["b", "1", undefined],
      ["c", undefined, "2"],
    ]);
  });

  it("keep the object of a row whose values stay", () => {
    const rows = new OptimisticRows(testSchema);
    rows.add([put("a", "1")]);
    const optimistic = rows.rows.get("todos", "a");
    rows.replace({ clear: "nothing", patch: [put("a", "1")], pending: [] });
    expect(rows.rows.get("todos", "a")).toBe(optimistic);
    rows.add([put("a", "1")]);
    expect(rows.rows.get("todos", "a")).toBe(optimistic);
    rows.replace({ clear: "synced", patch: [], pending: [[put("a", "1")]] });
    expect(rows.rows.get("todos", "a")).toBe(optimistic);
  });
});
