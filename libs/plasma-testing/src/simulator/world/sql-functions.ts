/**
 * SQLite's own chance and clock: the triggers of the change log draw their nonces and take their times from them, and a seed
 * has one course only if both are its own.
 */

import type Database from "better-sqlite3";
import type { Random } from "./random.ts";

export interface SqlSurroundings {
  /** Its own stream: how often SQL draws has no say in what else happens. */
  readonly random: Random;
  /** In milliseconds. */
  readonly now: () => number;
}

export function withSqlFunctions(
  database: Database.Database,
  { random, now }: SqlSurroundings,
): Database.Database {
  database.function("randomblob", (length: unknown) => Buffer.from(random.bytes(Number(length))));
  database.function("unixepoch", { varargs: true }, () => now() / 1000);
  return database;
}
