import { defineSchema, id, ref, table, text } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { toDrizzleRelations } from "./relations.ts";
import { toDrizzle } from "./to-drizzle.ts";

const posts = table("posts", { id: id(), title: text() });
const drafts = table(
  "drafts",
  { id: id(), postId: ref(() => posts.id) },
  { changeLogSuppressed: true },
);
const schema = defineSchema({ posts, drafts });

describe("changeLogSuppressed: Drizzle's tables and relations", () => {
  it("leave out what is not in the database", () => {
    for (const dialect of ["sqlite", "pg"] as const) {
      const tables = dialect === "sqlite" ? toDrizzle(schema, dialect) : toDrizzle(schema, dialect);
      expect(Object.keys(tables)).toEqual(["posts"]);
      expect(Object.keys(toDrizzleRelations(schema, tables))).toEqual(["postsRelations"]);
    }
  });
});
