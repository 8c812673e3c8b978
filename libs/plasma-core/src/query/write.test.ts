import { describe, expect, it } from "vitest";
import { boolean, id, int, text } from "../schema/column.ts";
import { defineSchema } from "../schema/schema.ts";
import { alias, table } from "../schema/table.ts";
import { mutatorDb, readDb } from "./db.ts";
import { and, eq } from "./expression.ts";
import { writeMethods } from "./write.ts";
import type { WriteAst } from "./write-ast.ts";

const todos = table("todos", {
  id: id(),
  title: text(),
  done: boolean().default(false),
  code: text().nullable().unique(),
});
const lists = table("lists", { id: id(), rank: int() });
const schema = defineSchema({ todos, lists });

function recorder() {
  const written: WriteAst[] = [];
  const db = writeMethods({
    write: async (ast) => {
      written.push(ast);
      return { rowCount: written.length, rows: [{ id: ast.kind }] };
    },
  });
  return { written, db };
}

describe("a write", () => {
  it("is plain data", () => {
    const { db } = recorder();
    const where = eq(todos.id, "1");
    expect(db.insert(todos).values({ id: "1", title: "x" }).ast).toEqual({
      kind: "insert",
      table: "todos",
      rows: [{ id: "1", title: "x" }],
      onConflict: null,
      returning: false,
    });
    expect(db.insert(todos).values([]).ast).toMatchObject({ rows: [] });
    expect(db.update(todos).set({ title: "y" }).where(where).ast).toEqual({
      kind: "update",
      table: "todos",
      patch: { title: "y" },
      where,
      returning: false,
    });
    expect(db.increment(lists.rank, 2).where(eq(lists.id, "1")).returning().ast).toEqual({
      kind: "increment",
      table: "lists",
      column: "rank",
      delta: 2,
      where: eq(lists.id, "1"),
      returning: true,
    });
    const deletion = { kind: "delete", table: "todos", returning: false };
    expect(db.delete(todos).where(where).ast).toEqual({ ...deletion, where });
    expect(db.delete(todos).ast).toEqual({ ...deletion, where: null });
  });

  it("runs when it is awaited, and not before", async () => {
    const { db, written } = recorder();
    const query = db.insert(todos).values({ id: "1", title: "x" });
    await Promise.resolve();
    expect(written).toEqual([]);
    await expect(query).resolves.toEqual({ rowCount: 1 });
    expect(written).toEqual([query.ast]);
  });

  it("runs once, however often it is awaited", async () => {
    const { db, written } = recorder();
    const query = db.insert(todos).values({ id: "1", title: "x" });
    const results = await Promise.all([query, query, query]);
    expect([...results, await query]).toEqual(new Array(4).fill({ rowCount: 1 }));
    expect(written).toHaveLength(1);
  });

  it("gives its rows when it was asked for them, and their number otherwise", async () => {
    const { db, written } = recorder();
    const query = db.insert(todos).values({ id: "1", title: "x" }).returning();
    await expect(query).resolves.toEqual([{ id: "insert" }]);
    await expect(query).resolves.toEqual([{ id: "insert" }]);
    await expect(db.delete(todos).returning()).resolves.toEqual([{ id: "delete" }]);
    await expect(db.delete(todos)).resolves.toEqual({ rowCount: 3 });
    expect(written).toHaveLength(3);
  });

  it("says what becomes of a conflict", () => {
    const { db } = recorder();
    const values = { id: "1", title: "x" };
    const onConflict = (query: { ast: WriteAst }) =>
      query.ast.kind === "insert" && query.ast.onConflict;
    const insert = db.insert(todos).values(values);
    expect(onConflict(insert.onConflictDoNothing())).toEqual({ kind: "nothing" });
    const set = { title: "y" };
    expect(onConflict(insert.onConflictDoUpdate({ set }))).toEqual({
      kind: "update",
      target: ["id"],
      set,
    });
    expect(onConflict(insert.onConflictDoUpdate({ target: [todos.id, todos.code], set }))).toEqual({
      kind: "update",
      target: ["id", "code"],
      set,
    });
    expect(onConflict(insert)).toBeNull();
  });

  it("refuses a target that names no single row", () => {
    const { db } = recorder();
    const insert = db.insert(todos).values({ id: "1", title: "x" });
    const to = (target: unknown) => () =>
      insert.onConflictDoUpdate({ target: target as typeof todos.id, set: {} });
    expect(to(todos.title)).toThrow('cannot find a row by "todos.title", which is not unique');
    expect(to(lists.id)).toThrow('must be columns of "todos"');
    expect(to("code")).toThrow('must be columns of "todos"');
    expect(to([])).toThrow("The target of onConflictDoUpdate() is empty.");
  });

  it("refuses to add to what is no column of a table", () => {
    const { db } = recorder();
    const message = "increment() takes a column of a table: increment(todos.votes, 1).";
    expect(() => db.increment(int(), 1)).toThrow(message);
    expect(() => db.increment("rank" as never, 1 as never)).toThrow(message);
    expect(() => db.increment(alias(lists, "mine").rank, 1)).toThrow('"mine" is an alias.');
  });

  it("refuses what is no table", () => {
    const { db } = recorder();
    expect(() => db.insert("todos" as never)).toThrow(
      "insert() takes a table that was declared with table(), but was given text of 5 characters.",
    );
    expect(() => db.update(undefined as never)).toThrow("update() takes a table");
    expect(() => db.delete(todos.id as never)).toThrow("delete() takes a table");
  });

  it("is another write once it is narrowed", async () => {
    const { db, written } = recorder();
    const everything = db.delete(todos);
    await everything.where(eq(todos.id, "1"));
    await everything.where(eq(todos.id, "2"));
    expect(written.map((ast) => JSON.stringify(ast).includes('"1"'))).toEqual([true, false]);
    expect(everything.ast).toMatchObject({ where: null });
  });

  it.each([undefined, null, false, true, {}])(
    "where(%j) is refused: it must not mean every row",
    (condition) => {
      const { db } = recorder();
      for (const write of [db.delete(todos), db.update(todos).set({ title: "x" })]) {
        expect(() => write.where(condition as never)).toThrow(
          /^where\(\) (takes conditions|needs a condition here)/,
        );
      }
    },
  );

  it("refuses a condition about another table", () => {
    const { db } = recorder();
    expect(() => db.delete(todos).where(and(eq(todos.id, "1"), eq(lists.id, "1")))).toThrow(
      expect.objectContaining({ code: "unknown-table" }),
    );
  });

  it("refuses an alias", () => {
    const { db } = recorder();
    const mine = alias(todos, "mine");
    const message =
      '"mine" is an alias. Write to the table itself, "todos": aliases are for reading.';
    expect(() => db.insert(mine).values({ id: "1", title: "x" })).toThrow(message);
    expect(() => db.update(mine).set({ title: "x" })).toThrow(message);
    expect(() => db.delete(mine)).toThrow(message);
  });
});

describe("a mutator's db", () => {
  /** Each statement takes a turn of the event loop, the earlier ones longer. */
  function slowly() {
    const log: string[] = [];
    const run = async (name: string) => {
      log.push(`${name} begins`);
      for (let turn = log.length; turn < 9; turn++) await Promise.resolve();
      log.push(`${name} ends`);
    };
    const db = mutatorDb(schema, {
      select: async (query) => {
        await run(`select ${query.from.alias}`);
        return [];
      },
      write: async (write) => {
        await run(`${write.kind} ${write.table}`);
        if (write.kind === "delete") throw new Error("refused");
        return { rowCount: 0, rows: [] };
      },
    });
    return { db, log };
  }

  it("runs one statement after the other, also when they are awaited together", async () => {
    const { db, log } = slowly();
    await Promise.all([
      db.insert(todos).values({ id: "1", title: "x" }),
      db.select().from(lists),
      db.update(todos).set({ title: "y" }),
    ]);
    expect(log).toEqual([
      "insert todos begins",
      "insert todos ends",
      "select lists begins",
      "select lists ends",
      "update todos begins",
      "update todos ends",
    ]);
  });

  it("goes on after a statement that failed, and fails that one only", async () => {
    const { db, log } = slowly();
    const results = await Promise.allSettled([db.delete(todos), db.select().from(lists)]);
    expect(results.map((result) => result.status)).toEqual(["rejected", "fulfilled"]);
    expect(log.at(-1)).toBe("select lists ends");
  });

  it("lets a statement wait for another's rows", async () => {
    const { db, log } = slowly();
    await db
      .select()
      .from(lists)
      .then(() => db.update(lists).set({ rank: 1 }));
    expect(log.filter((line) => line.endsWith("ends"))).toEqual([
      "select lists ends",
      "update lists ends",
    ]);
  });

  it("cannot watch, and a reader cannot write", () => {
    const { db } = slowly();
    expect(() => db.select().from(todos).live()).toThrow(
      expect.objectContaining({ code: "not-live" }),
    );
    expect(Object.keys(readDb(schema, { select: async () => [] }))).toEqual([
      "select",
      "selectDistinct",
      "query",
    ]);
  });
});
