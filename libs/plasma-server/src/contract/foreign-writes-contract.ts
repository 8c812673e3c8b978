/** Rows written by other SQL reach the clients like any others. */

import { beforeEach, describe, expect, it } from "vitest";
import type { SqlExecutor, SqlParam } from "../sql/executor.ts";
import { keysOf, sharedAndSecret } from "./world.ts";
import type { Client, World } from "./world.ts";

export function foreignWritesContract(fresh: () => Promise<SqlExecutor>): void {
  describe("writes by other SQL", () => {
    let world: World;
    let bob: Client;
    const run = (text: string, ...params: SqlParam[]) => world.executor.run({ text, params });

    beforeEach(async () => {
      ({ world, bob } = await sharedAndSecret(await fresh()));
    });

    it("reach the clients, each with a version of its own", async () => {
      await bob.pull();
      await run(
        "INSERT INTO todos (id, listId, title) VALUES ('x', 'shared', 'by cron'), ('y', 'secret', 'canary')",
      );
      await run("UPDATE todos SET title = 'changed by hand' WHERE id = 't1'");
      expect(keysOf(await bob.pull())).toEqual(["put todos/t1", "put todos/x"]);
      expect(bob.rows.get("todos/x")).toMatchObject({ done: false, code: null });
      await run("DELETE FROM todos WHERE id = 'x'");
      expect(keysOf(await bob.pull())).toEqual(["del todos/x"]);
    });

    it("rows that REPLACE removes by a unique key are taken away", async () => {
      await run("UPDATE todos SET code = 'k' WHERE id = 't1'");
      await bob.pull();
      await run(
        "INSERT OR REPLACE INTO todos (id, listId, title, code) VALUES ('t9', 'shared', 'thief', 'k')",
      );
      expect(keysOf(await bob.pull())).toEqual(["del todos/t1", "put todos/t9"]);
      await run(
        "INSERT OR REPLACE INTO todos (id, listId, title, code) VALUES ('t9', 'shared', 'same id', NULL)",
      );
      expect(keysOf(await bob.pull())).toEqual(["put todos/t9"]);
      await run(
        "INSERT INTO todos (id, listId, title, code) VALUES ('t8', 'shared', 'eight', 'e')",
      );
      await bob.pull();
      await run("UPDATE OR REPLACE todos SET code = 'e' WHERE id = 't9'");
      expect(keysOf(await bob.pull())).toEqual(["del todos/t8", "put todos/t9"]);
      await run(
        "INSERT OR IGNORE INTO todos (id, listId, title, code) VALUES ('t7', 'shared', 'ignored', 'e')",
      );
      await bob.pull();
      expect(bob.keys()).toContain("todos/t9");
      expect(bob.keys()).not.toContain("todos/t7");
    });

    it("a changed id is a row that goes and a row that comes", async () => {
      await bob.pull();
      await run("UPDATE todos SET id = 'renamed' WHERE id = 't1'");
      expect(keysOf(await bob.pull())).toEqual(["put todos/renamed", "del todos/t1"]);
    });

    it("the log names the client and the mutation, or nobody", async () => {
      await run("UPDATE todos SET title = 'by cron' WHERE id = 't1'");
      const rows = await world.executor.all({
        text: "SELECT op, origin_client, origin_mutation FROM _plasma_changes WHERE table_name = 'todos' AND row_id = 't1' ORDER BY version",
        params: [],
      });
      expect(rows).toEqual([
        { op: "put", origin_client: "ada-tab", origin_mutation: 3 },
        { op: "put", origin_client: null, origin_mutation: null },
      ]);
      expect(
        await world.executor.all({ text: "SELECT * FROM _plasma_origin_context", params: [] }),
      ).toEqual([]);
    });
  });
}
