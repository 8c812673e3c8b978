import { afterAll, beforeAll, describe } from "vitest";
import { executorContract } from "../testing/executor-contract.ts";
import { openPglite } from "../testing/databases.ts";
import type { TestDatabase } from "../testing/databases.ts";
import { valuesContract } from "../testing/values-contract.ts";

describe("PGlite", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openPglite();
  });
  afterAll(() => database.close());

  describe("as an executor", () => executorContract(() => database.executor));
  describe("and values", () => valuesContract(() => database.executor));
});
