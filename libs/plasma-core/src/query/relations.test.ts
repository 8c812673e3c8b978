import { describe, expect, it } from "vitest";
import { id, ref, text } from "../schema/column.ts";
import type { AnyColumn } from "../schema/column.ts";
import { defineSchema } from "../schema/schema.ts";
import { table } from "../schema/table.ts";
import { relationsOf, requireRelation } from "./relations.ts";

const user = table("user", { id: id(), profileId: ref((): AnyColumn => profile.id).nullable() });
const profile = table("profile", {
  id: id(),
  userId: ref(() => user.id),
  editor: text(),
  editorId: ref(() => user.id),
});
const schema = defineSchema({ user, profile });

describe("relations", () => {
  it("are named after the ref, the way back after the table, and after both where there are several", () => {
    expect([...relationsOf(schema, "user").keys()]).toEqual([
      "profile",
      "profileByUser",
      "profileByEditor",
    ]);
    expect(requireRelation(schema, "user", "profileByUser")).toMatchObject({
      cardinality: "many",
      table: "profile",
      childColumn: "userId",
    });
  });

  it("cannot be asked for by a name that two of them have", () => {
    // `profile.userId` is its user, and `user.profileId` is on its way back.
    expect(() => requireRelation(schema, "profile", "user")).toThrow(
      'The relation "user" of table "profile" has the name of another one.',
    );
  });

  it("cannot be asked for by the name of a column", () => {
    expect(() => requireRelation(schema, "profile", "editor")).toThrow(
      'The relation "editor" of table "profile" has the name of one of its columns.',
    );
  });
});
