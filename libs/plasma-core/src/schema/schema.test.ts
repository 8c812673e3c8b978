import { describe, expect, it } from "vitest";
import { PlasmaDefinitionError, PlasmaError } from "../errors.ts";
import { id, ref, text } from "./column.ts";
import type { AnyColumn } from "./column.ts";
import { defineSchema, requireColumn, requireTable } from "./schema.ts";
import { alias, table } from "./table.ts";
import type { AnyTable } from "./table.ts";

const users = table("users", { id: id(), name: text() });
const posts = table("posts", {
  id: id(),
  authorId: ref(() => users.id, { onDelete: "cascade" }),
  editorId: ref(() => users.id, { onDelete: "setNull" }).nullable(),
  parentId: ref((): AnyColumn => posts.id).nullable(),
});
const drafts = table("drafts", { id: id() }, { changeLogSuppressed: true });

describe("defineSchema()", () => {
  const schema = defineSchema({ users, posts });

  it("knows its tables by name", () => {
    expect([...schema.byName.keys()]).toEqual(["users", "posts"]);
    expect(schema.tables.users).toBe(users);
    expect(Object.isFrozen(schema) && Object.isFrozen(schema.tables)).toBe(true);
  });

  it("knows for each table who refers to it, itself included", () => {
    expect(Object.fromEntries(schema.references)).toEqual({
      users: [
        { table: "posts", column: "authorId", isNullable: false, onDelete: "cascade" },
        { table: "posts", column: "editorId", isNullable: true, onDelete: "setNull" },
      ],
      posts: [{ table: "posts", column: "parentId", isNullable: true, onDelete: "restrict" }],
    });
  });

  it("lets tables refer to each other in any order", () => {
    const a: AnyTable & { id: AnyColumn } = table("a", { id: id(), b: ref(() => b.id) });
    const b: AnyTable & { id: AnyColumn } = table("b", { id: id(), a: ref(() => a.id) });
    const { references } = defineSchema({ a, b });
    expect(references.get("a")).toMatchObject([{ table: "b", column: "a" }]);
    expect(references.get("b")).toMatchObject([{ table: "a", column: "b" }]);
  });

  const key = () => id();
  const refused: Record<string, Record<string, unknown>> = {
    "something that is no table": { users: { id: id() } },
    "a key that is not the table's name": { people: users },
    "an alias": { users: alias(users, "people") },
    "names that differ in case only": { users, Users: table("Users", { id: key() }) },
    "a reference to a table outside": { posts },
    "a reference to another column": {
      users,
      t: table("t", { id: key(), u: ref(() => users.name) }),
    },
    "a reference to no column": { t: table("t", { id: key(), u: ref(() => undefined as never) }) },
    "a reference to an unbound column": { t: table("t", { id: key(), u: ref(() => id()) }) },
    "a reference that cannot be reached": {
      t: table("t", { id: key(), u: ref(() => (undefined as unknown as typeof users).id) }),
    },
    "a synced table that refers to a local-only one": {
      drafts,
      t: table("t", { id: key(), draftId: ref(() => drafts.id) }),
    },
    "setNull without nullable": {
      users,
      t: table("t", { id: key(), u: ref(() => users.id, { onDelete: "setNull" }) }),
    },
  };

  it("refuses, and says what to change", () => {
    const messages = Object.entries(refused).map(([what, tables]) => {
      try {
        defineSchema(tables as Record<string, AnyTable>);
      } catch (error) {
        expect(error).toBeInstanceOf(PlasmaDefinitionError);
        return [what, (error as Error).message];
      }
      return [what, "accepted"];
    });
    expect(Object.fromEntries(messages)).toMatchInlineSnapshot(`
      {
        "a key that is not the table's name": "The schema calls a table "people", but it was declared as table("users", …). Use the same name in both places.",
        "a reference that cannot be reached": ""t.u" refers to a table that could not be reached. If two files import each other, declare their tables in one file.",
        "a reference to a table outside": ""posts.authorId" refers to something that is not the id of a table in this schema. Write ref(() => other.id) and add that table to defineSchema().",
        "a reference to an unbound column": ""t.u" refers to something that is not the id of a table in this schema. Write ref(() => other.id) and add that table to defineSchema().",
        "a reference to another column": ""t.u" refers to something that is not the id of a table in this schema. Write ref(() => other.id) and add that table to defineSchema().",
        "a reference to no column": ""t.u" refers to something that is not the id of a table in this schema. Write ref(() => other.id) and add that table to defineSchema().",
        "a synced table that refers to a local-only one": ""t.draftId" refers to "drafts", whose rows stay on the device (changeLogSuppressed), but "t" itself is synced. Take the reference out, or let both stay on the device.",
        "an alias": ""users" is an alias of a table. Put the table itself into the schema, and use the alias in queries only.",
        "names that differ in case only": ""users" and "Users" cannot both be names of tables: SQL does not tell upper case from lower. Rename one of them.",
        "setNull without nullable": ""t.u" is set to null when its target is deleted, but it is not nullable. Add .nullable(), or choose another onDelete.",
        "something that is no table": ""users" is not a table. Declare it with table("users", { … }).",
      }
    `);
  });

  it("tells why a reference could not be reached", () => {
    const t = table("t", {
      id: id(),
      u: ref(() => {
        throw new ReferenceError("Cannot access 'lists' before initialization");
      }),
    });
    expect(() => defineSchema({ t })).toThrow(
      expect.objectContaining({ cause: expect.any(ReferenceError) }),
    );
  });
});

describe("names from outside", () => {
  const schema = defineSchema({ users, posts });

  it.each(["", "nope", "Users", "toString", "constructor", "__proto__"])(
    "%j is no table: a typed error",
    (name) => {
      expect(() => requireTable(schema, name)).toThrow(
        expect.objectContaining({
          code: "unknown-table",
          message: `There is no table "${name}" in this schema.`,
        }),
      );
    },
  );

  it.each(["", "nope", "Name", "toString", "constructor", "__proto__"])(
    "%j is no column: a typed error",
    (name) => {
      const info = requireTable(schema, "users");
      expect(() => requireColumn(info, name)).toThrow(PlasmaError);
      expect(() => requireColumn(info, name)).toThrow(
        expect.objectContaining({
          code: "unknown-column",
          message: `Table "users" has no column "${name}".`,
        }),
      );
    },
  );

  it("those that exist are found", () => {
    const info = requireTable(schema, "users");
    expect(info.name).toBe("users");
    expect(requireColumn(info, "name")).toMatchObject({ table: "users", name: "name" });
  });
});
