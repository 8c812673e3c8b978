import Database from "better-sqlite3";
import { describe } from "vitest";
import { fromBetterSqlite3 } from "../sql/better-sqlite3.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { everyContract } from "./every-contract.ts";

const fresh = async (): Promise<SqlExecutor> => fromBetterSqlite3(new Database(":memory:"));

describe("on better-sqlite3", () => {
  everyContract({
    dialect: "sqlite",
    fresh,
    seed: 20_260,
    queries: 4000,
    histories: 20,
    pullsEach: 20,
  });
});
