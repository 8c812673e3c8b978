import { describe } from "vitest";
import { openDurableObjectSql } from "../testing/durable-object-database.ts";
import { everyContract } from "./every-contract.ts";

describe("on a Durable Object's SQL", () => {
  everyContract({
    dialect: "sqlite",
    fresh: async () => openDurableObjectSql(),
    seed: 20_263,
    queries: 200,
    histories: 3,
    pullsEach: 15,
  });
});
