/** Mutations of one push share a commit where they can; nobody can tell, except by the clock. */

import { beforeEach, describe, expect, it } from "vitest";
import type { SqlExecutor, Statement } from "../sql/executor.ts";
import { countRows, createWorld } from "./world.ts";
import type { Client, World } from "./world.ts";

export function groupContract(fresh: () => Promise<SqlExecutor>): void {
  describe("several mutations of a push", () => {
    let world: World;
    let ada: Client;
    beforeEach(async () => {
      world = createWorld(await fresh());
      ada = world.client("ada");
      await ada.mutate("createList", { id: "l", name: "list" });
    });
    const versions = () => countRows(world.executor, "_plasma_versions");
    const titles = async () => {
      const rows = await world.executor.all({
        text: "SELECT id, title, code FROM todos ORDER BY id",
        params: [],
      });
      return rows.map(({ id, title, code }) => [id, title, code].join(" ").trim());
    };
    const statuses = async (mutations: Parameters<Client["push"]>[0]) => {
      const { results } = await ada.push(mutations);
      return results.map((result) => (result.status === "error" ? result.code : result.status));
    };

    it("become one version, and each sees what those before it wrote", async () => {
      await ada.mutate("createSharedList", { id: "m", name: "more", userIds: ["ada"] });
      const before = await versions();
      expect(
        await statuses([
          ada.mutation("addTodo", { id: "t1", listId: "m", title: "one", code: "x" }),
          ada.mutation("addTodo", { id: "t2", listId: "m", title: "two", code: "y" }),
          ada.mutation("tradeCodes", { left: "t1", right: "t2" }),
          ada.mutation("rename", { id: "t1", title: "first" }),
          ada.mutation("addTodo", { id: "t3", listId: "m", title: "three" }),
          ada.mutation("deleteTodo", { id: "t3" }),
        ]),
      ).toEqual(["ok", "ok", "ok", "ok", "ok", "ok"]);
      expect(await titles()).toEqual(["t1 first y", "t2 two x"]);
      expect(await versions()).toBe(before + 1);
      const logged = await world.executor.all({
        text: "SELECT row_id FROM _plasma_changes WHERE table_name = 'todos' ORDER BY row_id",
        params: [],
      });
      expect(logged.map((row) => row["row_id"])).toEqual(["t1", "t2"]);
      const rows = world.pushed.at(-1)!.rows.map(({ id, after }) => [id, after?.["title"]]);
      expect(rows).toEqual([
        ["t1", "first"],
        ["t2", "two"],
      ]);
    });

    it("a refused one takes nothing along and leaves nothing behind", async () => {
      await ada.mutate("createSharedList", { id: "m", name: "more", userIds: ["ada"] });
      expect(
        await statuses([
          ada.mutation("addTodo", { id: "t1", listId: "m", title: "one" }),
          ada.mutation("addTodo", { id: "t1", listId: "m", title: "again" }),
          ada.mutation("refuse", { code: "not-today" }),
          ada.mutation("tradeCodes", { left: "t1", right: "t9" }),
          ada.mutation("addTodo", { id: "t2", listId: "m", title: "two" }),
          ada.mutation("addTodo", { id: "t3", listId: "nowhere", title: "three" }),
          ada.mutation("addTodo", { id: "t4", listId: "m", title: "four" }),
        ]),
      ).toEqual(["ok", "conflict", "not-today", "missing", "ok", "forbidden", "ok"]);
      expect(await titles()).toEqual(["t1 one", "t2 two", "t4 four"]);
      expect(await countRows(world.executor, "shares")).toBe(0);
    });

    it("ids and values that others hold are a conflict of that mutation alone", async () => {
      await ada.mutate("createSharedList", { id: "m", name: "more", userIds: ["ada"] });
      await ada.mutate("addTodo", { id: "taken", listId: "m", title: "there", code: "x" });
      expect(
        await statuses([
          ada.mutation("addTodo", { id: "t1", listId: "m", title: "one" }),
          ada.mutation("addTodo", { id: "taken", listId: "m", title: "stolen" }),
          ada.mutation("addTodo", { id: "t2", listId: "m", title: "two", code: "x" }),
          ada.mutation("addTodo", { id: "t3", listId: "m", title: "three" }),
        ]),
      ).toEqual(["ok", "conflict", "conflict", "ok"]);
      expect(await titles()).toEqual(["t1 one", "t3 three", "taken there x"]);
    });

    it("a value that was taken is a conflict, also if it is given back before the commit", async () => {
      await ada.mutate("createSharedList", { id: "m", name: "more", userIds: ["ada"] });
      await ada.mutate("addTodo", { id: "taken", listId: "m", title: "there", code: "x" });
      expect(
        await statuses([
          ada.mutation("addTodo", { id: "t1", listId: "m", title: "one" }),
          ada.mutation("addTodo", { id: "t2", listId: "m", title: "two", code: "x" }),
          ada.mutation("deleteTodo", { id: "t2" }),
          ada.mutation("deleteTodo", { id: "taken" }),
          ada.mutation("addTodo", { id: "taken", listId: "m", title: "anew", code: "x" }),
        ]),
      ).toEqual(["ok", "conflict", "ok", "ok", "ok"]);
      expect(await titles()).toEqual(["t1 one", "taken anew x"]);
    });

    it("a reference to a row that only a later one makes is missing", async () => {
      expect(
        await statuses([
          ada.mutation("file", { id: "t1", listId: "later" }),
          ada.mutation("createList", { id: "later", name: "later" }),
          ada.mutation("file", { id: "t2", listId: "later" }),
        ]),
      ).toEqual(["missing-reference", "ok", "ok"]);
      expect(await titles()).toEqual(["t2 filed"]);
    });

    it("a reference to nothing is missing, also if a later one takes it away", async () => {
      expect(
        await statuses([
          ada.mutation("file", { id: "t1", listId: "nowhere" }),
          ada.mutation("unfile", { id: "t1" }),
          ada.mutation("createList", { id: "m", name: "more" }),
          ada.mutation("deleteList", { id: "l" }),
        ]),
      ).toEqual(["missing-reference", "ok", "ok", "ok"]);
    });

    it("a value that a row is given is taken, also if a later one frees it", async () => {
      await ada.mutate("createSharedList", { id: "m", name: "more", userIds: ["ada"] });
      await ada.mutate("addTodo", { id: "first", listId: "m", title: "first", code: "x" });
      await ada.mutate("addTodo", { id: "other", listId: "m", title: "other" });
      expect(
        await statuses([
          ada.mutation("setCode", { id: "other", code: "x" }),
          ada.mutation("deleteTodo", { id: "first" }),
          ada.mutation("addTodo", { id: "t1", listId: "m", title: "one" }),
        ]),
      ).toEqual(["conflict", "ok", "ok"]);
      expect(await titles()).toEqual(["other other", "t1 one"]);
    });

    it("run again, each by itself, when another commit was faster", async () => {
      await ada.mutate("createSharedList", { id: "m", name: "more", userIds: ["ada"] });
      const bob = world.client("bob");
      let overtaken = false;
      const slow = createWorld({
        ...world.executor,
        batch: async (statements: readonly Statement[]) => {
          if (!overtaken && statements.some(({ text }) => /INTO _plasma_guard/.test(text))) {
            overtaken = true;
            await bob.mutate("takeShare", { id: "b", amount: 39 });
          }
          return world.executor.batch(statements);
        },
      });
      const mutations = [
        ada.mutation("takeShare", { id: "s1", amount: 1 }),
        ada.mutation("takeShare", { id: "s2", amount: 1 }),
        ada.mutation("addTodo", { id: "t1", listId: "m", title: "one" }),
      ];
      const { results } = await ada.push(mutations, slow);
      expect(results).toMatchObject([
        { status: "ok" },
        { status: "error", code: "pool-empty" },
        { status: "ok" },
      ]);
      expect(await countRows(world.executor, "shares")).toBe(2);
      expect(await titles()).toEqual(["t1 one"]);
    });

    it("what is done by one that fails for no reason of its own is not kept, and those before it are", async () => {
      const mutations = [
        ada.mutation("takeShare", { id: "s1", amount: 1 }),
        ada.mutation("takeShare", { id: "s2", amount: 1 }),
        ada.mutation("crash", {}),
        ada.mutation("takeShare", { id: "s3", amount: 1 }),
      ];
      const response = await ada.send("push", ada.pushBody(mutations));
      expect(response.status).toBe(503);
      expect(await countRows(world.executor, "shares")).toBe(2);
    });
  });
}
