/** Rows written by other SQL reach the clients like any others. */

import { beforeEach, describe, expect, it } from "vitest";
import type { SqlExecutor, SqlParam, Statement } from "../sql/executor.ts";
import { misfitContract } from "./misfit-contract.ts";
import { keysOf, sharedAndSecret } from "./world.ts";
import type { Client, World } from "./world.ts";

export interface ForeignWritesContractOptions {
  readonly dialect: SqlExecutor["dialect"];
  readonly fresh: () => Promise<SqlExecutor>;
}

export function foreignWritesContract(options: ForeignWritesContractOptions): void {
  const { dialect, fresh } = options;
  misfitContract(options);
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
        `INSERT INTO todos (id, "listId", title) VALUES ('x', 'shared', 'by cron'), ('y', 'secret', 'canary')`,
      );
      await run("UPDATE todos SET title = 'changed by hand' WHERE id = 't1'");
      expect(keysOf(await bob.pull())).toEqual(["put todos/t1", "put todos/x"]);
      expect(bob.rows.get("todos/x")).toMatchObject({ done: false, code: null });
      await run("DELETE FROM todos WHERE id = 'x'");
      expect(keysOf(await bob.pull())).toEqual(["del todos/x"]);
    });

    it("rows of an upsert are logged as what they were", async () => {
      await bob.pull();
      await run(
        `INSERT INTO todos (id, "listId", title) VALUES ('t1', 'shared', 'one'), ('t2', 'shared', 'two')
          ON CONFLICT (id) DO UPDATE SET title = 'upserted'`,
      );
      expect(keysOf(await bob.pull())).toEqual(["put todos/t1", "put todos/t2"]);
      expect(bob.rows.get("todos/t1")).toMatchObject({ title: "upserted" });
    });

    if (dialect === "sqlite") replacing();
    else onPostgres();

    function onPostgres() {
      const versions = async () =>
        (await world.executor.all({ text: "SELECT version FROM _plasma_meta", params: [] }))[0]![
          "version"
        ] as number;
      const together = (...texts: string[]) =>
        world.executor.batch(texts.map((text): Statement => ({ text, params: [] })));

      it("all that one transaction writes has one version", async () => {
        const before = await versions();
        await together(
          `INSERT INTO todos (id, "listId", title) VALUES ('x', 'shared', 'x')`,
          `UPDATE todos SET title = 'changed' WHERE id = 't1'`,
          `DELETE FROM todos WHERE id = 'x'`,
        );
        expect(await versions()).toBe(before + 1);
        expect(keysOf(await bob.pull())).toContain("put todos/t1");
      });

      it("rows that TRUNCATE removes are taken away", async () => {
        await bob.pull();
        await together("TRUNCATE todos, members CASCADE");
        expect(keysOf(await bob.pull())).toEqual([
          "del lists/shared",
          "del members/shared:ada",
          "del members/shared:bob",
          "del todos/t1",
        ]);
      });

      it("are logged whatever search_path their writer has", async () => {
        await bob.pull();
        await together(
          "SET LOCAL search_path TO pg_catalog",
          "UPDATE public.todos SET title = 'from afar' WHERE id = 't1'",
        );
        expect(keysOf(await bob.pull())).toEqual(["put todos/t1"]);
      });

      it("a transaction that is rolled back, or a part of it, leaves nothing in the log", async () => {
        const before = await versions();
        await expect(
          together("UPDATE todos SET title = 'x' WHERE id = 't1'", "SELECT 1/0"),
        ).rejects.toThrow();
        expect(await versions()).toBe(before);
        await together(
          "SAVEPOINT here",
          "UPDATE todos SET title = 'x' WHERE id = 't1'",
          "ROLLBACK TO SAVEPOINT here",
          `INSERT INTO todos (id, "listId", title) VALUES ('y', 'shared', 'y')`,
        );
        expect(await versions()).toBe(before + 1);
        expect(keysOf(await bob.pull())).toContain("put todos/y");
      });
    }

    function replacing() {
      it("rows that REPLACE removes by a unique key are taken away", async () => {
        await run("UPDATE todos SET code = 'k' WHERE id = 't1'");
        await bob.pull();
        await run(
          `INSERT OR REPLACE INTO todos (id, "listId", title, code) VALUES ('t9', 'shared', 'thief', 'k')`,
        );
        expect(keysOf(await bob.pull())).toEqual(["del todos/t1", "put todos/t9"]);
        await run(
          `INSERT OR REPLACE INTO todos (id, "listId", title, code) VALUES ('t9', 'shared', 'same id', NULL)`,
        );
        expect(keysOf(await bob.pull())).toEqual(["put todos/t9"]);
        await run(
          `INSERT INTO todos (id, "listId", title, code) VALUES ('t8', 'shared', 'eight', 'e')`,
        );
        await bob.pull();
        await run("UPDATE OR REPLACE todos SET code = 'e' WHERE id = 't9'");
        expect(keysOf(await bob.pull())).toEqual(["del todos/t8", "put todos/t9"]);
        await run(
          `INSERT OR IGNORE INTO todos (id, "listId", title, code) VALUES ('t7', 'shared', 'ignored', 'e')`,
        );
        await bob.pull();
        expect(bob.keys()).toContain("todos/t9");
        expect(bob.keys()).not.toContain("todos/t7");
      });
    }

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
