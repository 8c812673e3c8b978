/** Mutations behave as if they ran one after another. */

import type { PushResponse } from "@sh1n4ps/plasma-core";
import { beforeEach, describe, expect, it } from "vitest";
import type { SqlExecutor } from "../sql/executor.ts";
import { POOL } from "./app.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

export function isolationContract(fresh: () => Promise<SqlExecutor>): void {
  describe("isolation", () => {
    let world: World;
    beforeEach(async () => {
      world = createWorld(await fresh());
    });

    it("16 clients that read before they write keep the sum within the pool", async () => {
      const clients = Array.from({ length: 16 }, (_, at) => ({
        at,
        client: world.client(`user-${at}`),
        through: world.another(),
      }));
      const outcomes = await Promise.all(
        clients.map(async ({ at, client, through }) => {
          const taken: number[] = [];
          for (let round = 0; round < 4; round++) {
            const amount = 1 + ((at + round) % 3);
            const mutation = client.mutation("takeShare", { id: `s-${at}-${round}`, amount });
            for (;;) {
              const response = await client.send("push", client.pushBody([mutation]), through);
              if (response.status === 503) continue;
              const { results } = (await response.json()) as PushResponse;
              if (results[0]!.status === "ok") taken.push(amount);
              else expect(results[0]).toMatchObject({ code: "pool-empty" });
              break;
            }
          }
          return taken;
        }),
      );
      const acknowledged = outcomes.flat().reduce((sum, amount) => sum + amount, 0);
      const [row] = await world.executor.all({
        text: "SELECT CAST(sum(amount) AS bigint) AS n, count(*) AS rows FROM shares",
        params: [],
      });
      expect(row!["n"]).toBe(acknowledged);
      expect(row!["rows"]).toBe(outcomes.flat().length);
      expect(acknowledged).toBeLessThanOrEqual(POOL);
      expect(acknowledged).toBeGreaterThan(POOL - 3);
    });

    it("a refusal that came from a stale read is not stored", async () => {
      const ada = world.client("ada");
      await ada.mutate("createSharedList", { id: "l", name: "L", userIds: ["ada"] });
      // The row that makes the mutation fail disappears between its read and its commit.
      const original = world.executor;
      let meddled = false;
      await ada.mutate("addTodo", { id: "t", listId: "l", title: "in the way" });
      const meddling: SqlExecutor = {
        ...original,
        batch: async (statements) => {
          if (
            !meddled &&
            statements.some(({ text }) => text.includes("INTO _plasma_client_mutations"))
          ) {
            meddled = true;
            await original.run({ text: "DELETE FROM todos WHERE id = 't'", params: [] });
          }
          return original.batch(statements);
        },
      };
      const through = createWorld(meddling);
      expect(
        (
          await ada.push(
            [ada.mutation("addTodo", { id: "t", listId: "l", title: "mine" })],
            through,
          )
        ).results,
      ).toMatchObject([{ status: "ok" }]);
      expect(meddled).toBe(true);
    });
  });
}
