import { describe, expect, it } from "vitest";
import { PlasmaValidationError } from "../errors.ts";
import { boolean, id, int, json, text, timestamp } from "./column.ts";
import { checkPatch, completeRow, MAX_INDEX_ENTRY_SIZE, MAX_ROW_SIZE, patchRow } from "./row.ts";
import { table, tableInfo } from "./table.ts";
import type { Row } from "./table.ts";

const todos = tableInfo(
  table("todos", {
    id: id(),
    title: text(),
    done: boolean().default(false),
    due: timestamp().nullable(),
    note: text().nullable().default("none"),
    extra: json().nullable(),
  }),
);

describe("completeRow()", () => {
  it("fills in defaults and nulls, in the order of the columns", () => {
    const row = completeRow(todos, { title: "x", id: "1" });
    expect(row).toEqual({ id: "1", title: "x", done: false, due: null, note: "none", extra: null });
    expect(Object.keys(row)).toEqual(todos.columnNames);
  });

  it("takes undefined for left out, and null for null", () => {
    expect(completeRow(todos, { id: "1", title: "x", done: undefined, note: null })).toMatchObject({
      done: false,
      note: null,
    });
  });

  it.each<[string, unknown, string]>([
    [
      "a missing column",
      { id: "1" },
      '"todos.title" is missing. Give it a value, or a .default().',
    ],
    ["a missing id", { title: "x" }, '"todos.id" is missing. Give it a value, or a .default().'],
    [
      "null for what is not nullable",
      { id: "1", title: null },
      '"todos.title" is not nullable, but it was given null.',
    ],
    [
      "null where there is a default",
      { id: "1", title: "x", done: null },
      '"todos.done" is not nullable, but it was given null.',
    ],
    [
      "an unknown column",
      { id: "1", title: "x", titel: "y" },
      'Table "todos" has no column "titel". It has: id, title, done, due, note, extra.',
    ],
    [
      "__proto__",
      JSON.parse('{"id":"1","title":"x","__proto__":{"done":true}}'),
      'Table "todos" has no column "__proto__".',
    ],
    ["no object", undefined, 'A row of "todos" must be an object, but it was given undefined.'],
    ["null", null, 'A row of "todos" must be an object, but it was given null.'],
    ["an array", [], 'A row of "todos" must be an object, but it was given an array.'],
    ["text", "row", 'A row of "todos" must be an object, but it was given text of 3 characters.'],
  ])("refuses %s", (_what, values, message) => {
    expect(() => completeRow(todos, values as Row)).toThrow(PlasmaValidationError);
    expect(() => completeRow(todos, values as Row)).toThrow(message);
  });

  it("reads own properties only, so that a polluted prototype cannot fill in values", () => {
    const values = Object.create({ title: "inherited" }) as Row;
    values["id"] = "1";
    expect(() => completeRow(todos, values)).toThrow('"todos.title" is missing');
  });

  it("shares nothing with what it was given, and cannot be changed", () => {
    const due = new Date(1);
    const extra = { tags: ["a"] };
    const values = { id: "1", title: "x", due, extra };
    const row = completeRow(todos, values);
    due.setTime(2);
    extra.tags.push("b");
    values.title = "y";
    expect(row).toMatchObject({ title: "x", due: new Date(1), extra: { tags: ["a"] } });
    expect(() => {
      row["title"] = "z";
    }).toThrow(TypeError);
  });

  it("refuses a row that is too large for the database, though each cell is not", () => {
    const big = tableInfo(table("big", { id: id(), a: text(), b: text(), n: int() }));
    const half = "x".repeat(MAX_ROW_SIZE / 2);
    expect(() => completeRow(big, { id: "1", a: half, b: half, n: 1 })).toThrow(
      `A row of "big" must be at most ${MAX_ROW_SIZE} bytes. Keep large things in files, or split the row.`,
    );
    const row = completeRow(big, { id: "1", a: half, b: "", n: 1 });
    expect(() => patchRow(big, row, { b: half })).toThrow("must be at most");
  });
});

describe("patchRow()", () => {
  const row = completeRow(todos, { id: "1", title: "x", extra: { a: 1 } });

  it("gives a new row and leaves the old one as it was", () => {
    const next = patchRow(todos, row, { title: "y", due: new Date(7) });
    expect(next).toEqual({ ...row, title: "y", due: new Date(7) });
    expect(row["title"]).toBe("x");
    expect(Object.isFrozen(next)).toBe(true);
  });

  it("keeps untouched values as the very same ones", () => {
    expect(patchRow(todos, row, { title: "y" })["extra"]).toBe(row["extra"]);
  });

  it("leaves a column as it is when its patch is undefined", () => {
    expect(patchRow(todos, row, { title: undefined, due: undefined })).toEqual(row);
    expect(patchRow(todos, row, {})).toEqual(row);
  });

  it("accepts the same id and refuses another", () => {
    expect(patchRow(todos, row, { id: "1" })).toEqual(row);
    expect(() => patchRow(todos, row, { id: "2" })).toThrow(
      'The id of a row of "todos" cannot change. Delete the row and insert a new one.',
    );
  });

  it.each<[string, Row, string]>([
    ["an unknown column", { titel: "y" }, 'Table "todos" has no column "titel".'],
    ["a prototype's name", { toString: "y" }, 'Table "todos" has no column "toString".'],
    ["null for what is not nullable", { title: null }, '"todos.title" is not nullable'],
    ["a wrong value", { done: 1 }, '"todos.done" must be true or false, but it was given 1.'],
  ])("refuses %s", (_what, patch, message) => {
    expect(() => patchRow(todos, row, patch)).toThrow(message);
    expect(() => checkPatch(todos, patch)).toThrow(message);
  });
});

describe("what an index holds of a row", () => {
  const pages = tableInfo(
    table(
      "pages",
      { id: id(), slug: text().unique(), title: text(), part: text(), body: text() },
      { indexes: [["title", "part"]] },
    ),
  );
  const page = { id: "1", slug: "s", title: "t", part: "p", body: "b" };
  const long = "x".repeat(MAX_INDEX_ENTRY_SIZE);

  it("is bounded, so that every database takes the row; what is in no index is not", () => {
    expect(completeRow(pages, { ...page, slug: long, body: long + long })).toBeDefined();
    expect(() => completeRow(pages, { ...page, slug: `${long}x` })).toThrow(
      '"pages.slug" must be at most 2000 bytes, because an index holds them. Shorten the value, or take the column out of the index.',
    );
    expect(() => completeRow(pages, { ...page, title: long })).toThrow(
      '"pages.title" and "pages.part" must be at most 2000 bytes together',
    );
    const row = completeRow(pages, page);
    expect(() => patchRow(pages, row, { slug: "é".repeat(1001) })).toThrow(PlasmaValidationError);
  });
});
