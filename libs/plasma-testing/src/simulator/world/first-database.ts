/** The database that every run begins with: the engine's tables and the rows of the model, made once. */

import { ensureSchema, fromBetterSqlite3 } from "@sh1n4ps/plasma-server";
import type { Schema } from "@sh1n4ps/plasma-core";
import type Database from "better-sqlite3";
import type { ModelState } from "../reference.ts";
import { hashes } from "./host.ts";
import { Random } from "./random.ts";
import { withSqlFunctions } from "./sql-functions.ts";

export interface FirstDatabase {
  readonly schema: Schema;
  readonly rows: ModelState;
  readonly openDatabase: (content?: Buffer) => Database.Database;
}

const made = new WeakMap<Schema, Promise<Buffer>>();

export function seededDatabase(options: FirstDatabase): Promise<Buffer> {
  let database = made.get(options.schema);
  if (!database) made.set(options.schema, (database = make(options)));
  return database;
}

async function make({ schema, rows, openDatabase }: FirstDatabase): Promise<Buffer> {
  const random = new Random(0);
  const database = withSqlFunctions(openDatabase(), { random: new Random(1), now: () => 0 });
  await ensureSchema({
    schema,
    executor: fromBetterSqlite3(database, { synchronous: "NORMAL" }),
    platform: {
      clock: { now: () => 0 },
      random: { fraction: () => random.fraction(), bytes: (length) => random.bytes(length) },
      timers: { set: () => undefined, clear: () => undefined },
      crypto: hashes,
    },
  });
  for (const [table, ofTable] of Object.entries(rows)) {
    for (const row of ofTable.values()) {
      const columns = Object.keys(row);
      const values = Object.values(row).map((value) =>
        typeof value === "boolean" ? +value : value,
      );
      const names = columns.map((column) => `"${column}"`).join(", ");
      const places = columns.map(() => "?").join(", ");
      database.prepare(`INSERT INTO "${table}" (${names}) VALUES (${places})`).run(...values);
    }
  }
  const content = database.serialize();
  database.close();
  return content;
}
