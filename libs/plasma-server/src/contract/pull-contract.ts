/** What pull promises, on every database. */

import { beforeEach, describe, expect, it } from "vitest";
import type { SqlExecutor } from "../sql/executor.ts";
import { createWorld, keysOf, sharedAndSecret } from "./world.ts";
import type { Client, World } from "./world.ts";

export function pullContract(fresh: () => Promise<SqlExecutor>): void {
  describe("pull", () => {
    let world: World;
    let ada: Client;
    let bob: Client;

    beforeEach(async () => {
      ({ world, ada, bob } = await sharedAndSecret(await fresh()));
    });

    it("a first pull is everything one may see, after a clear", async () => {
      const patch = await bob.pull();
      expect(keysOf(patch)).toEqual([
        "clear",
        "put lists/shared",
        "put members/shared:ada",
        "put members/shared:bob",
        "put todos/t1",
      ]);
      expect(bob.rows.get("todos/t1")).toEqual({
        id: "t1",
        listId: "shared",
        title: "one",
        done: false,
        code: null,
      });
    });

    it("later pulls bring what changed, and nothing else", async () => {
      await bob.pull();
      await ada.mutate("rename", { id: "t1", title: "two" });
      await ada.mutate("addTodo", { id: "t2", listId: "shared", title: "new" });
      await ada.mutate("rename", { id: "canary-id", title: "canary-again" });
      expect(keysOf(await bob.pull())).toEqual(["put todos/t1", "put todos/t2"]);
      await ada.mutate("deleteTodo", { id: "t1" });
      expect(keysOf(await bob.pull())).toEqual(["del todos/t1"]);
      await ada.mutate("addTodo", { id: "t1", listId: "shared", title: "reborn" });
      expect(keysOf(await bob.pull())).toEqual(["put todos/t1"]);
    });

    it("a row that came and went between two pulls is not mentioned; one that went and came is sent", async () => {
      await bob.pull();
      await ada.mutate("addTodo", { id: "brief", listId: "shared", title: "brief" });
      await ada.mutate("deleteTodo", { id: "brief" });
      await ada.mutate("deleteTodo", { id: "t1" });
      await ada.mutate("addTodo", { id: "t1", listId: "shared", title: "back" });
      expect(keysOf(await bob.pull())).toEqual(["put todos/t1"]);
    });

    it("an idle pull keeps its cookie and writes nothing", async () => {
      await bob.pull();
      const { cookie } = bob;
      const writes: string[] = [];
      const watching = createWorld({
        ...world.executor,
        batch: (statements) => {
          writes.push(
            ...statements
              .map(({ text }) => text)
              .filter((text) => !/^\s*(SELECT|WITH)\b/i.test(text)),
          );
          return world.executor.batch(statements);
        },
        run: (statement) => {
          writes.push(statement.text);
          return world.executor.run(statement);
        },
      });
      const before = await world.executor.all({ text: "SELECT * FROM _plasma_meta", params: [] });
      const response = await bob.send("pull", bob.pullBody(), watching);
      expect(await response.json()).toEqual({
        cookie,
        patch: [],
        lastMutationIDs: {},
        lastMutationUIDs: {},
        rejections: [],
        hasMore: false,
      });
      expect(await world.executor.all({ text: "SELECT * FROM _plasma_meta", params: [] })).toEqual(
        before,
      );
      expect(writes).toEqual([]);
    });
  });
}
