/** What becomes of a mutation: refusals, bugs, constraints, and values as they were sent. */

import { decodeRow, tableInfo } from "@sh1n4ps/plasma-core";
import { beforeEach, describe, expect, it } from "vitest";
import type { SqlExecutor } from "../sql/executor.ts";
import { things, todos } from "./app.ts";
import { countRows, createWorld } from "./world.ts";
import type { World } from "./world.ts";

export function outcomeContract(fresh: () => Promise<SqlExecutor>): void {
  describe("outcomes", () => {
    let world: World;
    beforeEach(async () => {
      world = createWorld(await fresh());
    });
    const count = (table: string) => countRows(world.executor, table);

    it("a mutator that crashes is refused without a word of why, and reported, where nobody waits for its repair", async () => {
      world = world.another({ development: true });
      const ada = world.client("ada");
      expect(await ada.mutate("crash", {})).toEqual({
        id: 1,
        status: "error",
        code: "quarantined",
        message: "The server failed on this change each time it tried, and has put it aside.",
      });
      const report = world.errors.find((error) => error.kind === "mutation-error");
      expect((report?.cause as Error).message).toBe("secret-in-a-stack");
      expect(world.sent.get("ada")!.join()).not.toContain("secret");
      expect(await ada.mutate("takeShare", { id: "s", amount: 1 })).toMatchObject({
        status: "ok",
      });
    });

    it("unknown mutators and names that objects inherit are refused", async () => {
      const ada = world.client("ada");
      for (const name of ["nope", "toString", "__proto__", "constructor"]) {
        const [result] = (await ada.push([{ ...ada.mutation("crash", {}), name }])).results;
        expect(result).toMatchObject({ status: "error", code: "unknown-mutator" });
      }
    });

    it("args that the codec would not have written refuse their mutation only", async () => {
      const ada = world.client("ada");
      const bad = { ...ada.mutation("takeShare", {}), args: { $type: "date", value: "soon" } };
      const { results } = await ada.push([bad, ada.mutation("takeShare", { id: "s", amount: 1 })]);
      expect(results).toMatchObject([{ status: "error", code: "invalid-value" }, { status: "ok" }]);
    });

    it("a unique value that is taken refuses the mutation, and names no row", async () => {
      const ada = world.client("ada");
      const bob = world.client("bob");
      await ada.mutate("createSharedList", { id: "adas", name: "A", userIds: ["ada"] });
      await bob.mutate("createSharedList", { id: "bobs", name: "B", userIds: ["bob"] });
      await ada.mutate("addTodo", { id: "t1", listId: "adas", title: "T", code: "secret-code" });
      const result = await bob.mutate("addTodo", {
        id: "t2",
        listId: "bobs",
        title: "T",
        code: "secret-code",
      });
      expect(result).toMatchObject({ status: "error", code: "conflict" });
      expect(JSON.stringify(result)).not.toMatch(/secret-code|t1|todos\./);
      expect(await count("todos")).toBe(1);
      const taken = await bob.mutate("addTodo", { id: "t1", listId: "bobs", title: "T" });
      expect(taken).toMatchObject({ status: "error", code: "conflict" });
    });

    it("two rows can trade their unique values", async () => {
      const ada = world.client("ada");
      await ada.mutate("createSharedList", { id: "l", name: "L", userIds: ["ada"] });
      await ada.mutate("addTodo", { id: "t1", listId: "l", title: "1", code: "x" });
      await ada.mutate("addTodo", { id: "t2", listId: "l", title: "2", code: "y" });
      await ada.pull();
      expect(await ada.mutate("tradeCodes", { left: "t1", right: "t2" })).toMatchObject({
        status: "ok",
      });
      expect(await ada.pull()).toHaveLength(2);
      expect([ada.rows.get("todos/t1")!["code"], ada.rows.get("todos/t2")!["code"]]).toEqual([
        "y",
        "x",
      ]);
    });

    it("a reference to a row that does not exist refuses the mutation, and the database lives on", async () => {
      const open = world.another({
        mutators: {
          dangle: {
            args: undefined,
            run: async ({ unrestrictedDb }) => {
              await unrestrictedDb!
                .insert(todos)
                .values({ id: "t", listId: "nowhere", title: "T" });
            },
          },
        },
      });
      const ada = open.client("ada");
      const [result] = (await ada.push([{ ...ada.mutation("crash", {}), name: "dangle" }])).results;
      expect(result).toMatchObject({ status: "error", code: "missing-reference" });
      expect(await count("todos")).toBe(0);
    });

    it("what a delete takes along is logged and announced row by row", async () => {
      const ada = world.client("ada");
      await ada.mutate("createSharedList", { id: "l", name: "L", userIds: ["ada", "bob"] });
      await ada.mutate("addTodo", { id: "t", listId: "l", title: "T" });
      await ada.pull();
      world.pushed.length = 0;
      await ada.mutate("deleteList", { id: "l" });
      expect(
        world.pushed[0]!.rows.map(({ table, id, after }) => [table, id, after]).sort(),
      ).toEqual([
        ["lists", "l", null],
        ["members", "l:ada", null],
        ["members", "l:bob", null],
        ["todos", "t", null],
      ]);
      expect(world.pushed[0]!.tables.toSorted()).toEqual(["lists", "members", "todos"]);
      await ada.pull();
      expect(ada.keys()).toEqual([]);
    });

    it("a failing onPushed is reported, and the push is not affected", async () => {
      const shaky = world.another({
        onPushed: () => {
          throw new Error("no coordinator");
        },
      });
      expect(await shaky.client("ada").mutate("takeShare", { id: "s", amount: 1 })).toMatchObject({
        status: "ok",
      });
      expect(shaky.errors.map((error) => error.kind)).toContain("onPushed-failed");
    });

    it("values of every kind arrive as they were sent", async () => {
      const ada = world.client("ada");
      const rows = [
        {
          id: "t1",
          label: "é 😀 \uffff 'quoted\" ? ; --",
          whole: Number.MAX_SAFE_INTEGER,
          big: 2n ** 63n - 1n,
          fraction: 6.140162234981931e-135,
          flag: true,
          moment: new Date(1.7e12),
          bytes: new Uint8Array([0, 255, 128]),
          document: { a: [1, "é", null, { deep: 1.5e-7 }] },
        },
        {
          id: "t2",
          label: null,
          whole: null,
          big: null,
          fraction: null,
          flag: null,
          moment: null,
          bytes: null,
          document: null,
        },
        {
          id: "t3",
          label: "",
          whole: -1,
          big: -(2n ** 63n),
          fraction: 5e-324,
          flag: false,
          moment: new Date(-1),
          bytes: new Uint8Array([]),
          document: "text",
        },
      ];
      for (const row of rows)
        expect(await ada.mutate("putThing", row)).toMatchObject({ status: "ok" });
      await ada.pull();
      for (const row of rows)
        expect(decodeRow(tableInfo(things), ada.rows.get(`things/${row.id}`))).toEqual(row);
    });
  });
}
