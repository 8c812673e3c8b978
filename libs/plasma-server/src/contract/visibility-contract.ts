/** Who sees what, and when: rules over other tables, predicates, changed contexts. */

import type { PullResponse } from "@sh1n4ps/plasma-core";
import { beforeEach, describe, expect, it } from "vitest";
import type { SqlExecutor } from "../sql/executor.ts";
import { keysOf, sharedAndSecret } from "./world.ts";
import type { Client, World } from "./world.ts";

export function visibilityContract(fresh: () => Promise<SqlExecutor>): void {
  describe("who sees what", () => {
    let world: World;
    let ada: Client;
    let bob: Client;

    beforeEach(async () => {
      ({ world, ada, bob } = await sharedAndSecret(await fresh()));
    });

    it("a membership that goes takes the rows with it, and coming back brings old rows back", async () => {
      await bob.pull();
      const seen = bob.keys();
      await ada.mutate("removeMember", { listId: "shared", userId: "bob" });
      expect(keysOf(await bob.pull())).toEqual([
        "del lists/shared",
        "del members/shared:ada",
        "del members/shared:bob",
        "del todos/t1",
      ]);
      expect(bob.keys()).toEqual([]);
      await ada.mutate("rename", { id: "t1", title: "while away" });
      expect(keysOf(await bob.pull())).toEqual([]);
      await ada.mutate("addMember", { listId: "shared", userId: "bob" });
      await bob.pull();
      expect(bob.keys()).toEqual(seen);
      expect(bob.rows.get("todos/t1")).toMatchObject({ title: "while away" });
    });

    it("the others keep what they see when somebody else's membership changes", async () => {
      await ada.pull();
      await ada.mutate("removeMember", { listId: "shared", userId: "bob" });
      expect(keysOf(await ada.pull())).toEqual(["del members/shared:bob"]);
    });

    it("a row that moves out of sight is taken away, and into sight is brought", async () => {
      await ada.pull();
      await bob.pull();
      await ada.mutate("moveTodo", { id: "t1", listId: "secret" });
      expect(keysOf(await bob.pull())).toEqual(["del todos/t1"]);
      await ada.mutate("moveTodo", { id: "canary-id", listId: "shared" });
      expect(keysOf(await bob.pull())).toEqual(["put todos/canary-id"]);
    });

    it("not a byte of a foreign row is ever sent, ids in deletions included", async () => {
      const eve = world.client("eve");
      await eve.pull();
      await bob.pull();
      for (let round = 0; round < 5; round++) {
        await ada.mutate("rename", { id: "canary-id", title: `canary-${round}` });
        await ada.mutate("addTodo", {
          id: `canary-t${round}`,
          listId: "secret",
          title: "canary",
        });
        await ada.mutate("addMember", { listId: "secret", userId: `canary-user-${round}` });
        await ada.mutate("writeNote", { id: `canary-n${round}`, body: "ada: canary" });
        await ada.mutate("deleteTodo", { id: `canary-t${round}` });
        await ada.mutate("rename", { id: "t1", title: `fine ${round}` });
        await bob.pull({ limit: 1 });
        await eve.pull();
        await bob.mutate("rename", { id: "canary-id", title: "stolen" });
        await bob.mutate("addTodo", { id: "canary-id", listId: "shared", title: "probe" });
        await bob.mutate("moveTodo", { id: "canary-id", listId: "shared" });
        await bob.pull();
      }
      await ada.mutate("deleteList", { id: "secret" });
      await bob.pull();
      await eve.pull();
      for (const person of ["bob", "eve"]) {
        expect(world.sent.get(person)!.join("\n")).not.toContain("canary");
      }
      expect(eve.keys()).toEqual([]);
      expect(bob.rows.get("todos/t1")).toMatchObject({ title: "fine 4" });
    });

    it("a predicate in JavaScript is asked about the row before and after", async () => {
      await ada.mutate("writeNote", { id: "n1", body: "ada: mine" });
      await ada.pull();
      await bob.pull();
      expect(ada.keys()).toContain("notes/n1");
      expect(bob.keys()).not.toContain("notes/n1");
      await ada.mutate("editNote", { id: "n1", body: "bob: yours" });
      expect(keysOf(await ada.pull())).toEqual(["del notes/n1"]);
      expect(keysOf(await bob.pull())).toEqual(["put notes/n1"]);
      await ada.mutate("editNote", { id: "n1", body: "eve: hers" });
      expect(keysOf(await ada.pull())).toEqual([]);
      expect(keysOf(await bob.pull())).toEqual(["del notes/n1"]);
    });

    it("predicates page like anything else", async () => {
      for (let at = 0; at < 9; at++)
        await ada.mutate("writeNote", { id: `n${at}`, body: "ada: note" });
      await ada.pull({ limit: 2 });
      expect(ada.keys().filter((key) => key.startsWith("notes/"))).toHaveLength(9);
      for (let at = 0; at < 9; at++) {
        await ada.mutate("editNote", {
          id: `n${at}`,
          body: at % 2 ? "ada: edited" : "bob: taken",
        });
      }
      await ada.pull({ limit: 2 });
      expect(ada.keys().filter((key) => key.startsWith("notes/"))).toEqual([
        "notes/n1",
        "notes/n3",
        "notes/n5",
        "notes/n7",
      ]);
    });

    it("another context starts over with a snapshot", async () => {
      const admin = world.another({
        auth: (request) => {
          const clientID = request.headers.get("x-plasma-client-id")!;
          return { ok: true, clientGroupID: "bob", clientID, ctx: { userId: "ada" } };
        },
      });
      await bob.pull();
      const response = await bob.send("pull", bob.pullBody(), admin);
      const { patch } = (await response.json()) as PullResponse;
      expect(patch[0]).toEqual({ op: "clear" });
      expect(keysOf(patch)).toContain("put todos/canary-id");
    });
  });
}
