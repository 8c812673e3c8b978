import { blob, completeRow, id, json, real, table, tableInfo, text } from "@sh1n4ps/plasma-core";
import type { Row } from "@sh1n4ps/plasma-core";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { sql } from "./fragment.ts";
import { fromBetterSqlite3 } from "./better-sqlite3.ts";
import { readColumns, rowFromSql } from "./row-codec.ts";
import { selectRows } from "./row-list.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";

const things = tableInfo(
  table("things", {
    id: id(),
    text: text().nullable(),
    real: real().nullable(),
    bytes: blob().nullable(),
    doc: json().nullable(),
  }),
);

const D1_LIMIT = 2_000_000;

async function through(rows: readonly Row[]): Promise<Row[]> {
  const complete = rows.map((row) => completeRow(things, row));
  const list = selectRows(things, complete, sqliteDialect);
  for (const param of list.params) {
    expect(Buffer.byteLength(String(param))).toBeLessThan(D1_LIMIT);
  }
  const database = new Database(":memory:");
  const statement = sql`SELECT ${readColumns(things, "row", sqliteDialect)} FROM (${list}) AS "row"`;
  const found = await fromBetterSqlite3(database).all(statement);
  database.close();
  const back = found.map((row) => rowFromSql(things, row));
  expect(back).toEqual(complete);
  return back;
}

const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => at % 256);

describe("rows in bulk", () => {
  it("none are none", async () => {
    expect(await through([])).toEqual([]);
  });

  it("small ones travel as one parameter", () => {
    const rows = Array.from({ length: 1000 }, (_, at) =>
      completeRow(things, { id: `${at}`, real: at / 3 }),
    );
    expect(selectRows(things, rows, sqliteDialect).params).toHaveLength(1);
  });

  it("more than a parameter holds travel in several, in order", async () => {
    const rows = Array.from({ length: 9 }, (_, at) => ({
      id: `${at}`,
      text: `${at}`.repeat(300_000),
      real: 0.1,
    }));
    await through(rows);
  });

  it.each([
    ["text that JSON makes six times as long", { text: "\u0001".repeat(900_000), real: 1 / 3 }],
    ["text beyond the BMP", { text: "\u{1f600}".repeat(250_000), doc: { a: [1] } }],
    ["bytes", { bytes: bytes(1_000_000), real: 5e-324 }],
    ["text and bytes", { text: "é".repeat(450_000), bytes: bytes(990_000) }],
    [
      "a document",
      {
        doc: { list: Array.from({ length: 30_000 }, (_, at) => `"${at}"`) },
        text: '"'.repeat(900_000),
      },
    ],
  ])("a row too large for a list binds its large cells by themselves: %s", async (_what, row) => {
    await through([{ id: "small" }, { id: "large", ...row }, { id: "after", text: "x" }]);
  });
});
