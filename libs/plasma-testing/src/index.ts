/** Tests of apps that are made with plasma: client, server and network in one process, under seeded failures. */

export { simulate } from "./simulate/simulate.ts";
export type { AcceptedCall } from "./simulate/calls.ts";
export type { Draw, OpInput, Ops } from "./simulate/ops.ts";
export type { CallCounts, SimulateOptions, Simulation } from "./simulate/simulate.ts";
export type { Invariant, InvariantInput } from "./simulate/stage.ts";
