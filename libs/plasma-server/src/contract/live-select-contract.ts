/** Queries of the app's own server code that are asked again when their tables change. */

import { asc } from "@sh1n4ps/plasma-core";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { compactChangeLog } from "../change-log/compact.ts";
import { createServerDb } from "../db/server-db.ts";
import { serverLiveSelect } from "../db/server-live-select.ts";
import { ensureSchema } from "../schema/ensure-schema.ts";
import type { SqlExecutor, Statement } from "../sql/executor.ts";
import { schema, shares } from "./app.ts";
import { pause } from "./world.ts";

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

export function liveSelectContract(fresh: () => Promise<SqlExecutor>): void {
  describe("serverLiveSelect", () => {
    let executor: SqlExecutor;
    let polls: number;
    beforeEach(async () => {
      const database = await fresh();
      polls = 0;
      executor = {
        ...database,
        all: (statement: Statement) => {
          if (statement.text.includes("FROM _plasma_meta")) polls++;
          return database.all(statement);
        },
      };
      await ensureSchema({ schema, executor });
    });
    const add = (id: string) =>
      createServerDb({ schema, executor }).insert(shares).values({ id, amount: 1 });
    const ids = async () =>
      (
        await createServerDb({ schema, executor }).select().from(shares).orderBy(asc(shares.id))
      ).map((row) => row.id);

    it("Server-side live: gives the first answer, and a new one after each change of its tables, by any SQL", async () => {
      await add("a");
      const heard: string[][] = [];
      const live = serverLiveSelect({
        executor,
        fetch: ids,
        onChange: (rows) => void heard.push(rows),
        tables: ["shares"],
        pollIntervalMs: 10,
      });
      await eventually(() => expect(heard).toEqual([["a"]]));
      await add("b");
      await eventually(() => expect(heard.at(-1)).toEqual(["a", "b"]));
      await executor.run({ text: "INSERT INTO shares (id, amount) VALUES ('c', 1)", params: [] });
      await eventually(() => expect(heard.at(-1)).toEqual(["a", "b", "c"]));
      await compactChangeLog(executor, 10 ** 9);
      await add("d");
      await eventually(() => expect(heard.at(-1)).toEqual(["a", "b", "c", "d"]));
      const answers = heard.length;
      await executor.run({
        text: "INSERT INTO lists (id, name, \"ownerId\") VALUES ('l', 'other', 'x')",
        params: [],
      });
      await pause(60);
      expect(heard.length).toBe(answers);
      live.stop();
      await add("e");
      await pause(60);
      expect(heard.length).toBe(answers);
    });

    it("polls once for all, goes on after failures, and not at all when nobody watches", async () => {
      const errors: unknown[] = [];
      let fails = true;
      const heard = new Set<number>();
      const watching = Array.from({ length: 20 }, (_, at) =>
        serverLiveSelect({
          executor,
          fetch: () =>
            at === 0 && fails ? Promise.reject(new Error("not now")) : Promise.resolve(at),
          onChange: (which) => void heard.add(which),
          onError: (error) => errors.push(error),
          pollIntervalMs: 25,
        }),
      );
      await eventually(() => expect(heard.size).toBe(19));
      await eventually(() => expect(errors.length).toBeGreaterThan(0));
      fails = false;
      await add("a");
      await eventually(() => expect(heard.size).toBe(20));
      const before = polls;
      await pause(200);
      // Twenty polls of their own would be some 160.
      expect(polls - before).toBeLessThan(40);
      for (const live of watching) live.stop();
      await pause(50);
      const after = polls;
      await pause(100);
      expect(polls).toBe(after);
    });
  });
}
