/** Pages of one pull are one snapshot, whatever is written between them. */

import { beforeEach, describe, expect, it } from "vitest";
import { runMaintenance } from "../maintenance.ts";
import type { Retention } from "../maintenance.ts";
import { runtimePlatform } from "../platform.ts";
import type { SqlExecutor, SqlParam } from "../sql/executor.ts";
import { partnersBetweenPages } from "./partners-between-pages.ts";
import { keysOf, sharedAndSecret } from "./world.ts";
import type { Client, World } from "./world.ts";

const DAY = 24 * 60 * 60_000;

function maintainLater(executor: SqlExecutor, days: number, retention: Retention = {}) {
  const platform = runtimePlatform();
  const clock = { now: () => platform.clock.now() + days * DAY };
  return runMaintenance({ executor, retention, platform: { ...platform, clock } });
}

export function pagesContract(fresh: () => Promise<SqlExecutor>): void {
  describe("pages", () => {
    let world: World;
    let bob: Client;
    const run = (text: string, ...params: SqlParam[]) => world.executor.run({ text, params });

    beforeEach(async () => {
      ({ world, bob } = await sharedAndSecret(await fresh()));
    });

    const manyTodos = async (count: number) => {
      for (let at = 0; at < count; at++) {
        await run(
          `INSERT INTO todos (id, "listId", title) VALUES (?, 'shared', ?)`,
          `p${String(at).padStart(3, "0")}`,
          `page ${at}`,
        );
      }
    };

    it("of a snapshot with writes between them equal one snapshot", async () => {
      await manyTodos(20);
      const expected = world.client("bob", "other-tab");
      await expected.pull();
      let wrote = 0;
      await bob.pull({
        limit: 3,
        between: async () => {
          wrote++;
          await run(
            "UPDATE todos SET title = ? WHERE id = ?",
            `changed ${wrote}`,
            `p${String(20 - wrote).padStart(3, "0")}`,
          );
          await run("DELETE FROM todos WHERE id = ?", `p${String(wrote).padStart(3, "0")}`);
          await run(
            `INSERT INTO todos (id, "listId", title) VALUES (?, 'shared', 'late')`,
            `late${wrote}`,
          );
          if (wrote === 4) await run("DELETE FROM members WHERE id = 'shared:bob'");
        },
      });
      expect(wrote).toBeGreaterThan(5);
      expect([...bob.rows].sort()).toEqual([...expected.rows].sort());
      await bob.pull();
      expect(bob.keys()).toEqual([]);
    });

    it("of an incremental pull with writes between them equal one pull", async () => {
      await bob.pull();
      await manyTodos(20);
      await run("DELETE FROM todos WHERE id = 't1'");
      const expected = world.client("bob", "other-tab");
      expected.cookie = bob.cookie;
      for (const [key, row] of bob.rows) expected.rows.set(key, row);
      await expected.pull();
      let wrote = 0;
      await bob.pull({
        limit: 4,
        between: async () => {
          wrote++;
          await run(
            "UPDATE todos SET title = 'later' WHERE id = ?",
            `p${String(20 - wrote).padStart(3, "0")}`,
          );
          await run("DELETE FROM todos WHERE id = ?", `p${String(15 - wrote).padStart(3, "0")}`);
        },
      });
      expect(wrote).toBeGreaterThan(3);
      expect([...bob.rows].sort()).toEqual([...expected.rows].sort());
    });

    it("are about one moment, also where a nested rule looks at rows that have changed since", async () => {
      const all = ["1", "2", "3", "4", "5"];
      expect(await partnersBetweenPages(await fresh())).toEqual({ brought: all, taken: all });
    });

    it("bring outcomes with the last one only, as of the same version", async () => {
      await manyTodos(10);
      await bob.mutate("takeShare", { id: "s1", amount: 1 });
      await bob.mutate("refuse", { code: "early" });
      let page = await bob.pullPage({ limit: 4 });
      expect(page).toMatchObject({ hasMore: true, lastMutationIDs: {}, rejections: [] });
      await bob.mutate("takeShare", { id: "s2", amount: 1 });
      await bob.mutate("refuse", { code: "late" });
      const operations = [...page.patch];
      while (page.hasMore) {
        page = await bob.pullPage({ cookie: page.cookie, limit: 4 });
        operations.push(...page.patch);
      }
      expect(page.lastMutationIDs).toEqual({ "bob-tab": 2 });
      const stored = await world.executor.all({
        text: "SELECT mutation_id, uid FROM _plasma_client_mutations WHERE client_id = 'bob-tab'",
        params: [],
      });
      const uids = new Map(stored.map((row) => [row["mutation_id"], row["uid"]]));
      expect(page.lastMutationUIDs).toEqual({ "bob-tab": uids.get(2) });
      expect(page.rejections).toMatchObject([{ id: 2, code: "early" }]);
      expect(keysOf(operations)).toContain("put shares/s1");
      expect(keysOf(operations)).not.toContain("put shares/s2");
      const rest = await bob.pullPage({ cookie: page.cookie });
      expect(rest.lastMutationIDs).toEqual({ "bob-tab": 4 });
      expect(rest.lastMutationUIDs).toEqual({ "bob-tab": uids.get(4) });
      expect(keysOf(rest.patch)).toEqual(["put shares/s2"]);
    });

    it("settle what was decided so long ago that its outcome is forgotten, and nothing that was decided since the first", async () => {
      await bob.mutate("takeShare", { id: "s1", amount: 1 });
      await bob.mutate("refuse", { code: "kept" });
      await bob.mutate("takeShare", { id: "s2", amount: 1 });
      await maintainLater(world.executor, 61);
      await manyTodos(10);
      let page = await bob.pullPage({ limit: 4 });
      await bob.mutate("takeShare", { id: "s3", amount: 1 });
      while (page.hasMore) page = await bob.pullPage({ cookie: page.cookie, limit: 4 });
      expect(page.lastMutationIDs).toEqual({ "bob-tab": 3 });
      expect(page.rejections).toMatchObject([{ id: 2, code: "kept" }]);
    });

    it("upkeep keeps the outcomes since a version that pulls may still go on from", async () => {
      await manyTodos(10);
      let page = await bob.pullPage({ limit: 4 });
      await bob.mutate("takeShare", { id: "s1", amount: 1 });
      const changeLogMs = 1000 * DAY;
      const { removed } = await maintainLater(world.executor, 61, { changeLogMs });
      expect(removed.outcomes).toBe(0);
      while (page.hasMore) page = await bob.pullPage({ cookie: page.cookie, limit: 4 });
      expect(page.lastMutationIDs).toEqual({ "bob-tab": 0 });
    });

    it("a page whose snapshot is no longer believed starts a new one", async () => {
      await manyTodos(10);
      const page = await bob.pullPage({ limit: 2 });
      await run("UPDATE _plasma_meta SET horizon = version + 1");
      await run(
        `INSERT INTO todos (id, "listId", title) VALUES ('q', 'shared', 'q'), ('r', 'shared', 'r')`,
      );
      const next = await bob.pullPage({ cookie: page.cookie });
      expect(next.patch[0]).toEqual({ op: "clear" });
      expect(next.hasMore).toBe(false);
    });
  });
}
