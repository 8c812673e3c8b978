/** Bringing a database to a schema: once, at once with others, later on, or not at all. */

import { defineSchema, id, int, json, ref, table, text, timestamp } from "@sh1n4ps/plasma-core";
import { beforeEach, describe, expect, it } from "vitest";
import { createServerDb } from "../db/server-db.ts";
import { ensureSchema } from "../schema/ensure-schema.ts";
import type { SqlExecutor, SqlRow } from "../sql/executor.ts";
import { mutators } from "./app.ts";
import { createWorld, SCHEMA_VERSION } from "./world.ts";

export interface SchemaContractOptions {
  readonly dialect: SqlExecutor["dialect"];
  readonly fresh: () => Promise<SqlExecutor>;
}

/** Everything that DDL has made, in some order that is always the same. */
const LAYOUT: Readonly<Record<SqlExecutor["dialect"], string>> = {
  sqlite:
    "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '!_cf%' ESCAPE '!' ORDER BY type, name",
  postgres: `
    SELECT table_name || '.' || column_name || ' ' || data_type || coalesce(column_default, '') AS line
      FROM information_schema.columns WHERE table_schema = current_schema()
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()
    UNION ALL SELECT event_object_table || ' ' || trigger_name || ' ' || event_manipulation
      FROM information_schema.triggers WHERE trigger_schema = current_schema()
    ORDER BY 1`,
};
const COLUMNS: Readonly<Record<SqlExecutor["dialect"], string>> = {
  sqlite: "SELECT name FROM pragma_table_info('people') ORDER BY name",
  postgres:
    "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'people' ORDER BY 1",
};

export function schemaContract({ dialect, fresh }: SchemaContractOptions): void {
  describe("ensureSchema", () => {
    let executor: SqlExecutor;
    beforeEach(async () => {
      executor = await fresh();
    });
    /** Like another isolate: nothing is known of what was done before. */
    const elsewhere = (): SqlExecutor => ({ ...executor });
    const layout = async (): Promise<SqlRow[]> =>
      executor.all({ text: LAYOUT[dialect], params: [] });

    const people = table("people", { id: id(), name: text() });
    const first = defineSchema({ people });

    it("asks the database nothing after the first time", async () => {
      let asked = 0;
      const counting: SqlExecutor = {
        ...executor,
        all: (statement) => (asked++, executor.all(statement)),
      };
      await ensureSchema({ schema: first, executor: counting });
      const atFirst = asked;
      for (let at = 0; at < 5; at++) await ensureSchema({ schema: first, executor: counting });
      expect(asked).toBe(atFirst);
    });

    it("changes nothing the second time, and is the same when several do it at once", async () => {
      await Promise.all(
        Array.from({ length: 6 }, () => ensureSchema({ schema: first, executor: elsewhere() })),
      );
      const before = await layout();
      await ensureSchema({ schema: first, executor: elsewhere() });
      expect(await layout()).toEqual(before);
      expect(
        await executor.all({ text: "SELECT count(*) AS n FROM _plasma_versions", params: [] }),
      ).toEqual([{ n: 1 }]);
    });

    it("adds tables, columns and indexes, and keeps the rows and the log", async () => {
      await ensureSchema({ schema: first, executor });
      await createServerDb({ schema: first, executor })
        .insert(people)
        .values({ id: "p", name: "Ada" });
      const wider = table(
        "people",
        {
          id: id(),
          name: text(),
          age: int().default(7),
          since: timestamp().nullable(),
          extra: json().default({ it: "'s" }),
        },
        { indexes: [["name", "age"]] },
      );
      const pets = table("pets", { id: id(), owner: ref(() => wider.id) });
      const second = defineSchema({ people: wider, pets });
      const another = elsewhere();
      await ensureSchema({ schema: second, executor: another });
      const db = createServerDb({ schema: second, executor: another });
      expect(await db.select().from(wider)).toEqual([
        { id: "p", name: "Ada", age: 7, since: null, extra: { it: "'s" } },
      ]);
      await db.insert(pets).values({ id: "rex", owner: "p" });
      await db.update(wider).set({ age: 8 });
      const history = await executor.all({
        text: "SELECT id, _present, name, age FROM _plasma_history_people ORDER BY _v",
        params: [],
      });
      expect(history).toEqual([
        { id: "p", _present: 0, name: null, age: 7 },
        { id: "p", _present: 1, name: "Ada", age: 7 },
      ]);
    });

    it("leaves alone what a newer build has added, and the older one goes on working", async () => {
      await ensureSchema({ schema: first, executor });
      const newer = defineSchema({
        people: table("people", { id: id(), name: text(), nick: text().nullable() }),
        pets: table("pets", { id: id() }),
      });
      await ensureSchema({ schema: newer, executor: elsewhere() });
      const before = await layout();
      const old = elsewhere();
      await ensureSchema({ schema: first, executor: old });
      expect(await layout()).toEqual(before);
      await createServerDb({ schema: first, executor: old })
        .insert(people)
        .values({ id: "p", name: "Ada" });
    });

    it("joins what two builds added at the same time", async () => {
      await ensureSchema({ schema: first, executor });
      const left = defineSchema({
        people: table("people", { id: id(), name: text(), left: text().nullable() }),
      });
      const right = defineSchema({
        people: table("people", { id: id(), name: text(), right: text().nullable() }),
      });
      await Promise.all([
        ensureSchema({ schema: left, executor: elsewhere() }),
        ensureSchema({ schema: right, executor: elsewhere() }),
      ]);
      const columns = await executor.all({
        text: COLUMNS[dialect],
        params: [],
      });
      expect(columns.map((column) => column["name"])).toEqual(["id", "left", "name", "right"]);
    });

    it("refuses what is more than an addition, and changes nothing", async () => {
      await ensureSchema({ schema: first, executor });
      const before = await layout();
      const refused = [
        table("people", { id: id(), name: int() }),
        table("people", { id: id(), name: text().nullable() }),
        table("people", { id: id(), name: text().unique() }),
        table("people", { id: id(), name: text(), age: int() }),
        table("people", { id: id() }),
      ];
      for (const people of refused) {
        await expect(
          ensureSchema({ schema: defineSchema({ people }), executor: elsewhere() }),
        ).rejects.toMatchObject({ code: "migration-refused" });
      }
      expect(await layout()).toEqual(before);
    });

    it("brings the engine's own tables up to date, and refuses those of a newer version", async () => {
      await ensureSchema({ schema: first, executor });
      const before = await layout();
      const setLayout = async (number: number) => {
        const [meta] = await executor.all({
          text: "SELECT schema_json FROM _plasma_meta",
          params: [],
        });
        const stored = JSON.parse(meta!["schema_json"] as string) as { layout: number };
        const changed = JSON.stringify({ ...stored, layout: number });
        await executor.run({ text: "UPDATE _plasma_meta SET schema_json = ?", params: [changed] });
        return stored.layout;
      };
      await executor.run({ text: "DROP TABLE _plasma_attempts", params: [] });
      const current = await setLayout(1);
      await ensureSchema({ schema: first, executor: elsewhere() });
      expect(await layout()).toEqual(before);
      expect(await setLayout(current + 1)).toBe(current);
      await expect(ensureSchema({ schema: first, executor: elsewhere() })).rejects.toMatchObject({
        code: "migration-refused",
      });
    });

    it("refuses a table that is not its own, upper or lower case", async () => {
      await executor.run({ text: "CREATE TABLE People (id TEXT)", params: [] });
      await expect(ensureSchema({ schema: first, executor })).rejects.toMatchObject({
        code: "migration-refused",
      });
    });

    it("takes names that SQL has a meaning for", async () => {
      const order = table(
        "order",
        { id: id(), select: text(), group: int(), value: text().nullable(), row: text().unique() },
        { indexes: [["select", "group"]] },
      );
      const item = table("item", {
        id: id(),
        now: ref(() => order.id, { onDelete: "cascade" }),
        first: text(),
      });
      const schema = defineSchema({ order, item });
      const db = createServerDb({ schema, executor });
      await db.insert(order).values({ id: "o", select: "s", group: 1, row: "r" });
      await db.insert(item).values({ id: "i", now: "o", first: "f" });
      await db.update(order).set({ group: 2, row: "q" });
      expect(await db.select().from(order)).toEqual([
        { id: "o", select: "s", group: 2, value: null, row: "q" },
      ]);
      const world = createWorld(executor, { schema, mutators, schemaVersion: SCHEMA_VERSION });
      const client = world.client("ada");
      await client.pull();
      expect(client.keys()).toEqual(["item/i", "order/o"]);
      await db.delete(order);
      await client.pull();
      expect(client.keys()).toEqual([]);
    });

    it("tells the client nothing when it refuses", async () => {
      await executor.run({ text: "CREATE TABLE todos (id TEXT)", params: [] });
      const world = createWorld(executor);
      const response = await world.client("ada").send("pull", world.client("ada").pullBody());
      expect(response.status).toBe(503);
      expect(await response.json()).toEqual({
        code: "unavailable",
        message: "The server cannot do this right now. Try again in a moment.",
      });
      expect(
        world.errors.some((error) => (error.cause as Error | undefined)?.message.includes("todos")),
      ).toBe(true);
    });
  });
}
