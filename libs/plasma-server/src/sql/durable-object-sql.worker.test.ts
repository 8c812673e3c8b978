import { describe } from "vitest";
import { openDurableObjectSql } from "../testing/durable-object-database.ts";
import { executorContract } from "../testing/executor-contract.ts";
import { valuesContract } from "../testing/values-contract.ts";

describe("a Durable Object's SQL", () => {
  const executor = openDurableObjectSql();

  describe("as an executor", () => executorContract(() => executor));
  describe("and values", () => valuesContract(() => executor));
});
