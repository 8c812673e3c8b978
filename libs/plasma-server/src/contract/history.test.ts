/** As many pulls as it takes for the rare mistakes (`pull-mutants.test.ts` says how many those are). */

import Database from "better-sqlite3";
import { fromBetterSqlite3 } from "../sql/better-sqlite3.ts";
import { historyContract } from "./history-contract.ts";

historyContract({
  fresh: async () => fromBetterSqlite3(new Database(":memory:")),
  histories: 400,
  pullsEach: 50,
  seed: 20_260,
});
