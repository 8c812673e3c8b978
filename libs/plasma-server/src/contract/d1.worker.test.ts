import { env } from "cloudflare:test";
import { describe } from "vitest";
import { fromD1 } from "../sql/d1.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { everyContract } from "./every-contract.ts";

const database = (env as unknown as { DB: D1Database }).DB;

/** The one database of this runtime, emptied. */
const fresh = async (): Promise<SqlExecutor> => {
  const { results } = await database
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
    )
    .all<{ name: string }>();
  if (results.length > 0) {
    await database.batch([
      database.prepare("PRAGMA defer_foreign_keys = on"),
      ...results.toReversed().map(({ name }) => database.prepare(`DROP TABLE "${name}"`)),
    ]);
  }
  return fromD1(database);
};

describe("on D1", () => {
  everyContract({
    dialect: "sqlite",
    fresh,
    seed: 20_261,
    queries: 400,
    histories: 6,
    pullsEach: 15,
  });
});
