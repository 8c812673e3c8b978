/** What the command `simulate` needs of the simulator (`tools/scripts/simulate.mjs`). */
export { runSeed } from "./run-seed.ts";
export { STATES } from "./world/states.ts";
