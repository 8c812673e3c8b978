import { describe } from "vitest";
import { fromD1 } from "../sql/d1.ts";
import { emptyDatabase } from "../testing/d1-database.ts";
import { everyContract } from "./every-contract.ts";

describe("on D1", () => {
  everyContract({
    dialect: "sqlite",
    fresh: async () => fromD1(await emptyDatabase()),
    seed: 20_261,
    queries: 400,
    histories: 20,
    pullsEach: 15,
  });
});
