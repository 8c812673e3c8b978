/** Tables and columns may be called like anything that the SQL around them knows by that name. */

import { defineSchema, id, int, or, table, text } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { ensureSchema } from "../schema/ensure-schema.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { name, sql } from "../sql/fragment.ts";

const NAMES = [
  "old",
  "new",
  "v",
  "version",
  "op",
  "time",
  "other",
  "row_id",
  "table_name",
  "excluded",
  "tg_op",
  "found",
  "text",
  "user",
  "rowid",
  "oid",
];
/** As many as a table may have. */
const COLUMNS = Object.fromEntries(
  [...NAMES, ...Array.from({ length: 97 - NAMES.length }, (_, at) => `c${at}`)].map((column) => [
    column,
    int().nullable(),
  ]),
);
const TABLES = ["other", "old_rows", "new_rows", "excluded", "user"];

export function namesContract(fresh: () => Promise<SqlExecutor>): void {
  describe("hard names", () => {
    it.each(TABLES)(
      "a table %s with as many columns as there may be is written and logged",
      async (hard) => {
        const executor = await fresh();
        const schema = defineSchema({
          [hard]: table(hard, { id: id(), ...COLUMNS }, { auth: { read: () => or() } }),
          plain: table("plain", { id: id(), note: text() }),
        });
        await ensureSchema({ schema, executor });
        const all = [...NAMES].map((column) => name(column));
        const list = { text: all.map(({ text }) => text).join(", "), params: [] };
        const values = { text: NAMES.map((_, at) => String(at)).join(", "), params: [] };
        const set = { text: all.map(({ text }) => `${text} = 7`).join(", "), params: [] };
        await executor.run(sql`INSERT INTO ${name(hard)} (id, ${list}) VALUES ('a', ${values})`);
        await executor.run(sql`UPDATE ${name(hard)} SET ${set}`);
        await executor.run(sql`DELETE FROM ${name(hard)}`);
        const changes = await executor.all(
          sql`SELECT op FROM _plasma_changes WHERE table_name = ${{ text: `'${hard}'`, params: [] }} ORDER BY version`,
        );
        expect(changes.map(({ op }) => op)).toEqual(["put", "put", "del"]);
        const history = await executor.all(
          sql`SELECT _present AS present, ${list} FROM ${name(`_plasma_history_${hard}`)} ORDER BY _v`,
        );
        const was = (value: (at: number) => number | null, present: number) => ({
          present,
          ...Object.fromEntries(NAMES.map((column, at) => [column, value(at)])),
        });
        expect(history).toEqual([was(() => null, 0), was((at) => at, 1), was(() => 7, 1)]);
      },
    );
  });
}
