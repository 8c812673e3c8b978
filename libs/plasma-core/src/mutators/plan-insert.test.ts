import { describe, expect, it } from "vitest";
import { eq } from "../query/expression.ts";
import { bigint, blob, id, int, text, timestamp } from "../schema/column.ts";
import { defineSchema } from "../schema/schema.ts";
import { table } from "../schema/table.ts";
import { memoryWorld } from "./memory-write-store.fixture.ts";

interface Ctx {
  readonly me: string;
}

const people = table(
  "people",
  {
    id: id(),
    email: text().nullable().unique(),
    badge: int().nullable().unique(),
    owner: text().default("ada"),
    note: text().default(""),
  },
  {
    auth: {
      read: (_ctx: Ctx, row) => row.note !== "hidden",
      write: (ctx: Ctx, row) => eq(row.owner, ctx.me),
    },
  },
);
const schema = defineSchema({ people });

const world = (me = "ada") =>
  memoryWorld(
    schema,
    {
      people: [
        { id: "1", email: "a@x", badge: 1 },
        { id: "2", email: "b@x", badge: 2, owner: "bob" },
        { id: "3", email: "c@x", badge: 3, note: "hidden" },
      ],
    },
    { me } satisfies Ctx,
  );

const CONFLICT = {
  code: "conflict",
  message: 'A row of "people" with one of these unique values exists already.',
};

describe("a unique value that is taken", () => {
  it.each([
    ["by a row in sight", { id: "4", email: "a@x" }],
    ["by a row of somebody else's", { id: "4", badge: 2 }],
    ["by a row out of sight", { id: "4", email: "c@x" }],
  ])("%s is a conflict that names neither row nor value", async (_by, row) => {
    const w = world();
    await expect(w.db.insert(people).values(row)).rejects.toMatchObject(CONFLICT);
    expect(w.judged).toEqual([]);
    expect(w.applied).toEqual([]);
  });

  it("by an earlier row of the same insert is one too", async () => {
    const w = world();
    const rows = [
      { id: "4", email: "d@x" },
      { id: "5", email: "d@x" },
    ];
    await expect(w.db.insert(people).values(rows)).rejects.toMatchObject(CONFLICT);
    expect(w.applied).toEqual([]);
  });

  it("null is never taken", async () => {
    const w = world();
    await expect(w.db.insert(people).values([{ id: "4" }, { id: "5" }])).resolves.toEqual({
      rowCount: 2,
    });
  });

  it("is free again once its row has gone or changed", async () => {
    const w = world();
    await w.db.update(people).set({ email: "z@x" }).where(eq(people.id, "1"));
    await w.db.insert(people).values({ id: "4", email: "a@x" });
    await w.db.delete(people).where(eq(people.id, "4"));
    await w.db.insert(people).values({ id: "5", email: "a@x" });
    expect(w.rows("people")["5"]).toMatchObject({ email: "a@x" });
  });

  it("means equal by value for every kind of column", async () => {
    const things = table("things", {
      id: id(),
      big: bigint().nullable().unique(),
      bytes: blob().nullable().unique(),
      moment: timestamp().nullable().unique(),
    });
    const w = memoryWorld(defineSchema({ things }), {
      things: [{ id: "1", big: 5n, bytes: new Uint8Array([1, 2]), moment: new Date(7) }],
    });
    for (const same of [{ big: 5n }, { bytes: new Uint8Array([1, 2]) }, { moment: new Date(7) }]) {
      await expect(w.db.insert(things).values({ id: "2", ...same })).rejects.toMatchObject({
        code: "conflict",
      });
    }
    const different = { big: 6n, bytes: new Uint8Array([1, 2, 0]), moment: new Date(8) };
    await w.db.insert(things).values({ id: "2", ...different });
  });
});

describe("onConflictDoNothing()", () => {
  it("leaves out the rows whose values are taken, and counts the others", async () => {
    const w = world();
    const rows = [
      { id: "1", note: "again" },
      { id: "4", email: "b@x" },
      { id: "5", email: "e@x" },
      { id: "6", email: "e@x" },
      { id: "7", badge: 3 },
    ];
    await expect(w.db.insert(people).values(rows).onConflictDoNothing()).resolves.toEqual({
      rowCount: 1,
    });
    expect(w.applied).toEqual(["+ people:5"]);
  });

  it("returns the rows that it did insert", async () => {
    const rows = [{ id: "1" }, { id: "5" }];
    const inserted = world().db.insert(people).values(rows).onConflictDoNothing().returning();
    expect((await inserted).map((row) => row.id)).toEqual(["5"]);
  });

  it("still refuses a row that is wrong, and one that may not be written", async () => {
    const { db } = world();
    await expect(
      db.insert(people).values({ id: "1", badge: 0.5 }).onConflictDoNothing(),
    ).rejects.toMatchObject({ code: "invalid-value" });
    await expect(
      db.insert(people).values({ id: "5", owner: "bob" }).onConflictDoNothing(),
    ).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("onConflictDoUpdate()", () => {
  it("inserts what is new, and changes what is there", async () => {
    const w = world();
    const written = await w.db
      .insert(people)
      .values([
        { id: "4", note: "new" },
        { id: "1", note: "not taken over" },
      ])
      .onConflictDoUpdate({ set: { note: "changed" } })
      .returning();
    expect(written).toMatchObject([
      { id: "4", note: "new", email: null },
      { id: "1", note: "changed", email: "a@x" },
    ]);
    expect(w.applied).toEqual(["+ people:4", "~ people:1"]);
  });

  it("finds the row by a unique column, whatever its id", async () => {
    const w = world();
    await w.db
      .insert(people)
      .values({ id: "4", email: "a@x", note: "x" })
      .onConflictDoUpdate({ target: people.email, set: { badge: 10 } });
    expect(w.applied).toEqual(["~ people:1"]);
    expect(w.rows("people")["1"]).toMatchObject({ id: "1", note: "", badge: 10 });
  });

  it("finds it by any of several columns, if they agree", async () => {
    const target = [people.email, people.badge];
    const upsert = (values: { id: string; email: string; badge: number }) =>
      world()
        .db.insert(people)
        .values(values)
        .onConflictDoUpdate({ target, set: { note: "x" } });
    await expect(upsert({ id: "4", email: "a@x", badge: 9 })).resolves.toEqual({ rowCount: 1 });
    await expect(upsert({ id: "4", email: "n@x", badge: 1 })).resolves.toEqual({ rowCount: 1 });
    await expect(upsert({ id: "4", email: "a@x", badge: 1 })).resolves.toEqual({ rowCount: 1 });
    await expect(upsert({ id: "4", email: "a@x", badge: 2 })).rejects.toMatchObject(CONFLICT);
  });

  it("is a conflict when another column than the target is taken", async () => {
    const upsert = world()
      .db.insert(people)
      .values({ id: "4", email: "a@x" })
      .onConflictDoUpdate({ set: { note: "x" } });
    await expect(upsert).rejects.toMatchObject(CONFLICT);
  });

  it("does not ask about the other columns of a row that is not inserted", async () => {
    const w = world();
    await w.db
      .insert(people)
      .values({ id: "1", email: "b@x" })
      .onConflictDoUpdate({ set: { note: "x" } });
    expect(w.rows("people")["1"]).toMatchObject({ email: "a@x", note: "x" });
  });

  it.each([
    ["may read but not write", { id: "2" }],
    ["may write but not read", { id: "3" }],
  ])("of a row that the person %s is the same conflict", async (_what, values) => {
    const w = world();
    const upsert = w.db
      .insert(people)
      .values(values)
      .onConflictDoUpdate({ set: { note: "x" } });
    await expect(upsert).rejects.toMatchObject(CONFLICT);
    expect(w.applied).toEqual([]);
  });

  it("is judged on the row as it becomes", async () => {
    const upsert = world()
      .db.insert(people)
      .values({ id: "1" })
      .onConflictDoUpdate({ set: { owner: "bob" } });
    await expect(upsert).rejects.toMatchObject({ code: "forbidden" });
  });

  it("meets each row once: two rows of an insert for one are a conflict", async () => {
    const w = world();
    for (const rows of [
      [{ id: "1" }, { id: "1" }],
      [{ id: "4" }, { id: "4" }],
    ]) {
      const upsert = w.db
        .insert(people)
        .values(rows)
        .onConflictDoUpdate({ set: { note: "x" } });
      await expect(upsert).rejects.toMatchObject(CONFLICT);
    }
    expect(w.applied).toEqual([]);
  });

  it("with a wrong set is an error also when nothing is taken", async () => {
    const upsert = world()
      .db.insert(people)
      .values({ id: "4" })
      .onConflictDoUpdate({ set: { badge: 0.5 } });
    await expect(upsert).rejects.toMatchObject({ code: "invalid-value" });
  });

  it("cannot change the id", async () => {
    const { db } = world();
    const upsert = db
      .insert(people)
      .values({ id: "1" })
      .onConflictDoUpdate({ set: { id: "9" } as object });
    await expect(upsert).rejects.toThrow("cannot change");
  });
});
