import { describe, expect, it } from "vitest";
import { PlasmaError } from "../errors.ts";
import type { Condition } from "../query/ast.ts";
import { and, eq, exists, gt, inArray } from "../query/expression.ts";
import { select } from "../query/select.ts";
import { bigint, boolean, id, int, json, real, ref, text, timestamp } from "../schema/column.ts";
import type { AnyColumn } from "../schema/column.ts";
import { defineSchema } from "../schema/schema.ts";
import { alias, table } from "../schema/table.ts";
import type { InferInsertRow } from "../schema/table.ts";
import { executeWrite, MAX_WRITE_ROWS } from "./execute-write.ts";
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

describe("increment", () => {
  const numbers = table("numbers", {
    id: id(),
    whole: int().default(0),
    big: bigint().default(0n),
    part: real().nullable(),
    label: text().default(""),
    when: timestamp().nullable(),
  });
  const counting = defineSchema({ numbers });
  const counters = (row: InferInsertRow<typeof numbers>) =>
    memoryWorld(counting, { numbers: [row, { id: "other" }] });
  const one = eq(numbers.id, "1");

  it("adds to int, bigint and real columns of the rows it finds", async () => {
    const world = counters({ id: "1", whole: 2, big: 2n ** 62n, part: 0.5 });
    await expect(world.db.increment(numbers.whole, -5).where(one)).resolves.toEqual({
      rowCount: 1,
    });
    await world.db.increment(numbers.big, 1n).where(one);
    await world.db.increment(numbers.part, 0.25).where(one);
    expect(world.rows("numbers")).toMatchObject({
      "1": { whole: -3, big: 2n ** 62n + 1n, part: 0.75 },
      other: { whole: 0, big: 0n, part: null },
    });
  });

  it("leaves null as it is, and counts its row", async () => {
    const world = counters({ id: "1" });
    await expect(world.db.increment(numbers.part, 1)).resolves.toEqual({ rowCount: 2 });
    expect(world.rows("numbers")["1"]).toMatchObject({ part: null });
  });

  it("without a row changes nothing", async () => {
    const world = counters({ id: "1" });
    await expect(world.db.increment(numbers.whole, 1).where(eq(numbers.id, "9"))).resolves.toEqual({
      rowCount: 0,
    });
  });

  it.each([
    ["whole", Number.MAX_SAFE_INTEGER, 1],
    ["whole", -Number.MAX_SAFE_INTEGER, -1],
    ["big", 2n ** 63n - 1n, 1n],
    ["big", -(2n ** 63n), -1n],
    ["part", Number.MAX_VALUE, Number.MAX_VALUE],
  ] as const)("of %s beyond its range is an overflow", async (column, value, delta) => {
    const world = counters({ id: "1", [column]: value });
    await expect(
      world.db.increment(numbers[column] as typeof numbers.whole, delta as number),
    ).rejects.toMatchObject({ code: "overflow" });
    expect(world.applied).toEqual([]);
  });

  it.each(["label", "when", "id"] as const)("of %s is a typed error", async (column) => {
    const { db } = counters({ id: "1" });
    await expect(
      db.increment(numbers[column] as never, 1 as never).where(eq(numbers.id, "9")),
    ).rejects.toMatchObject({ code: "type-mismatch" });
  });

  it.each([0.5, Number.NaN, "1", 1n, null, undefined])("by %s is a typed error", async (delta) => {
    const { db } = counters({ id: "1" });
    const none = eq(numbers.id, "9");
    await expect(db.increment(numbers.whole, delta as number).where(none)).rejects.toMatchObject({
      code: "invalid-value",
    });
    if (delta === 0.5) return;
    await expect(db.increment(numbers.part, delta as number).where(none)).rejects.toMatchObject({
      code: "invalid-value",
    });
  });
});

describe("returning()", () => {
  it("gives the rows of an insert in their order, defaults filled in", async () => {
    const rows = await plain()
      .db.insert(notes)
      .values([
        { id: "9", title: "x" },
        { id: "4", title: "y" },
      ])
      .returning();
    expect(rows).toMatchObject([
      { id: "9", title: "x", done: false, rank: null },
      { id: "4", title: "y" },
    ]);
  });

  it("gives what an update and an increment left, by id", async () => {
    const { db } = plain();
    expect(await db.update(notes).set({ done: true }).where(gt(notes.rank, 0)).returning()).toEqual(
      [
        { id: "1", title: "a", done: true, rank: 1, extra: null },
        { id: "2", title: "b", done: true, rank: 2, extra: null },
      ],
    );
    const incremented = await db.increment(notes.rank, 10).where(eq(notes.id, "2")).returning();
    expect(incremented.map((row) => row.rank)).toEqual([12]);
  });

  it("gives the rows of a delete as they were, and not what went with them", async () => {
    const { db } = plain();
    const gone = await db
      .delete(notes)
      .where(inArray(notes.id, ["2", "1"]))
      .returning();
    expect(gone.map((row) => row.title)).toEqual(["a", "b"]);
  });

  it("gives no row where there was none", async () => {
    const { db } = plain();
    await expect(db.delete(notes).where(eq(notes.id, "9")).returning()).resolves.toEqual([]);
    await expect(db.insert(notes).values([]).returning()).resolves.toEqual([]);
  });

  it("leaves out what the writer may not read", async () => {
    const world = memoryWorld(schema, { lists: [{ id: "a", owner: "ada" }] }, { me: "ada" });
    const inserted = await world.db
      .insert(lists)
      .values([
        { id: "b", owner: "ada", secret: true },
        { id: "c", owner: "ada" },
      ])
      .returning();
    expect(inserted.map((row) => row.id)).toEqual(["c"]);
    const hide = world.db.update(lists).set({ secret: true });
    await expect(hide.where(eq(lists.id, "a")).returning()).resolves.toEqual([]);
    expect(world.rows("lists")).toMatchObject({ a: { secret: true }, b: { secret: true } });
  });
});

describe("a write of too many rows", () => {
  const many = Array.from({ length: MAX_WRITE_ROWS + 1 }, (_, at) => ({ id: `n${at}`, title: "" }));

  it("is refused as a whole", async () => {
    const world = plain();
    const write = world.db.insert(notes).values(many);
    await expect(write).rejects.toMatchObject({
      code: "write-too-large",
      message: `This write touches 10001 rows of "notes", and one write may touch 10000. Do it in several mutations.`,
    });
    expect(world.applied).toEqual([]);
  });

  it("is refused also when it finds that many", async () => {
    const world = memoryWorld(schema, { notes: many });
    for (const write of [
      world.db.update(notes).set({ done: true }),
      world.db.increment(notes.rank, 1),
      world.db.delete(notes),
    ]) {
      await expect(write).rejects.toMatchObject({ code: "write-too-large" });
    }
    expect(world.applied).toEqual([]);
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
    const write = executeWrite(schema, world.store, {
      kind: "delete",
      table: name,
      where: null,
      returning: false,
    });
    await expect(write).rejects.toBeInstanceOf(PlasmaError);
    await expect(write).rejects.toMatchObject({ code: "unknown-table" });
  });
});
