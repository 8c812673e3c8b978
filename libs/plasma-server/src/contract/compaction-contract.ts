/** What becomes of clients when the past of the log is forgotten, and what else is cleaned up. */

import { beforeEach, describe, expect, it } from "vitest";
import { compactChangeLog } from "../change-log/compact.ts";
import { runMaintenance } from "../maintenance.ts";
import { runtimePlatform } from "../platform.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { chance } from "./random.ts";
import { countRows, keysOf, sharedAndSecret } from "./world.ts";
import type { Client, World } from "./world.ts";

const DAY = 24 * 60 * 60_000;

export function compactionContract(fresh: () => Promise<SqlExecutor>): void {
  describe("compaction", () => {
    let world: World;
    let ada: Client;
    beforeEach(async () => {
      ({ world, ada } = await sharedAndSecret(await fresh()));
    });
    const count = (table: string) => countRows(world.executor, table);
    const version = async () =>
      (await world.executor.all({ text: "SELECT version FROM _plasma_meta", params: [] }))[0]![
        "version"
      ] as number;
    const change = (at: number) =>
      ada.mutate("addTodo", { id: `n${at}`, listId: "shared", title: `${at}` });

    it("Fold intermediate puts / del pairs: earlier states up to the horizon go, and Result stats tell how many", async () => {
      for (let at = 0; at < 5; at++) await change(at);
      const before = await count("_plasma_history_todos");
      const result = await compactChangeLog(world.executor, await version());
      expect(result).toMatchObject({ horizon: await version(), hasMore: false });
      expect(result.removed.history).toBeGreaterThanOrEqual(before);
      expect(await count("_plasma_history_todos")).toBe(0);
      expect(await count("_plasma_changes")).toBe(0);
      expect(await count("_plasma_versions")).toBe(1);
    });

    it("patches whoever stands at the horizon or behind it, and gives a snapshot to whoever stands before", async () => {
      const random = chance(7);
      const clients: { readonly at: number; readonly client: Client }[] = [];
      for (let at = 0; at < 24; at++) {
        if (random.oneIn(2)) {
          const client = world.client("bob", `bob-${at}`);
          await client.pull();
          clients.push({ at: await version(), client });
        }
        if (random.oneIn(3)) {
          await world.executor.run({
            text: "DELETE FROM todos WHERE id = ?",
            params: [`n${at - 2}`],
          });
        } else await change(at);
      }
      const horizon = Math.floor((await version()) / 2);
      await compactChangeLog({ executor: world.executor, safeUpToVersion: horizon });
      const whole = world.client("bob", "fresh");
      await whole.pull();
      let snapshots = 0;
      for (const { at, client } of clients) {
        const patch = await client.pull();
        const isSnapshot = patch[0]?.op === "clear";
        expect(isSnapshot).toBe(at < horizon);
        if (isSnapshot) snapshots++;
        expect([...client.rows].sort()).toEqual([...whole.rows].sort());
      }
      expect(snapshots).toBeGreaterThan(0);
      expect(snapshots).toBeLessThan(clients.length);
    });

    it("beyond the first page of a pull makes it start again, and no row is missed", async () => {
      for (let at = 0; at < 8; at++) await change(at);
      const bob = world.client("bob", "pages");
      const first = await bob.pullPage({ limit: 2 });
      await change(100);
      await compactChangeLog(world.executor, await version());
      await expect(bob.pullPage({ limit: 2, cookie: first.cookie })).resolves.toMatchObject({
        patch: expect.arrayContaining([{ op: "clear" }]) as unknown,
      });
      await bob.pull({ limit: 2 });
      const whole = world.client("bob", "whole");
      await whole.pull();
      expect([...bob.rows].sort()).toEqual([...whole.rows].sort());
    });

    it("between two looks of one page tells the client to pull again", async () => {
      for (let at = 0; at < 8; at++) await change(at);
      const { executor } = world;
      // Counted from the second page on.
      let looks = -Infinity;
      const racing = world.another({
        executor: {
          ...executor,
          batch: async (statements) => {
            const rows = await executor.batch(statements);
            if (++looks === 1) await compactChangeLog(executor, await version());
            return rows;
          },
        },
      });
      const bob = racing.client("bob", "racing");
      const first = await bob.pullPage({ limit: 1 });
      await change(100);
      looks = 0;
      const response = await bob.send(
        "pull",
        bob.pullBody({ limit: 100, cookie: first.cookie }),
        racing,
      );
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({ code: "restart-pull" });
    });

    it("between two looks of a first page tells the client to pull again, and not that something failed", async () => {
      const { executor } = world;
      let looks = -Infinity;
      const racing = world.another({
        executor: {
          ...executor,
          batch: async (statements) => {
            const rows = await executor.batch(statements);
            if (++looks === 1) await compactChangeLog(executor, await version());
            return rows;
          },
        },
      });
      const bob = racing.client("bob", "racing");
      await bob.pull();
      await change(100);
      looks = 0;
      const response = await bob.send("pull", bob.pullBody(), racing);
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({ code: "restart-pull" });
      expect(racing.errors.filter(({ kind }) => kind === "storage")).toEqual([]);
      expect((await bob.pull())[0]).toEqual({ op: "clear" });
    });

    it("goes on where it was stopped, and two at once do no harm", async () => {
      for (let at = 0; at < 6; at++) await change(at);
      const safeUpToVersion = await version();
      const { executor } = world;
      const stopped = await compactChangeLog({ executor, safeUpToVersion, maxRows: 3 });
      expect(stopped.hasMore).toBe(true);
      const bob = world.client("bob", "meanwhile");
      await bob.pull();
      await Promise.all([1, 2].map(() => compactChangeLog(executor, safeUpToVersion)));
      expect((await compactChangeLog(executor, safeUpToVersion)).removed).toEqual({
        history: 0,
        changes: 0,
        versions: 0,
      });
      await change(50);
      expect(keysOf(await bob.pull())).toEqual(["put todos/n50"]);
    });

    it("never goes beyond the current version, nor back", async () => {
      const current = await version();
      expect((await compactChangeLog(world.executor, 10 ** 9)).horizon).toBe(current);
      expect((await compactChangeLog(world.executor, 1)).horizon).toBe(current);
      await expect(compactChangeLog(world.executor, Number.NaN)).rejects.toThrow(/whole number/);
    });

    it("and everything else that is kept has a bound", async () => {
      const bob = world.client("bob", "bob-refused");
      await bob.mutate("refuse", { code: "no" });
      await ada.send("ticket", {});
      const later = (days: number) => {
        const platform = runtimePlatform();
        const now = platform.clock.now() + days * DAY;
        return { ...platform, clock: { now: () => now } };
      };
      const { executor } = world;
      const atOnce = await runMaintenance({ executor });
      expect(atOnce.removed).toEqual({ outcomes: 0, clients: 0, attempts: 0, tickets: 0 });
      expect(atOnce.changeLog.horizon).toBe(0);

      const afterAMonth = await runMaintenance({ executor, platform: later(31) });
      expect(afterAMonth.changeLog.horizon).toBe(await version());
      expect(afterAMonth.removed).toMatchObject({ outcomes: 0, tickets: 1 });

      const ok = await count("_plasma_client_mutations");
      const afterTwo = await runMaintenance({ executor, platform: later(61) });
      // The refusal stays: its client may not have heard of it.
      expect(afterTwo.removed.outcomes).toBe(ok - 1);
      const [again] = (
        await ada.push([{ ...ada.mutation("addTodo", {}), id: 1, uid: "uid-again" }])
      ).results;
      expect(again).toEqual({ id: 1, status: "ok", duplicate: true });

      const afterAYear = await runMaintenance({ executor, platform: later(500) });
      expect(afterAYear.removed).toMatchObject({ outcomes: 1, clients: 2 });
      expect(afterAYear.hasMore).toBe(false);
    });
  });
}
