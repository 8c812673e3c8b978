/** What the facade has to have in common with D1, asked through the executor that the server uses there. */

import Database from "better-sqlite3";
import { fromD1 } from "@sh1n4ps/plasma-server";
import { expect, it } from "vitest";
import { d1Over } from "./d1-facade.ts";

function open() {
  const database = new Database(":memory:");
  database.exec("CREATE TABLE notes (id TEXT PRIMARY KEY, size INTEGER)");
  const d1 = d1Over(database);
  return { database, d1, executor: fromD1(d1) };
}

const insert = (id: string) => ({
  text: "INSERT INTO notes (id, size) VALUES (?, ?)",
  params: [id, 1],
});
const ALL = { text: "SELECT id, size FROM notes ORDER BY id", params: [] };

it("gives rows and counts what was written", async () => {
  const { executor } = open();
  expect(await executor.run(insert("a"))).toEqual({ changes: 1 });
  expect(await executor.all(ALL)).toEqual([{ id: "a", size: 1 }]);
  expect(await executor.batch([insert("b"), ALL])).toEqual([
    [],
    [
      { id: "a", size: 1 },
      { id: "b", size: 1 },
    ],
  ]);
});

it("a batch is all or nothing, and its error is a message alone", async () => {
  const { executor } = open();
  await expect(executor.batch([insert("a"), insert("a")])).rejects.toThrow(
    "D1_ERROR: UNIQUE constraint failed: notes.id: SQLITE_CONSTRAINT",
  );
  expect(await executor.all(ALL)).toEqual([]);
});

it("binds at most 100 parameters, and the executor has them travel as one", async () => {
  const { d1, executor } = open();
  const params = Array.from({ length: 101 }, (_, at) => at);
  const text = `SELECT ${params.map(() => "?").join(" + ")} AS total`;
  await expect(
    d1
      .prepare(text)
      .bind(...params)
      .all(),
  ).rejects.toThrow("too many SQL variables");
  expect(await executor.all({ text, params })).toEqual([{ total: 5050 }]);
});

it("takes no value of more than 2 MB, and no statement of more than 100 kB", async () => {
  const { executor } = open();
  const value = { text: "SELECT length(?)", params: ["x".repeat(2_000_001)] };
  await expect(executor.all(value)).rejects.toThrow("string or blob too big");
  const text = `SELECT '${"x".repeat(100_000)}'`;
  await expect(executor.all({ text, params: [] })).rejects.toThrow("statement too long");
});

it("binds nothing but text, numbers and null", () => {
  const { d1 } = open();
  expect(() => d1.prepare("SELECT ?").bind(1n)).toThrow("D1_TYPE_ERROR");
});
