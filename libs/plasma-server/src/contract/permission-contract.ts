/** Who may push, and what. */

import { beforeEach, describe, expect, it } from "vitest";
import type { SqlExecutor } from "../sql/executor.ts";
import { countRows, createWorld } from "./world.ts";
import type { World } from "./world.ts";

export function permissionContract(fresh: () => Promise<SqlExecutor>): void {
  describe("who may", () => {
    let world: World;
    beforeEach(async () => {
      world = createWorld(await fresh());
    });
    const count = (table: string) => countRows(world.executor, table);

    it("a client id belongs to whoever pushed with it first", async () => {
      const ada = world.client("ada", "tab-1");
      await ada.mutate("takeShare", { id: "s1", amount: 1 });
      const mallory = world.client("mallory", "tab-1");
      mallory.nextID = 2;
      for (const [path, body] of [
        ["push", mallory.pushBody([mallory.mutation("takeShare", { id: "s2", amount: 1 })])],
        ["pull", mallory.pullBody()],
      ] as const) {
        const response = await mallory.send(path, body);
        expect(response.status).toBe(403);
        expect(await response.json()).toEqual({
          code: "forbidden",
          message: "This client cannot be used.",
        });
      }
      expect(await count("shares")).toBe(1);
    });

    it("ids in the body that differ from those signed in are refused", async () => {
      const ada = world.client("ada");
      const mutations = [ada.mutation("takeShare", { id: "s1", amount: 1 })];
      for (const change of [{ clientID: "other" }, { clientGroupID: "bob" }]) {
        const response = await ada.send("push", { ...ada.pushBody(mutations), ...change });
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({ code: "identity-mismatch" });
      }
      await ada.pull();
      expect(await count("_plasma_clients")).toBe(0);
    });

    it("writes are judged on the row before and on the row after", async () => {
      const ada = world.client("ada");
      const bob = world.client("bob");
      await ada.mutate("createSharedList", { id: "adas", name: "A", userIds: ["ada", "bob"] });
      await bob.mutate("createSharedList", { id: "bobs", name: "B", userIds: ["bob"] });
      await ada.mutate("addTodo", { id: "t", listId: "adas", title: "T" });
      expect(await ada.mutate("moveTodo", { id: "t", listId: "bobs" })).toMatchObject({
        code: "forbidden",
      });
      expect(await bob.mutate("moveTodo", { id: "t", listId: "bobs" })).toMatchObject({
        status: "ok",
      });
      expect(await ada.mutate("addTodo", { id: "t2", listId: "bobs", title: "T" })).toMatchObject({
        code: "forbidden",
      });
      // What a person cannot see is not found, and no error.
      expect(await ada.mutate("rename", { id: "t", title: "mine" })).toEqual({
        id: 5,
        status: "ok",
      });
      await bob.pull();
      expect(bob.rows.get("todos/t")).toMatchObject({ title: "T", listId: "bobs" });
    });

    it("a write that makes itself allowed is refused for the row before it", async () => {
      await world
        .client("ada")
        .mutate("createSharedList", { id: "l", name: "L", userIds: ["ada", "bob"] });
      expect(await world.client("bob").mutate("takeList", { id: "l" })).toMatchObject({
        code: "forbidden",
      });
    });

    it("subqueries of a mutator see what the person may read, and its own writes", async () => {
      await world
        .client("ada")
        .mutate("createSharedList", { id: "a", name: "canary-list", userIds: ["ada"] });
      const bob = world.client("bob");
      await bob.mutate("createSharedList", { id: "b", name: "mine", userIds: ["bob"] });
      await bob.mutate("countLists", { id: "t1", listId: "b" });
      await bob.mutate("countLists", { id: "t2", listId: "b" });
      await bob.pull();
      expect(bob.rows.get("todos/t2")).toMatchObject({ title: "saw 0" });
      await bob.mutate("createSharedList", { id: "c", name: "canary-list", userIds: ["bob"] });
      await bob.mutate("countLists", { id: "t3", listId: "b" });
      await bob.pull();
      expect(bob.rows.get("todos/t3")).toMatchObject({ title: "saw 2" });
    });

    it("a rule that is unknown says no, to readers and to writers", async () => {
      const ada = world.client("ada");
      expect(await ada.mutate("keepSecret", { id: "known", owner: "bob" })).toMatchObject({
        status: "ok",
      });
      expect(await ada.mutate("keepSecret", { id: "unknown", owner: null })).toMatchObject({
        code: "forbidden",
      });
      await world.executor.run({ text: "INSERT INTO secrets (id) VALUES ('unknown')", params: [] });
      await ada.pull();
      expect(ada.keys()).toEqual(["secrets/known"]);
    });

    it("a row cannot justify itself", async () => {
      await world
        .client("ada")
        .mutate("createSharedList", { id: "l", name: "L", userIds: ["ada"] });
      const bob = world.client("bob");
      expect(await bob.mutate("addMember", { listId: "l", userId: "bob" })).toMatchObject({
        code: "forbidden",
      });
      expect(await bob.mutate("addMember", { listId: "none", userId: "bob" })).toMatchObject({
        code: "forbidden",
      });
    });

    it("predicates in JavaScript decide about writes, too", async () => {
      const ada = world.client("ada");
      expect(await ada.mutate("writeNote", { id: "n", body: "ada: hello" })).toMatchObject({
        status: "ok",
      });
      expect(await ada.mutate("writeNote", { id: "m", body: "bob: hello" })).toMatchObject({
        code: "forbidden",
      });
    });

    it("tables without a rule are closed when the policy says so", async () => {
      const strict = world.another({ policy: { default: "deny" } });
      expect(await strict.client("ada").mutate("takeShare", { id: "s", amount: 1 })).toMatchObject({
        code: "forbidden",
      });
      expect(strict.errors).toEqual([]);
    });
  });
}
