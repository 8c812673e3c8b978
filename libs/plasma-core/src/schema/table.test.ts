import { describe, expect, it } from "vitest";
import { PlasmaDefinitionError } from "../errors.ts";
import { id, int, json, ref, text, timestamp } from "./column.ts";
import type { AnyColumn, ColumnRecord } from "./column.ts";
import { completeRow } from "./row.ts";
import { alias, isTable, table, tableInfo } from "./table.ts";
import type { TableOptions } from "./table-options.ts";

const lists = table("lists", { id: id(), name: text() });

/** What a declaration is refused with. `as never`: most of these do not compile either. */
function refusal(name: string, columns: unknown, options?: unknown): string {
  try {
    table(name, columns as ColumnRecord, options as TableOptions);
  } catch (error) {
    expect(error).toBeInstanceOf(PlasmaDefinitionError);
    return (error as Error).message;
  }
  return "accepted";
}

describe("table()", () => {
  it("gives its columns as properties, bound to the table and their name", () => {
    expect(lists.name).toMatchObject({
      table: "lists",
      alias: "lists",
      name: "name",
      kind: "text",
    });
    expect(tableInfo(lists)).toMatchObject({
      name: "lists",
      alias: "lists",
      columnNames: ["id", "name"],
    });
  });

  it("leaves the columns it was given unbound, so that one can serve several tables", () => {
    const shared = text().unique();
    const one = table("one", { id: id(), shared });
    const two = table("two", { id: id(), shared });
    expect(shared.table).toBe("");
    expect([one.shared.table, two.shared.table]).toEqual(["one", "two"]);
    expect(two.shared.isUnique).toBe(true);
  });

  it("cannot be changed afterwards", () => {
    const info = tableInfo(lists);
    expect([lists, info, info.columns, info.columnNames].every(Object.isFrozen)).toBe(true);
  });

  it("keeps its columns in an object without a prototype", () => {
    expect(Object.getPrototypeOf(tableInfo(lists).columns)).toBeNull();
    expect("toString" in tableInfo(lists).columns).toBe(false);
  });

  it.each([null, undefined, {}, "lists", lists.id])(
    "isTable() is false for anything else (%#)",
    (value) => {
      expect(isTable(value)).toBe(false);
    },
  );

  const key = id();
  const refused: Record<string, [name: string, columns: unknown, options?: unknown]> = {
    "no id": ["t", { title: text() }],
    "an id that is not an id()": ["t", { id: text() }],
    "a second id": ["t", { id: key, other: id() }],
    "a column that is none": ["t", { id: key, title: "text" }],
    "an empty name": ["", { id: key }],
    "a name with a blank": ["my table", { id: key }],
    "a name with a quote": ['t"; drop table x; --', { id: key }],
    "a name that begins with an underscore": ["_plasma_changes", { id: key }],
    "a name of 64 characters": ["t".repeat(64), { id: key }],
    "a name that SQLite keeps": ["sqlite_sequence", { id: key }],
    "a name that objects have": ["constructor", { id: key }],
    "a column named __proto__": ["t", { id: key, ["__proto__"]: text() }],
    "a column that objects have": ["t", { id: key, toString: text() }],
    "a column named prototype": ["t", { id: key, prototype: text() }],
    "columns that differ in case only": ["t", { id: key, listId: text(), listID: text() }],
    "an index over no such column": ["t", { id: key }, { indexes: [["title"]] }],
    "an index over something of the prototype": ["t", { id: key }, { indexes: [["toString"]] }],
    "an empty index": ["t", { id: key }, { indexes: [[]] }],
    "an index that names a column twice": ["t", { id: key }, { indexes: [["id", "id"]] }],
    "a rule that is undefined": ["t", { id: key }, { auth: { read: undefined } }],
    "a rule that is no function": ["t", { id: key }, { auth: { write: true } }],
    "a rule of an unknown name": ["t", { id: key }, { auth: { reads: () => true } }],
    "rules that are no object": ["t", { id: key }, { auth: () => true }],
    "a default of the wrong type": ["t", { id: key, size: int().default("big" as never) }],
    "a default that is not finite": ["t", { id: key, size: int().default(Number.NaN) }],
    "a default outside its enum": [
      "t",
      { id: key, size: text({ enum: ["s"] }).default("m" as "s") },
    ],
    "a unique document": ["t", { id: key, extra: json().unique() }],
    "a unique encrypted column": ["t", { id: key, secret: text().encrypted().unique() }],
    "an index over a document": ["t", { id: key, extra: json() }, { indexes: [["extra"]] }],
    "an index over an encrypted column": [
      "t",
      { id: key, secret: text().encrypted() },
      { indexes: [["id", "secret"]] },
    ],
    "an index that is no list": ["t", { id: key }, { indexes: ["id"] }],
    "a resolver that is no function": ["t", { id: key }, { resolveConflict: "lww" }],
    "a suppressed log that is no boolean": ["t", { id: key }, { changeLogSuppressed: "yes" }],
    "a resolver of what nobody else changes": [
      "t",
      { id: key },
      { changeLogSuppressed: true, resolveConflict: () => null },
    ],
    "a storage that is a bare name": ["t", { id: key }, { blobs: "archive" }],
    "an option that does not exist": ["t", { id: key }, { index: [["id"]] }],
  };

  it("refuses, and says what to change", () => {
    const messages = Object.entries(refused).map(([what, declaration]) => [
      what,
      refusal(...declaration),
    ]);
    expect(Object.fromEntries(messages)).toMatchInlineSnapshot(`
      {
        "a column named __proto__": ""__proto__" cannot be the name of a column of table "t". Use a letter followed by up to 62 letters, digits or underscores.",
        "a column named prototype": ""prototype" cannot be the name of a column of table "t": JavaScript uses that name itself. Choose another one.",
        "a column that is none": "Column "t.title" is not a column. Use text(), int(), ref() and so on.",
        "a column that objects have": ""toString" cannot be the name of a column of table "t": JavaScript uses that name itself. Choose another one.",
        "a default of the wrong type": "The default of "t.size" does not fit its column. "t.size" must be a safe integer, but it was given text of 3 characters.",
        "a default outside its enum": "The default of "t.size" does not fit its column. "t.size" must be one of: s, but it was given text of 1 character.",
        "a default that is not finite": "The default of "t.size" does not fit its column. "t.size" must be a safe integer, but it was given NaN.",
        "a name of 64 characters": ""tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt" cannot be the name of a table. Use a letter followed by up to 62 letters, digits or underscores.",
        "a name that SQLite keeps": ""sqlite_sequence" cannot be the name of a table: SQLite keeps names that begin with "sqlite_" for itself.",
        "a name that begins with an underscore": ""_plasma_changes" cannot be the name of a table. Use a letter followed by up to 62 letters, digits or underscores.",
        "a name that objects have": ""constructor" cannot be the name of a table: JavaScript uses that name itself. Choose another one.",
        "a name with a blank": ""my table" cannot be the name of a table. Use a letter followed by up to 62 letters, digits or underscores.",
        "a name with a quote": ""t"; drop table x; --" cannot be the name of a table. Use a letter followed by up to 62 letters, digits or underscores.",
        "a resolver of what nobody else changes": "Table "t" stays on the device (changeLogSuppressed), so nobody else changes its rows. Take resolveConflict out.",
        "a resolver that is no function": "resolveConflict of table "t" must be a function: ({ base, current, incoming, ctx }) => row.",
        "a rule of an unknown name": "auth.reads of table "t" is not a rule. Write { read: (ctx, row) => …, write: (ctx, row) => … }, and leave out what has no rule.",
        "a rule that is no function": "auth.write of table "t" is not a rule. Write { read: (ctx, row) => …, write: (ctx, row) => … }, and leave out what has no rule.",
        "a rule that is undefined": "auth.read of table "t" is not a rule. Write { read: (ctx, row) => …, write: (ctx, row) => … }, and leave out what has no rule.",
        "a second id": "Table "t" has a second primary key, "other". Keep \`id: id()\` only, and use ref() or text() for "other".",
        "a storage that is a bare name": "blobs of table "t" must be made by storageRef("name").",
        "a suppressed log that is no boolean": "changeLogSuppressed of table "t" must be true or false.",
        "a unique document": ""t.extra" is unique, but a document cannot be compared. Put what has to be compared into a column of its own.",
        "a unique encrypted column": ""t.secret" is unique, but an encrypted value cannot be compared. Put what has to be compared into a column of its own.",
        "an empty index": "An index of table "t" must name at least one column, and each column once: [].",
        "an empty name": """ cannot be the name of a table. Use a letter followed by up to 62 letters, digits or underscores.",
        "an id that is not an id()": "Table "t" has no primary key. Add \`id: id()\` to its columns.",
        "an index over a document": "An index of table "t" names "extra", but a document cannot be compared. Put what has to be compared into a column of its own.",
        "an index over an encrypted column": "An index of table "t" names "secret", but an encrypted value cannot be compared. Put what has to be compared into a column of its own.",
        "an index over no such column": "An index of table "t" names "title", which is not one of its columns.",
        "an index over something of the prototype": "An index of table "t" names "toString", which is not one of its columns.",
        "an index that is no list": "indexes of table "t" must be a list of column lists: [["listId", "position"]].",
        "an index that names a column twice": "An index of table "t" must name at least one column, and each column once: [id, id].",
        "an option that does not exist": "Table "t" has an option "index", which does not exist. There are: auth, indexes, resolveConflict, changeLogSuppressed, blobs.",
        "columns that differ in case only": ""listId" and "listID" cannot both be names of columns of table "t": SQL does not tell upper case from lower. Rename one of them.",
        "no id": "Table "t" has no primary key. Add \`id: id()\` to its columns.",
        "rules that are no object": "The auth of table "t" must be an object: { read, write }.",
      }
    `);
  });

  it.each(["todos", "T", "a1_b2", "t".repeat(63), "then", "select", "order"])(
    "takes the name %s",
    (name) => {
      expect(refusal(name, { id: id(), [name]: text() })).toBe("accepted");
    },
  );

  it("refuses before it has called a rule", () => {
    const calls: unknown[] = [];
    table("t", { id: id() }, { auth: { read: (...args) => calls.push(args) > 0 } });
    expect(calls).toEqual([]);
  });
});

describe("a default", () => {
  it("is copied when the table is declared, and again for each row", () => {
    const tags = ["new"];
    const since = new Date(5);
    const t = table("t", {
      id: id(),
      tags: json<string[]>().default(tags),
      since: timestamp().default(since),
    });
    tags.push("changed");
    since.setTime(9);
    const one = completeRow(tableInfo(t), { id: "1" });
    const two = completeRow(tableInfo(t), { id: "2" });
    expect(one).toEqual({ id: "1", tags: ["new"], since: new Date(5) });
    expect(one["since"]).not.toBe(two["since"]);
  });

  it("may be null, false, 0 or empty", () => {
    const t = table("t", { id: id(), size: int().default(0), note: text().default("") });
    expect(completeRow(tableInfo(t), { id: "1" })).toEqual({ id: "1", size: 0, note: "" });
  });
});

describe("alias()", () => {
  const parents = alias(lists, "parents");

  it("is the same table under another name", () => {
    expect(tableInfo(parents)).toMatchObject({ name: "lists", alias: "parents" });
    expect(parents.name).toMatchObject({ table: "lists", alias: "parents", name: "name" });
  });

  it("leaves the table as it was", () => {
    expect(lists.name.alias).toBe("lists");
  });

  it("of an alias is again an alias of the table", () => {
    expect(tableInfo(alias(parents, "other"))).toMatchObject({ name: "lists", alias: "other" });
  });

  it("keeps references, defaults and enums", () => {
    const t = table("t", {
      id: id(),
      listId: ref(() => lists.id, { onDelete: "cascade" }),
      size: text({ enum: ["s", "m"] }).default("s"),
    });
    const other: Record<string, AnyColumn> = alias(t, "o");
    expect(other["listId"]?.reference?.onDelete).toBe("cascade");
    expect(other["size"]).toMatchObject({ defaultValue: "s", enumValues: ["s", "m"] });
  });

  it.each(["", "$row", "a b", "toString", "sqlite_x"])("refuses the name %j", (name) => {
    expect(() => alias(lists, name)).toThrow(`"${name}" cannot be the name of a table alias`);
  });
});
