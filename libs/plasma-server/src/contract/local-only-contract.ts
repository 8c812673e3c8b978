/** `changeLogSuppressed`: tables that stay on the device, as the server sees them. */

import {
  defineMutators,
  defineSchema,
  eq,
  exists,
  id,
  isNull,
  ref,
  select,
  table,
  text,
} from "@sh1n4ps/plasma-core";
import type { AnyColumn, Condition, MutatorInput } from "@sh1n4ps/plasma-core";
import { beforeEach, describe, expect, it } from "vitest";
import { createServerDb } from "../db/server-db.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import type { Ctx } from "./app.ts";
import { createWorld, keysOf } from "./world.ts";
import type { Client, World } from "./world.ts";

const allowed = { read: () => true, write: () => true };
const posts = table("posts", { id: id(), title: text() }, { auth: allowed });
const drafts = table(
  "drafts",
  { id: id(), postId: ref(() => posts.id, { onDelete: "cascade" }).nullable(), body: text() },
  { changeLogSuppressed: true, indexes: [["body"]] },
);
const schema = defineSchema({ posts, drafts });
const withoutDrafts = defineSchema({ posts });

const mutators = defineMutators<typeof schema, Ctx>()({
  /** Says in the title what it finds of the drafts, and writes to both. */
  publish: async ({ db, args }: MutatorInput<Ctx, { id: string }>) => {
    await db.insert(drafts).values({ id: args.id, postId: null, body: "a draft" });
    const written = await db
      .update(drafts)
      .set({ body: "changed" })
      .where(eq(drafts.id, args.id))
      .returning();
    await db.insert(posts).values({ id: args.id, title: "" });
    const found = await db.select().from(drafts);
    const joined = await db
      .select()
      .from(posts)
      .leftJoin(drafts, eq(drafts.postId, posts.id))
      .where(isNull(drafts.id));
    const asked = await db
      .select()
      .from(posts)
      .where(exists(select().from(drafts).where(eq(drafts.postId, posts.id))));
    const title = [written, found, joined, asked].map(({ length }) => length).join();
    await db.update(posts).set({ title }).where(eq(posts.id, args.id));
  },
  removePost: async ({ db, args }: MutatorInput<Ctx, { id: string }>) => {
    await db.delete(posts).where(eq(posts.id, args.id));
    await db.delete(drafts);
  },
});

export function localOnlyContract(fresh: () => Promise<SqlExecutor>): void {
  describe("tables that stay on the device (changeLogSuppressed)", () => {
    let executor: SqlExecutor;
    let world: World;
    let ada: Client;
    beforeEach(async () => {
      executor = await fresh();
      world = createWorld(executor, { schema, mutators });
      ada = world.client("ada");
    });
    const does = (name: string, args: unknown) => ada.mutate(name as "rename", args);

    it("are not in the database; a mutator's writes to them are skipped, and its reads find nothing", async () => {
      expect(await does("publish", { id: "p" })).toEqual({ id: 1, status: "ok" });
      expect(keysOf(await ada.pull())).toEqual(["clear", "put posts/p"]);
      expect(ada.rows.get("posts/p")).toMatchObject({ title: "0,0,1,0" });
      expect(await does("removePost", { id: "p" })).toEqual({ id: 2, status: "ok" });
      expect(keysOf(await ada.pull())).toEqual(["del posts/p"]);
      await expect(executor.all({ text: "SELECT * FROM drafts", params: [] })).rejects.toThrow(
        /drafts/,
      );
      const logged = await executor.all({
        text: "SELECT DISTINCT table_name FROM _plasma_changes",
        params: [],
      });
      expect(logged).toEqual([{ table_name: "posts" }]);
      expect(world.errors).toEqual([]);
    });

    it("are nothing to the app's own server code either", async () => {
      const db = createServerDb({ schema, executor });
      expect(await db.insert(drafts).values({ id: "d", body: "b" })).toEqual({ rowCount: 0 });
      expect(await db.insert(drafts).values({ id: "d", body: "b" }).returning()).toEqual([]);
      expect(await db.select().from(drafts)).toEqual([]);
      await expect(db.select().from(drafts).explain()).rejects.toMatchObject({
        code: "unknown-table",
      });
    });

    it("may come and go without a snapshot for anybody, and need no rules", async () => {
      const before = world.another({ schema: withoutDrafts });
      const old = before.client("ada", "ada-tab");
      await old.pull();
      await does("publish", { id: "p" });
      ada.cookie = old.cookie;
      expect(keysOf(await ada.pull())).toEqual(["put posts/p"]);
      expect([...world.errors, ...before.errors]).toEqual([]);
    });

    it("cannot decide about rows that are synced", async () => {
      const nosy = table(
        "nosy",
        { id: id() },
        {
          auth: {
            read: (_ctx: Ctx, row: { id: AnyColumn }): Condition =>
              exists(select().from(drafts).where(eq(drafts.id, row.id))),
          },
        },
      );
      const db = createServerDb({
        schema: defineSchema({ nosy, posts, drafts }),
        executor,
        ctx: { userId: "ada" },
      });
      await expect(Promise.resolve(db.select().from(nosy))).rejects.toMatchObject({
        code: "invalid-rule",
        message: expect.stringContaining('"drafts", whose rows stay on the device') as string,
      });
    });
  });
}
