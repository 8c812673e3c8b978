/** The database that each run of an app begins with, and a db on it that asks no rule. */

import type { MutatorDb, Schema } from "@sh1n4ps/plasma-core";
import { createServerDb, ensureSchema, fromBetterSqlite3 } from "@sh1n4ps/plasma-server";
import type { Platform } from "@sh1n4ps/plasma-server";
import type Database from "better-sqlite3";
import { hashes } from "../simulator/world/host.ts";
import { Random } from "../simulator/world/random.ts";
import { newOwner, Scheduler } from "../simulator/world/scheduler.ts";

export async function firstContent({
  schema,
  setup,
  openDatabase,
}: {
  readonly schema: Schema;
  readonly setup: ((db: MutatorDb) => Promise<void>) | undefined;
  readonly openDatabase: () => Database.Database;
}): Promise<Buffer> {
  const database = openDatabase();
  const executor = fromBetterSqlite3(database, { synchronous: "NORMAL" });
  await ensureSchema({ schema, executor, platform: platformOfSetup() });
  await setup?.(serverDb(schema, database));
  const content = database.serialize();
  database.close();
  return content;
}

export function serverDb(schema: Schema, database: Database.Database): MutatorDb {
  const executor = fromBetterSqlite3(database, { synchronous: "NORMAL" });
  return createServerDb({ schema, executor, platform: platformOfSetup() });
}

/** Nothing of it depends on the machine; nothing waits. */
function platformOfSetup(): Platform {
  const random = new Random(0);
  const owner = newOwner("setup");
  const scheduler = new Scheduler(random);
  return {
    clock: { now: () => scheduler.now },
    random: { fraction: () => random.fraction(), bytes: (length) => random.bytes(length) },
    timers: {
      set: (callback, delayMs) => scheduler.at(owner, "timer", delayMs, callback),
      clear: () => undefined,
    },
    crypto: hashes,
  };
}
