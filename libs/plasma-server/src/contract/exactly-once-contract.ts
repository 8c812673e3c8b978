/** Push runs a mutation once, whatever is sent again, and keeps what became of it. */

import type { PushResponse } from "@sh1n4ps/plasma-core";
import { beforeEach, describe, expect, it } from "vitest";
import type { SqlExecutor } from "../sql/executor.ts";
import { countRows, createWorld } from "./world.ts";
import type { World } from "./world.ts";

export function exactlyOnceContract(fresh: () => Promise<SqlExecutor>): void {
  describe("exactly once", () => {
    let world: World;
    beforeEach(async () => {
      world = createWorld(await fresh());
    });
    const count = (table: string) => countRows(world.executor, table);

    it("20 identical pushes at once take effect once, and all get the stored outcome", async () => {
      const ada = world.client("ada");
      const mutations = [
        ada.mutation("takeShare", { id: "s1", amount: 1 }),
        ada.mutation("refuse", { code: "not-today" }),
        ada.mutation("takeShare", { id: "s2", amount: 1 }),
      ];
      const answers = await Promise.all(
        Array.from({ length: 20 }, async (_, at) => {
          const through = at % 2 === 0 ? world : world.another();
          // Under contention a push may be told to come back; then it does.
          for (;;) {
            const response = await ada.send("push", ada.pushBody(mutations), through);
            if (response.status === 200) return (await response.json()) as PushResponse;
            expect(response.status).toBe(503);
          }
        }),
      );
      for (const { lastMutationID, results } of answers) {
        expect(lastMutationID).toBe(3);
        expect(results).toMatchObject([
          { id: 1, status: "ok" },
          { id: 2, status: "error", code: "not-today" },
          { id: 3, status: "ok" },
        ]);
      }
      expect(await count("shares")).toBe(2);
      expect(await count("_plasma_versions")).toBe(1 + 3);
    });

    it("a gap runs nothing and says what is expected", async () => {
      const ada = world.client("ada");
      await ada.mutate("takeShare", { id: "s1", amount: 1 });
      ada.nextID = 3;
      const response = await ada.send(
        "push",
        ada.pushBody([ada.mutation("takeShare", { id: "s2", amount: 1 })]),
      );
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({ code: "gap", details: { expected: 2 } });
      expect(await count("shares")).toBe(1);
    });

    it("an outcome is stored with its reason, and given again", async () => {
      const ada = world.client("ada");
      const mutation = ada.mutation("refuse", { code: "not-today" });
      const [first] = (await ada.push([mutation])).results;
      expect(first).toEqual({
        id: 1,
        status: "error",
        code: "not-today",
        message: "No.",
        details: { why: "because" },
      });
      const [second] = (await ada.push([mutation])).results;
      expect(second).toEqual({ ...first, duplicate: true });
      expect(await count("shares")).toBe(0);
    });

    it("a refusal moves the version on, so that pulls notice it", async () => {
      const ada = world.client("ada");
      await ada.pull();
      const before = ada.cookie;
      await ada.mutate("refuse", { code: "no" });
      await ada.pull();
      expect(ada.cookie).not.toBe(before);
      expect(ada.confirmed).toBe(1);
      expect(ada.rejections).toMatchObject([{ clientID: ada.clientID, id: 1, code: "no" }]);
    });

    it("a known uid under another client id runs nothing and gets the old outcome", async () => {
      const old = world.client("ada", "old-tab");
      const done = old.mutation("takeShare", { id: "s1", amount: 1 });
      const refused = old.mutation("refuse", { code: "no" });
      await old.push([done, refused]);
      const next = world.client("ada", "new-tab");
      const fresh = { ...next.mutation("takeShare", { id: "s2", amount: 1 }), id: 3 };
      const { results, lastMutationID } = await next.push([
        { ...done, id: 1 },
        { ...refused, id: 2 },
        fresh,
      ]);
      expect(results).toMatchObject([
        { id: 1, status: "ok", duplicate: true },
        { id: 2, status: "error", code: "no", duplicate: true },
        { id: 3, status: "ok" },
      ]);
      expect(lastMutationID).toBe(3);
      expect(await count("shares")).toBe(2);
      const third = world.client("ada", "third-tab");
      expect((await third.push([{ ...done, id: 1 }])).results).toMatchObject([
        { status: "ok", duplicate: true },
      ]);
      expect(await count("shares")).toBe(2);
    });

    it("the same uid under a later id of the same client runs nothing", async () => {
      const ada = world.client("ada");
      const done = ada.mutation("takeShare", { id: "s1", amount: 1 });
      await ada.push([done]);
      expect((await ada.push([{ ...done, id: 2 }])).results).toMatchObject([
        { id: 2, status: "ok", duplicate: true },
      ]);
      expect(await count("shares")).toBe(1);
    });

    it("the same uid of another person is another mutation", async () => {
      const ada = world.client("ada");
      const bob = world.client("bob");
      const mutation = ada.mutation("takeShare", { id: "s1", amount: 1 });
      await ada.push([mutation]);
      const [result] = (await bob.push([{ ...mutation, args: { id: "s2", amount: 1 } }])).results;
      expect(result).toEqual({ id: 1, status: "ok" });
      expect(await count("shares")).toBe(2);
    });

    it("an id that was used with another uid is a fork", async () => {
      const ada = world.client("ada");
      const clone = world.client("ada");
      await ada.mutate("takeShare", { id: "s1", amount: 1 });
      const response = await clone.send(
        "push",
        clone.pushBody([clone.mutation("takeShare", { id: "s2", amount: 1 })]),
      );
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({ code: "client-forked" });
      expect(await count("shares")).toBe(1);
    });

    it("reasons are forgotten only up to what the client has confirmed", async () => {
      const ada = world.client("ada");
      const kept = async () => {
        const rows = await world.executor.all({
          text: "SELECT message FROM _plasma_client_mutations ORDER BY mutation_id",
          params: [],
        });
        return rows.map((row) => row["message"] !== null);
      };
      await ada.mutate("refuse", { code: "no" });
      await ada.mutate("refuse", { code: "no" });
      expect(await kept()).toEqual([true, true]);
      await ada.pull();
      await ada.mutate("refuse", { code: "no" });
      expect(await kept()).toEqual([false, false, true]);
    });

    it("a copy of a client that repeats what was confirmed long ago, under another id, runs nothing", async () => {
      const ada = world.client("ada");
      const mutation = ada.mutation("takeShare", { id: "s1", amount: 1 });
      await ada.push([mutation]);
      await ada.pull();
      await ada.mutate("takeShare", { id: "s2", amount: 1 });
      await world.executor.run({ text: "DELETE FROM shares WHERE id = 's1'", params: [] });
      const copy = world.client("ada", "copy");
      const { results } = await copy.push([{ ...mutation, id: 1 }]);
      expect(results).toMatchObject([{ id: 1, status: "ok" }]);
      expect(await count("shares")).toBe(1);
    });

    it("another mutation under an id that was confirmed long ago is a fork, and is not passed over", async () => {
      const ada = world.client("ada");
      await ada.mutate("takeShare", { id: "s1", amount: 1 });
      await ada.pull();
      await ada.mutate("takeShare", { id: "s2", amount: 1 });
      const other = { ...ada.mutation("takeShare", { id: "s3", amount: 1 }), id: 1 };
      const response = await ada.send("push", ada.pushBody([other]));
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({ code: "client-forked" });
    });

    it("a copy of a client is found out though what that one sent was taken over by another client id", async () => {
      const original = world.client("ada", "tab");
      const copy = world.client("ada", "tab");
      const moved = original.mutation("takeShare", { id: "s1", amount: 1 });
      await original.push([moved]);
      await world.client("ada", "next-tab").push([{ ...moved, id: 1 }]);
      await world.client("ada", "tab-after-that").push([{ ...moved, id: 1 }]);

      const other = copy.mutation("takeShare", { id: "s2", amount: 1 });
      const response = await copy.send("push", copy.pushBody([other]));
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({ code: "client-forked" });
      // Who pulls before they push learns it as well: from the uid that stands there instead of theirs.
      const pulled = await copy.pullPage();
      expect(pulled.lastMutationIDs).toEqual({ tab: 1 });
      expect(pulled.lastMutationUIDs).toEqual({ tab: moved.uid });
      expect((await original.push([moved])).results).toMatchObject([
        { id: 1, status: "ok", duplicate: true },
      ]);
      expect(await count("shares")).toBe(1);
    });

    it("200 mutations of many small values fit into one push", async () => {
      const ada = world.client("ada");
      const ids = Array.from({ length: 600 }, (_, at) => at);
      const mutations = Array.from({ length: 200 }, (_, at) =>
        ada.mutation("takeShare", { id: `s${at}`, amount: 0, ids } as never),
      );
      const { results } = await ada.push(mutations);
      expect(results.filter(({ status }) => status === "ok")).toHaveLength(200);
    });
  });
}
