/** Rows and outcomes of a pull belong together. */

import type { PullResponse } from "@sh1n4ps/plasma-core";
import { beforeEach, describe, expect, it } from "vitest";
import type { SqlExecutor } from "../sql/executor.ts";
import { pause, sharedAndSecret } from "./world.ts";
import type { Client, World } from "./world.ts";

export function snapshotContract(fresh: () => Promise<SqlExecutor>): void {
  describe("rows and outcomes", () => {
    let world: World;
    let bob: Client;

    beforeEach(async () => {
      ({ world, bob } = await sharedAndSecret(await fresh()));
    });

    it("are of one snapshot, while somebody writes", async () => {
      const writer = world.client("bob", "writer");
      let isWriting = true;
      const writing = (async () => {
        for (let at = 1; at <= 25; at++) {
          await writer.mutate("addTodo", { id: `w${at}`, listId: "shared", title: "w" });
          // On a database that answers at once, nobody else would get a turn.
          await pause(at % 3);
        }
      })().finally(() => {
        isWriting = false;
      });
      const reader = world.client("bob", "reader");
      let pulls = 0;
      while (isWriting) {
        pulls++;
        const response = await reader.send("pull", {
          ...reader.pullBody(),
          cookie: null,
          clients: [{ clientID: "writer", confirmed: 0 }],
        });
        const { patch, lastMutationIDs } = (await response.json()) as PullResponse;
        const seen = patch.filter(
          (operation) => operation.op === "put" && String(operation.row["id"]).startsWith("w"),
        ).length;
        expect(lastMutationIDs["writer"] ?? 0).toBe(seen);
        // workerd lets no timer fire while there is always something else to do.
        await pause(0);
      }
      await writing;
      expect(pulls).toBeGreaterThan(3);
    });

    it("are told of one's own clients only", async () => {
      const response = await bob.send("pull", {
        ...bob.pullBody(),
        clients: [
          { clientID: "ada-tab", confirmed: 0 },
          { clientID: "unknown", confirmed: 0 },
        ],
      });
      expect(await response.json()).toMatchObject({ lastMutationIDs: {}, rejections: [] });
    });
  });
}
