import { describe, expect, it } from "vitest";
import type { MutatorDb } from "../query/db.ts";
import { eq, gt } from "../query/expression.ts";
import { id, int, text } from "../schema/column.ts";
import { defineSchema } from "../schema/schema.ts";
import { table } from "../schema/table.ts";
import { memoryWorld } from "./memory-write-store.fixture.ts";
import { checkUnique } from "./unique.ts";

const seats = table("seats", {
  id: id(),
  name: text().nullable().unique(),
  place: int().nullable().unique(),
  note: text().default(""),
});
const schema = defineSchema({ seats });

/** The code with which a mutation is refused at its end, or null. */
async function mutation(run: (db: MutatorDb<typeof schema>) => PromiseLike<unknown>) {
  const { db, store, changes } = memoryWorld(schema, {
    seats: [
      { id: "1", name: "a", place: 1 },
      { id: "2", name: "b", place: 2 },
      { id: "3", name: "c", place: 3 },
    ],
  });
  await run(db);
  return checkUnique(schema, store, changes).then(
    () => null,
    (error: unknown) => (error as { code: string }).code,
  );
}

const rename = (db: MutatorDb<typeof schema>, row: string, name: string | null) =>
  db.update(seats).set({ name }).where(eq(seats.id, row));

describe("a mutation", () => {
  it("may let two rows trade values", async () => {
    expect(
      await mutation(async (db) => {
        await rename(db, "1", "b");
        await rename(db, "2", "a");
      }),
    ).toBeNull();
  });

  it("may shift the values of many rows in one write", async () => {
    expect(await mutation((db) => db.increment(seats.place, 1))).toBeNull();
  });

  it.each([
    ["one row a value of another", (db) => rename(db, "1", "b")],
    ["two rows one value in one write", (db) => db.update(seats).set({ name: "x" })],
    [
      "a row a value beside one that moves by",
      (db) => db.increment(seats.place, 1).where(eq(seats.id, "1")),
    ],
    [
      "by upsert a value that is taken",
      (db) =>
        db
          .insert(seats)
          .values({ id: "1" })
          .onConflictDoUpdate({ set: { name: "c" } }),
    ],
  ] satisfies [string, (db: MutatorDb<typeof schema>) => PromiseLike<unknown>][])(
    "cannot leave behind %s",
    async (_what, run) => {
      expect(await mutation((db) => run(db as MutatorDb<typeof schema>))).toBe("conflict");
    },
  );

  it("may give several rows no value", async () => {
    expect(await mutation((db) => db.update(seats).set({ name: null }))).toBeNull();
  });

  it("is not asked about values that it did not change", async () => {
    const asked: string[] = [];
    const { db, store, changes } = memoryWorld(schema, { seats: [{ id: "1", name: "a" }] });
    await db.update(seats).set({ note: "x", name: "a" }).where(gt(seats.id, ""));
    await db.delete(seats);
    const rowsWith: typeof store.rowsWith = (name, column, values) => {
      asked.push(column);
      return store.rowsWith(name, column, values);
    };
    await checkUnique(schema, { rowsWith }, changes);
    expect(asked).toEqual([]);
  });

  it("finds at an insert that two rows have the value of its target", async () => {
    const upsert = mutation(async (db) => {
      await rename(db, "1", "b");
      await db
        .insert(seats)
        .values({ id: "9", name: "b" })
        .onConflictDoUpdate({ target: seats.name, set: { note: "x" } });
    });
    await expect(upsert).rejects.toMatchObject({ code: "conflict" });
  });
});
