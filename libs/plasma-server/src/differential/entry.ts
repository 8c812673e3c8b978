/** What `tools/scripts/differential.mjs` needs, in one bundle. */

export { fromBetterSqlite3 } from "../sql/better-sqlite3.ts";
export { fromPg } from "../sql/pg.ts";
export { evaluatorEngine, sqlEngine } from "./engine.ts";
export { randomCases } from "./generate-case.ts";
export { printDifference } from "./print-case.ts";
export { runDifferential } from "./run.ts";
