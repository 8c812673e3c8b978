import { describe, expect, it } from "vitest";
import { PlasmaError } from "../errors.ts";
import type { Condition } from "../query/ast.ts";
import { and, eq, exists, gt, inArray } from "../query/expression.ts";
import { select } from "../query/select.ts";
import { boolean, id, int, json, ref, text } from "../schema/column.ts";
import type { AnyColumn } from "../schema/column.ts";
import { defineSchema } from "../schema/schema.ts";
import { alias, table } from "../schema/table.ts";
import { executeWrite } from "./execute-write.ts";
import { memoryWorld } from "./memory-write-store.fixture.ts";

interface Ctx {
  readonly me: string;
}

const notes = table("notes", {
  id: id(),
  title: text(),
  done: boolean().default(false),
  rank: int().nullable(),
  extra: json().nullable(),
});
const lists = table(
  "lists",
  { id: id(), owner: text(), secret: boolean().default(false) },
  {
    auth: {
      read: (_ctx: Ctx, row) => eq(row.secret, false),
      write: (ctx: Ctx, row) => eq(row.owner, ctx.me),
    },
  },
);
const members = table(
  "members",
  { id: id(), listId: ref(() => lists.id), who: text() },
  {
    auth: {
      // Whoever is in a list may add others: the first one has to be there already.
      write: (ctx: Ctx, row): Condition => isMember(ctx, row.listId),
    },
  },
);
const mine = alias(members, "mine");

function isMember(ctx: Ctx, listId: AnyColumn): Condition {
  return exists(
    select()
      .from(mine)
      .where(and(eq(mine.listId, listId), eq(mine.who, ctx.me))),
  );
}

const schema = defineSchema({ notes, lists, members });

const plain = () =>
  memoryWorld(schema, {
    notes: [
      { id: "1", title: "a", rank: 1 },
      { id: "2", title: "b", rank: 2 },
      { id: "3", title: "c" },
    ],
  });

describe("insert", () => {
  it("fills in defaults and counts its rows", async () => {
    const world = plain();
    await expect(
      world.db.insert(notes).values([
        { id: "4", title: "d" },
        { id: "5", title: "e", done: true },
      ]),
    ).resolves.toEqual({ rowCount: 2 });
    expect(world.rows("notes")).toMatchObject({
      "4": { done: false, rank: null },
      "5": { done: true },
    });
    expect(world.applied).toEqual(["+ notes:4", "+ notes:5"]);
  });

  it("of no rows changes nothing", async () => {
    const world = plain();
    await expect(world.db.insert(notes).values([])).resolves.toEqual({ rowCount: 0 });
    expect(world.applied).toEqual([]);
  });

  it("keeps nothing of the caller's", async () => {
    const world = plain();
    const extra = { tags: ["a"] };
    await world.db.insert(notes).values({ id: "4", title: "d", extra });
    extra.tags.push("b");
    expect(world.rows("notes")["4"]?.["extra"]).toEqual({ tags: ["a"] });
  });

  it("of an id that is taken is a conflict that tells no value", async () => {
    const world = plain();
    await expect(world.db.insert(notes).values({ id: "1", title: "x" })).rejects.toMatchObject({
      code: "conflict",
      message: 'A row of "notes" with one of these unique values exists already.',
    });
    expect(world.rows("notes")["1"]).toMatchObject({ title: "a" });
  });

  it("of one id twice is a conflict, and neither row is kept", async () => {
    const world = plain();
    const twice = [
      { id: "4", title: "x" },
      { id: "4", title: "y" },
    ];
    await expect(world.db.insert(notes).values(twice)).rejects.toMatchObject({ code: "conflict" });
    expect(world.applied).toEqual([]);
  });

  it("of an id that only a hidden row has is the same conflict", async () => {
    const world = memoryWorld(
      schema,
      { lists: [{ id: "l", owner: "ada", secret: true }] },
      { me: "bob" },
    );
    await expect(world.db.select().from(lists)).resolves.toEqual([]);
    await expect(world.db.insert(lists).values({ id: "l", owner: "bob" })).rejects.toMatchObject({
      code: "conflict",
    });
  });

  it("side by side with another of the same id: one of them is a conflict", async () => {
    const world = plain();
    const results = await Promise.allSettled([
      world.db.insert(notes).values({ id: "4", title: "x" }),
      world.db.insert(notes).values({ id: "4", title: "y" }),
    ]);
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected"]);
    expect(world.rows("notes")["4"]).toMatchObject({ title: "x" });
  });

  it("is refused as a whole when a later row is wrong", async () => {
    const world = plain();
    const rows = [
      { id: "4", title: "x" },
      { id: "5", title: "", rank: 0.5 },
    ];
    await expect(world.db.insert(notes).values(rows)).rejects.toMatchObject({
      code: "invalid-value",
    });
    expect(world.applied).toEqual([]);
  });
});

describe("update", () => {
  it("changes the rows it finds, and only the columns it names", async () => {
    const world = plain();
    await expect(
      world.db.update(notes).set({ done: true }).where(gt(notes.rank, 1)),
    ).resolves.toEqual({ rowCount: 1 });
    expect(world.rows("notes")).toMatchObject({
      "1": { done: false },
      "2": { title: "b", done: true, rank: 2 },
    });
  });

  it("without a condition changes every row", async () => {
    const world = plain();
    await expect(world.db.update(notes).set({ rank: null })).resolves.toEqual({ rowCount: 3 });
  });

  it("that finds no row is no error and no upsert", async () => {
    const world = plain();
    await expect(
      world.db.update(notes).set({ title: "x" }).where(eq(notes.id, "9")),
    ).resolves.toEqual({ rowCount: 0 });
    expect(Object.keys(world.rows("notes"))).toEqual(["1", "2", "3"]);
  });

  it("with a wrong patch is an error also when it finds no row", async () => {
    const world = plain();
    const none = eq(notes.id, "9");
    await expect(world.db.update(notes).set({ rank: 0.5 }).where(none)).rejects.toMatchObject({
      code: "invalid-value",
    });
    await expect(
      world.db
        .update(notes)
        .set({ titel: "x" } as object)
        .where(none),
    ).rejects.toThrow('has no column "titel"');
  });

  it("leaves columns alone whose patch is undefined", async () => {
    const world = plain();
    await world.db
      .update(notes)
      .set({ title: undefined, rank: 9 } as object)
      .where(eq(notes.id, "1"));
    expect(world.rows("notes")["1"]).toMatchObject({ title: "a", rank: 9 });
  });

  it("may name the id it has, and no other", async () => {
    const world = plain();
    const where = eq(notes.id, "1");
    await expect(
      world.db
        .update(notes)
        .set({ id: "1", rank: 5 } as object)
        .where(where),
    ).resolves.toEqual({ rowCount: 1 });
    await expect(
      world.db
        .update(notes)
        .set({ id: "4" } as object)
        .where(where),
    ).rejects.toThrow("cannot change");
    expect(Object.keys(world.rows("notes"))).toEqual(["1", "2", "3"]);
  });

  it("gives each row a value of its own", async () => {
    const world = plain();
    await world.db
      .update(notes)
      .set({ extra: { a: 1 } })
      .where(inArray(notes.id, ["1", "2"]));
    const rows = world.rows("notes");
    expect(rows["1"]?.["extra"]).toEqual(rows["2"]?.["extra"]);
    expect(rows["1"]?.["extra"]).not.toBe(rows["2"]?.["extra"]);
  });

  it("reads what earlier writes of the same mutator wrote", async () => {
    const world = plain();
    await world.db.insert(notes).values({ id: "4", title: "d", rank: 9 });
    await world.db.update(notes).set({ rank: 10 }).where(eq(notes.rank, 9));
    const [row] = await world.db.select().from(notes).where(eq(notes.id, "4"));
    expect(row?.rank).toBe(10);
  });

  it("side by side with another of the same row: neither undoes the other", async () => {
    const world = plain();
    const where = eq(notes.id, "1");
    await Promise.all([
      world.db.update(notes).set({ title: "x" }).where(where),
      world.db.update(notes).set({ done: true }).where(where),
    ]);
    expect(world.rows("notes")["1"]).toMatchObject({ title: "x", done: true });
  });

  it("hands on the very row that was there as `before`", async () => {
    const world = plain();
    const before = world.rows("notes")["1"];
    await world.db.update(notes).set({ rank: 7 }).where(eq(notes.id, "1"));
    expect(world.changes[0]?.before).toBe(before);
  });
});

describe("delete", () => {
  it("removes the rows it finds", async () => {
    const world = plain();
    await expect(world.db.delete(notes).where(inArray(notes.id, ["1", "3", "9"]))).resolves.toEqual(
      { rowCount: 2 },
    );
    expect(Object.keys(world.rows("notes"))).toEqual(["2"]);
  });

  it("that finds no row is no error", async () => {
    const world = plain();
    await expect(world.db.delete(notes).where(eq(notes.id, "9"))).resolves.toEqual({ rowCount: 0 });
    expect(world.applied).toEqual([]);
  });

  it("makes the id free again", async () => {
    const world = plain();
    await world.db.delete(notes).where(eq(notes.id, "1"));
    await world.db.insert(notes).values({ id: "1", title: "again" });
    expect(world.rows("notes")["1"]).toMatchObject({ title: "again", rank: null });
  });
});

describe("who may write", () => {
  const shared = (me: string) =>
    memoryWorld(
      schema,
      {
        lists: [
          { id: "a", owner: "ada" },
          { id: "b", owner: "bob" },
          { id: "s", owner: "ada", secret: true },
        ],
        members: [{ id: "m1", listId: "a", who: "ada" }],
      },
      { me },
    );

  it("an insert is judged on the row that it makes", async () => {
    await expect(shared("ada").db.insert(lists).values({ id: "c", owner: "ada" })).resolves.toEqual(
      { rowCount: 1 },
    );
    await expect(
      shared("ada").db.insert(lists).values({ id: "c", owner: "bob" }),
    ).rejects.toMatchObject({ code: "forbidden" });
  });

  it.each([
    ["the row as it was: nobody takes what is not theirs", "bob", "a", "bob"],
    ["the row as it becomes: nobody gives away what they may not write", "ada", "a", "bob"],
  ])("an update is judged on %s", async (_what, me, list, owner) => {
    const world = shared(me);
    await expect(
      world.db.update(lists).set({ owner }).where(eq(lists.id, list)),
    ).rejects.toMatchObject({ code: "forbidden" });
    expect(world.applied).toEqual([]);
  });

  it("a delete is judged on the row as it was", async () => {
    await expect(shared("bob").db.delete(lists).where(eq(lists.id, "a"))).rejects.toMatchObject({
      code: "forbidden",
    });
  });

  it("a row that the person cannot see is not found, rather than forbidden", async () => {
    const world = shared("ada");
    const where = eq(lists.id, "s");
    await expect(world.db.update(lists).set({ secret: false }).where(where)).resolves.toEqual({
      rowCount: 0,
    });
    await expect(world.db.delete(lists).where(where)).resolves.toEqual({ rowCount: 0 });
    expect(world.judged).toEqual([]);
  });

  it("nothing is applied when a later row of the same write is refused", async () => {
    const world = shared("ada");
    await expect(world.db.update(lists).set({ secret: false })).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(
      world.db.insert(lists).values([
        { id: "c", owner: "ada" },
        { id: "d", owner: "bob" },
      ]),
    ).rejects.toMatchObject({ code: "forbidden" });
    await expect(world.db.delete(lists)).rejects.toMatchObject({ code: "forbidden" });
    expect(world.applied).toEqual([]);
  });

  it("a mutator that catches the refusal goes on with the rows as they were", async () => {
    const world = shared("ada");
    await world.db.delete(lists).then(undefined, () => undefined);
    await expect(world.db.select().from(lists)).resolves.toHaveLength(2);
  });

  it("a row cannot justify itself: joining a list needs someone who is in it already", async () => {
    const world = shared("bob");
    await expect(
      world.db.insert(members).values({ id: "m2", listId: "a", who: "bob" }),
    ).rejects.toMatchObject({ code: "forbidden" });
  });

  it("rows of one insert do not justify each other", async () => {
    const world = shared("bob");
    const rows = [
      { id: "m2", listId: "b", who: "bob" },
      { id: "m3", listId: "b", who: "eve" },
    ];
    await expect(world.db.insert(members).values(rows)).rejects.toMatchObject({
      code: "forbidden",
    });
    expect(world.applied).toEqual([]);
  });

  it("an earlier write of the same mutator does count", async () => {
    const world = shared("ada");
    await world.db.insert(members).values({ id: "m2", listId: "a", who: "bob" });
    const bob = world.as({ me: "bob" });
    await expect(
      bob.db.insert(members).values({ id: "m3", listId: "a", who: "eve" }),
    ).resolves.toEqual({ rowCount: 1 });
  });

  it("a row is judged before it goes, so that the last member may remove itself", async () => {
    const world = shared("ada");
    await expect(world.db.delete(members).where(eq(members.who, "ada"))).resolves.toEqual({
      rowCount: 1,
    });
  });

  it("the id is looked up before the rule is asked, and a conflict names no row", async () => {
    const world = shared("bob");
    await expect(world.db.insert(lists).values({ id: "s", owner: "bob" })).rejects.toMatchObject({
      code: "conflict",
    });
    expect(world.judged).toEqual([]);
  });
});

describe("a write to a table that is not in the schema", () => {
  it.each(["nope", "toString", "__proto__"])("%j is a typed error", async (name) => {
    const world = plain();
    const write = executeWrite(schema, world.store, { kind: "delete", table: name, where: null });
    await expect(write).rejects.toBeInstanceOf(PlasmaError);
    await expect(write).rejects.toMatchObject({ code: "unknown-table" });
  });
});
