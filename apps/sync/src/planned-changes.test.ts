import { defineSchema, id, int, table, text } from "@sh1n4ps/plasma-core";
import { ensureSchema, fromBetterSqlite3 } from "@sh1n4ps/plasma-server";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { plannedChanges } from "./planned-changes.ts";

const before = defineSchema({ notes: table("notes", { id: id(), title: text() }) });
const wider = defineSchema({
  notes: table("notes", { id: id(), title: text(), weight: int().nullable() }),
  tags: table("tags", { id: id() }),
});
const other = defineSchema({ notes: table("notes", { id: id(), title: int() }) });

function open() {
  const database = new Database(":memory:");
  const read = (command: string) =>
    Promise.resolve(
      command.split(";\n").map((text) => database.prepare(text).all() as Record<string, unknown>[]),
    );
  return { executor: fromBetterSqlite3(database), read, database };
}

it("names what would be added, and adds nothing", async () => {
  const { read, executor, database } = open();
  expect(await plannedChanges(read, before)).toEqual(['table "notes"']);
  expect(database.prepare("SELECT count(*) FROM sqlite_master").pluck().get()).toBe(0);
  await ensureSchema({ schema: before, executor });
  expect(await plannedChanges(read, before)).toEqual([]);
  const added = await plannedChanges(read, wider);
  expect(added.sort()).toEqual(['column "notes"."weight"', 'table "tags"']);
});

it("refuses what takes a migration", async () => {
  const { read, executor } = open();
  await ensureSchema({ schema: before, executor });
  await expect(plannedChanges(read, other)).rejects.toMatchObject({ code: "migration-refused" });
});
