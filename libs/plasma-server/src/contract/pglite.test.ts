import { PGlite } from "@electric-sql/pglite";
import { afterAll, describe } from "vitest";
import type { SqlExecutor } from "../sql/executor.ts";
import { fromPglite } from "../sql/pglite.ts";
import { everyContract } from "./every-contract.ts";

let database: PGlite | undefined;

/** The one database of this file, emptied: to start another takes a second. */
const fresh = async (): Promise<SqlExecutor> => {
  database ??= await PGlite.create();
  await database.exec("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  return fromPglite(database);
};

afterAll(() => database?.close());

describe("on PGlite", () => {
  everyContract({
    dialect: "postgres",
    fresh,
    seed: 20_264,
    queries: 200,
    histories: 3,
    pullsEach: 15,
  });
});
