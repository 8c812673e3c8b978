/** Tests of apps that are made with plasma: client, server and network in one process, under seeded failures. */

export { simulate } from "./simulate/simulate.ts";
export type { Draw, OpInput, Ops, SimulateOptions, Simulation } from "./simulate/simulate.ts";
export type { AcceptedCall, Invariant, InvariantInput } from "./simulate/stage.ts";
