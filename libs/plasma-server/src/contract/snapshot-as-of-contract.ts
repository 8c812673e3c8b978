/** All rows as of a version, compared with what was read when the database stood there. */

import { defineSchema, id, syncedTables, table, text } from "@sh1n4ps/plasma-core";
import type { AnyTable, Row } from "@sh1n4ps/plasma-core";
import { beforeEach, describe, expect, it } from "vitest";
import { compactChangeLog } from "../change-log/compact.ts";
import { snapshotAsOf } from "../change-log/snapshot-as-of.ts";
import { createServerDb } from "../db/server-db.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { schema, todos } from "./app.ts";
import { chance } from "./random.ts";
import { sharedAndSecret } from "./world.ts";
import type { Client, World } from "./world.ts";

const STEPS = 24;
const tables: Readonly<Record<string, AnyTable>> = schema.tables;

export function snapshotAsOfContract(fresh: () => Promise<SqlExecutor>): void {
  describe("snapshotAsOf", () => {
    let world: World;
    let ada: Client;
    beforeEach(async () => {
      ({ world, ada } = await sharedAndSecret(await fresh()));
    });
    const version = async () => {
      const rows = await world.executor.all({
        text: "SELECT version FROM _plasma_meta",
        params: [],
      });
      return rows[0]!["version"] as number;
    };
    /** The current rows, read without the log. */
    const current = async (): Promise<Record<string, readonly Row[]>> => {
      const db = createServerDb({ schema, executor: world.executor });
      const found: Record<string, readonly Row[]> = {};
      for (const { name } of syncedTables(schema)) {
        const rows = (await db.select().from(tables[name]!)) as Row[];
        found[name] = rows.toSorted((a, b) => (String(a["id"]) < String(b["id"]) ? -1 : 1));
      }
      return found;
    };
    const asOf = async (at: number) => {
      const snapshot = await snapshotAsOf(world.executor, schema, at);
      expect(snapshot.misfits).toEqual([]);
      return Object.fromEntries(snapshot.tables);
    };

    /** Mutations and plain SQL by turns: rows come, change, go and come back. */
    const live = async () => {
      const random = chance(11);
      const db = createServerDb({ schema, executor: world.executor });
      const past = new Map([[await version(), await current()]]);
      for (let at = 0; at < STEPS; at++) {
        const todo = `n${random.below(5)}`;
        const [found] = await world.executor.all({
          text: "SELECT id FROM todos WHERE id = ?",
          params: [todo],
        });
        if (!found) await ada.mutate("addTodo", { id: todo, listId: "shared", title: `${at}` });
        else if (random.oneIn(2)) {
          await world.executor.run({ text: "DELETE FROM todos WHERE id = ?", params: [todo] });
        } else await db.update(todos).set({ title: `all ${at}` });
        past.set(await version(), await current());
      }
      return past;
    };

    it("gives at every version what the tables held when they stood there", async () => {
      const past = await live();
      expect(past.size).toBe(STEPS + 1);
      for (const [at, rows] of past) expect(await asOf(at)).toEqual(rows);
      expect(Object.values(await asOf(0)).flat()).toEqual([]);
    });

    it("after a compaction reaches to the horizon, and refuses what lies beyond or is still to come", async () => {
      const past = await live();
      const versions = [...past.keys()];
      const horizon = versions[STEPS / 2] as number;
      await compactChangeLog(world.executor, horizon);
      for (const [at, rows] of past) {
        if (at >= horizon) expect(await asOf(at)).toEqual(rows);
        else await expect(asOf(at)).rejects.toMatchObject({ code: "version-compacted" });
      }
      await expect(asOf((await version()) + 1)).rejects.toMatchObject({ code: "version-unknown" });
      await expect(asOf(1.5)).rejects.toThrow(/whole number/);
    });

    it("names the rows that did not fit the schema at that version, and leaves them out", async () => {
      const shirts = table("shirts", { id: id(), size: text({ enum: ["s", "m"] }) });
      const clothes = defineSchema({ shirts });
      const executor = await fresh();
      const db = createServerDb({ schema: clothes, executor });
      await db.insert(shirts).values({ id: "a", size: "s" });
      await db.insert(shirts).values({ id: "b", size: "m" });
      await executor.run({ text: "UPDATE shirts SET size = 'xl' WHERE id = 'b'", params: [] });
      await executor.run({ text: "UPDATE shirts SET size = 's' WHERE id = 'b'", params: [] });
      const [two, three, four] = await Promise.all(
        [2, 3, 4].map((at) => snapshotAsOf(executor, clothes, at)),
      );
      const a = { id: "a", size: "s" };
      expect(two?.tables.get("shirts")).toEqual([a, { id: "b", size: "m" }]);
      expect(three?.tables.get("shirts")).toEqual([a]);
      expect(three?.misfits).toEqual([{ table: "shirts", id: "b", column: "size" }]);
      expect(four?.tables.get("shirts")).toEqual([a, { id: "b", size: "s" }]);
      expect([two?.misfits, four?.misfits]).toEqual([[], []]);
    });
  });
}
