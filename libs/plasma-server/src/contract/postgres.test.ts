import { afterAll, describe } from "vitest";
import type { SqlExecutor } from "../sql/executor.ts";
import { openPostgres } from "../testing/databases.ts";
import type { TestDatabase } from "../testing/databases.ts";
import { everyContract } from "./every-contract.ts";

const opened: TestDatabase[] = [];

const fresh = async (): Promise<SqlExecutor> => {
  // The tests of a file run one after the other, and each has as many connections as it wants.
  await Promise.all(opened.splice(0).map((database) => database.close()));
  const database = await openPostgres();
  opened.push(database);
  return database.executor;
};

afterAll(() => Promise.all(opened.map((database) => database.close())));

describe("on Postgres", () => {
  everyContract({
    dialect: "postgres",
    fresh,
    seed: 20_262,
    queries: 1000,
    histories: 20,
    pullsEach: 20,
  });
});
