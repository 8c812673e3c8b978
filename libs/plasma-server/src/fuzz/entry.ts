/** What `tools/scripts/fuzz.mjs` needs, in one bundle. */

export { printFinding, runFuzz } from "./run.ts";
