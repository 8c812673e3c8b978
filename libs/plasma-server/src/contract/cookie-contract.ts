/** A cookie that does not fit is no cookie: its bearer gets a snapshot. */

import { beforeEach, describe, expect, it } from "vitest";
import { encodeCookie, peekCookie } from "../change-log/cookie.ts";
import type { Cookie } from "../change-log/cookie.ts";
import { runtimePlatform } from "../platform.ts";
import type { SqlExecutor, SqlParam } from "../sql/executor.ts";
import { sharedAndSecret } from "./world.ts";
import type { Client, World } from "./world.ts";

export function cookieContract(fresh: () => Promise<SqlExecutor>): void {
  describe("cookies", () => {
    let world: World;
    let ada: Client;
    let bob: Client;
    const run = (text: string, ...params: SqlParam[]) => world.executor.run({ text, params });

    beforeEach(async () => {
      ({ world, ada, bob } = await sharedAndSecret(await fresh()));
    });

    const isSnapshot = async (client: Client, cookie: string) => {
      const page = await client.pullPage({ cookie });
      return page.patch[0]?.op === "clear" && page.patch.length > 1;
    };
    const forge = async (cookie: string, change: Partial<Cookie>, key?: string) => {
      const [meta] = await world.executor.all({
        text: "SELECT mac_key FROM _plasma_meta",
        params: [],
      });
      return encodeCookie(
        { ...peekCookie(cookie)!, ...change },
        { key: key ?? (meta!["mac_key"] as string), platform: runtimePlatform() },
      );
    };

    it("that nobody here has written are no cookies", async () => {
      await bob.pull();
      const good = bob.cookie!;
      const [payload, mac] = good.slice(3).split(".") as [string, string];
      const claimed = { ...peekCookie(good)!, positions: { "0": "1" } };
      const other = btoa(JSON.stringify(claimed)).replaceAll("=", "");
      for (const bad of [
        "",
        "c1:",
        "c1:.",
        "nonsense",
        `c2:${payload}.${mac}`,
        `c1:${payload}`,
        `c1:${payload}.`,
        `c1:${payload}.${mac.slice(1)}A`,
        `c1:${payload}.${mac}.${mac}`,
        `c1:${other}.${mac}`,
        `c1:${"A".repeat(10_000)}.${mac}`,
        `c1:e30.${mac}`,
        "c1:\u0000.😀",
      ]) {
        expect(await isSnapshot(bob, bad)).toBe(true);
      }
      expect(await isSnapshot(bob, good)).toBe(false);
      expect(await isSnapshot(bob, await forge(good, {}, "another key"))).toBe(true);
      expect(await isSnapshot(bob, await forge(good, {}))).toBe(false);
    });

    it("of somebody else, of another schema or database are no cookies", async () => {
      await ada.pull();
      await bob.pull();
      expect(await isSnapshot(bob, ada.cookie!)).toBe(true);
      expect(await isSnapshot(bob, await forge(bob.cookie!, { principal: "ada" }))).toBe(true);
      expect(await isSnapshot(bob, await forge(bob.cookie!, { databaseId: "another" }))).toBe(true);
      expect(await isSnapshot(bob, await forge(bob.cookie!, { schemaVersion: "0" }))).toBe(true);
    });

    it("from the future or from before the horizon are no cookies", async () => {
      await bob.pull();
      expect(
        await isSnapshot(bob, await forge(bob.cookie!, { positions: { "0": "999999" } })),
      ).toBe(true);
      expect(
        await isSnapshot(
          bob,
          await forge(bob.cookie!, { positions: { "0": "99999999999999999999" } }),
        ),
      ).toBe(true);
      expect(await isSnapshot(bob, await forge(bob.cookie!, { positions: {} }))).toBe(true);
      await ada.mutate("rename", { id: "t1", title: "x" });
      await run("UPDATE _plasma_meta SET horizon = version");
      expect(await isSnapshot(bob, bob.cookie!)).toBe(true);
    });

    it("of a page of another past are no cookies", async () => {
      const first = await bob.pullPage({ limit: 1 });
      const { page } = peekCookie(first.cookie)!;
      const isRestarted = async (change: Partial<Cookie>) => {
        const next = await bob.pullPage({ cookie: await forge(first.cookie, change) });
        return next.patch[0]?.op === "clear";
      };
      expect(await isRestarted({})).toBe(false);
      expect(await isRestarted({ page: { ...page!, nonce: "another" } })).toBe(true);
      expect(await isRestarted({ page: { ...page!, version: page!.version + 1 } })).toBe(true);
      expect(await isRestarted({ page: { ...page!, table: "sqlite_master" } })).toBe(true);
    });

    it("of a past that a restored backup has undone are no cookies", async () => {
      await bob.pull();
      await ada.mutate("addTodo", { id: "undone", listId: "shared", title: "undone" });
      await bob.pull();
      const [meta] = await world.executor.all({
        text: "SELECT version FROM _plasma_meta",
        params: [],
      });
      // The backup was made before "undone"; since then as many other commits have happened.
      await run("DELETE FROM todos WHERE id = 'undone'");
      for (const table of ["_plasma_history_todos"])
        await run(`DELETE FROM ${table} WHERE _v >= ?`, meta!["version"] as number);
      await run("DELETE FROM _plasma_versions WHERE version >= ?", meta!["version"] as number);
      await run("UPDATE _plasma_meta SET version = ?", (meta!["version"] as number) - 1);
      await run("UPDATE todos SET title = 'another future' WHERE id = 't1'");
      expect(await isSnapshot(bob, bob.cookie!)).toBe(true);
      await bob.pull();
      expect(bob.keys()).not.toContain("todos/undone");
    });
  });
}
