import { env } from "cloudflare:test";
import { describe } from "vitest";
import { executorContract } from "../testing/executor-contract.ts";
import { valuesContract } from "../testing/values-contract.ts";
import { fromD1 } from "./d1.ts";

describe("D1", () => {
  const executor = fromD1((env as unknown as { DB: D1Database }).DB);

  describe("as an executor", () => executorContract(() => executor));
  describe("and values", () => valuesContract(() => executor));
});
