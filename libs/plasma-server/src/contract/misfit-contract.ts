/** Rows that other SQL wrote against the schema: clients do without them, the app hears of them, pulls go on. */

import {
  boolean,
  defineMutators,
  defineSchema,
  eq,
  id,
  json,
  table,
  text,
  timestamp,
} from "@sh1n4ps/plasma-core";
import type { MutatorInput } from "@sh1n4ps/plasma-core";
import { beforeEach, describe, expect, it } from "vitest";
import type { SqlExecutor } from "../sql/executor.ts";
import type { Ctx } from "./app.ts";
import { createWorld, keysOf } from "./world.ts";
import type { Client, World } from "./world.ts";

const columns = {
  id: id(),
  size: text({ enum: ["s", "m"] }).default("s"),
  done: boolean().default(false),
  due: timestamp().nullable(),
  extra: json().nullable(),
};
const allowed = { read: () => true, write: () => true };
/** One table whose rule is an expression, and one whose rule is a predicate. */
const items = table("items", columns);
const notes = table("notes", columns, {
  auth: { read: (_ctx, row) => String(row.id) !== "hidden" },
});
const others = table("others", { id: id() }, { auth: allowed });
const schema = defineSchema({ items, notes, others });

const mutators = defineMutators<typeof schema, Ctx>()({
  add: async ({ db, args }: MutatorInput<Ctx, { id: string }>) => {
    await db.insert(items).values({ id: args.id });
    await db.insert(notes).values({ id: args.id });
  },
  resize: async ({ db, args }: MutatorInput<Ctx, { id: string }>) => {
    await db.update(items).set({ size: "m" }).where(eq(items.id, args.id));
  },
});

export function misfitContract(options: {
  readonly dialect: SqlExecutor["dialect"];
  readonly fresh: () => Promise<SqlExecutor>;
}): void {
  describe("rows that other SQL wrote against the schema", () => {
    let executor: SqlExecutor;
    let world: World;
    let ada: Client;
    const run = (statement: string) => executor.run({ text: statement, params: [] });
    const told = () =>
      world.errors
        .splice(0)
        .filter(({ kind }) => kind !== "tables-without-rules")
        .map(({ kind, message, details }) => ({ kind, message, details }));

    beforeEach(async () => {
      executor = await options.fresh();
      world = createWorld(executor, { schema, mutators, policy: { default: "allow" } });
      ada = world.client("ada");
      for (const row of ["a", "b", "c"]) await ada.mutate("add" as "rename", { id: row });
      world.errors.length = 0;
    });

    for (const of of ["items", "notes"]) {
      it(`are left out of a first pull, told to onError without their values, and arrive when repaired (${of})`, async () => {
        await run(`UPDATE ${of} SET size = 'canary' WHERE id = 'b'`);
        const patch = keysOf(await ada.pull({ limit: 2 }));
        expect(patch).toContain(`put ${of}/c`);
        expect(patch).not.toContain(`put ${of}/b`);
        const [error, ...more] = told();
        expect(more).toEqual([]);
        expect(error).toMatchObject({
          kind: "invalid-rows",
          details: { table: of, rows: [{ id: "b", column: "size" }], count: 1 },
        });
        expect(JSON.stringify([error, ...world.sent.values()])).not.toContain("canary");
        await run(`UPDATE ${of} SET size = 'm' WHERE id = 'b'`);
        expect(keysOf(await ada.pull())).toEqual([`put ${of}/b`]);
        expect(told()).toEqual([]);
      });

      it(`are taken from those who had them, so that all see the same, and the others go on (${of})`, async () => {
        await ada.pull();
        await run(`UPDATE ${of} SET size = 'xl' WHERE id <> 'b'`);
        await run(`UPDATE ${of} SET done = ${options.dialect === "sqlite" ? "1" : "true"}`);
        expect(keysOf(await ada.pull())).toEqual([`del ${of}/a`, `put ${of}/b`, `del ${of}/c`]);
        expect(told()).toMatchObject([{ details: { table: of, count: 2 } }]);
        const bob = world.client("bob");
        await bob.pull();
        expect(bob.keys()).toEqual(ada.keys());
        await run(`UPDATE ${of} SET size = 'm' WHERE id = 'a'`);
        expect(keysOf(await ada.pull())).toEqual([`put ${of}/a`]);
        expect(ada.rows.get(`${of}/a`)).toMatchObject({ size: "m", done: true });
      });
    }

    it("a table full of them ends, and names some", async () => {
      const values = Array.from({ length: 50 }, (_, at) => `('x${at}', 'xl')`).join();
      await run(`INSERT INTO items (id, size) VALUES ${values}`);
      expect(keysOf(await ada.pull({ limit: 10 })).filter((key) => key.includes("items"))).toEqual([
        "put items/a",
        "put items/b",
        "put items/c",
      ]);
      const reports = told().map(({ details }) => details as { rows: unknown[]; count: number });
      expect(reports.reduce((sum, { count }) => sum + count, 0)).toBe(50);
      expect(Math.max(...reports.map(({ rows }) => rows.length))).toBeLessThanOrEqual(20);
    });

    const wrong =
      options.dialect === "sqlite"
        ? { done: "2", due: "9000000000000000000", extra: "'{no json'" }
        : { due: "9000000000000000000", size: "''" };
    it("a mutator may repair them; one that cannot read them is refused, and the next one goes on", async () => {
      await run("UPDATE items SET size = 'xl' WHERE id = 'a'");
      await ada.pull();
      expect(await ada.mutate("resize" as "rename", { id: "a" })).toMatchObject({ status: "ok" });
      expect(keysOf(await ada.pull())).toEqual(["put items/a"]);
      if (options.dialect === "postgres") return;
      await run("UPDATE items SET extra = '{canary' WHERE id = 'b'");
      const refused = await ada.mutate("resize" as "rename", { id: "b" });
      expect(refused).toMatchObject({ status: "error", code: "invalid-rows" });
      expect(JSON.stringify(refused)).not.toContain("canary");
      expect(await ada.mutate("resize" as "rename", { id: "c" })).toMatchObject({ status: "ok" });
    });

    for (const [column, literal] of Object.entries(wrong)) {
      it(`are found out by the column ${column}`, async () => {
        await run(`UPDATE items SET ${column} = ${literal} WHERE id = 'a'`);
        await run(`UPDATE notes SET ${column} = ${literal} WHERE id = 'a'`);
        await ada.pull();
        expect(ada.keys()).toEqual(["items/b", "items/c", "notes/b", "notes/c"]);
        expect(told()).toMatchObject([
          { details: { table: "items", rows: [{ id: "a", column }] } },
          { details: { table: "notes", rows: [{ id: "a", column }] } },
        ]);
      });
    }
  });
}
