/** The database for an app's own server code. */

import { eq } from "@sh1n4ps/plasma-core";
import { beforeEach, describe, expect, it } from "vitest";
import { createServerDb } from "../db/server-db.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { lists, members, schema, shares, todos } from "./app.ts";
import { keysOf, sharedAndSecret } from "./world.ts";
import type { Client } from "./world.ts";

export function serverDbContract(fresh: () => Promise<SqlExecutor>): void {
  describe("createServerDb", () => {
    let executor: SqlExecutor;
    let bob: Client;
    beforeEach(async () => {
      executor = await fresh();
      ({ bob } = await sharedAndSecret(executor));
    });

    it("without a person sees and writes everything, and the clients hear of it", async () => {
      await bob.pull();
      const db = createServerDb({ schema, executor });
      expect(await db.select().from(todos)).toHaveLength(2);
      await db.update(todos).set({ title: "by the server" });
      expect(keysOf(await bob.pull())).toEqual(["put todos/t1"]);
      const [version] = await executor.all({
        text: "SELECT count(DISTINCT version) AS n FROM _plasma_changes WHERE op = 'put' AND origin_client IS NULL",
        params: [],
      });
      expect(version).toEqual({ n: 1 });
    });

    it("with a person sees and writes what they may", async () => {
      const db = createServerDb({ schema, executor, ctx: { userId: "bob" } });
      expect((await db.select().from(todos)).map((todo) => todo.id)).toEqual(["t1"]);
      expect(await db.delete(todos).where(eq(todos.id, "canary-id"))).toEqual({ rowCount: 0 });
      await expect(
        Promise.resolve(db.insert(members).values({ id: "m", listId: "secret", userId: "bob" })),
      ).rejects.toMatchObject({ code: "forbidden" });
      expect((await createServerDb({ schema, executor }).select().from(lists)).length).toBe(2);
    });

    it("loses no write to others at the same time", async () => {
      const db = createServerDb({ schema, executor });
      await Promise.all(
        Array.from({ length: 8 }, (_, at) =>
          Promise.resolve(db.insert(shares).values({ id: `s${at}`, amount: at })),
        ),
      );
      expect(await db.select().from(shares)).toHaveLength(8);
    });

    it("throws what the constraints refuse", async () => {
      const db = createServerDb({ schema, executor });
      await expect(
        Promise.resolve(db.insert(todos).values({ id: "x", listId: "nowhere", title: "T" })),
      ).rejects.toMatchObject({ code: "missing-reference" });
    });
  });
}
