/** What the app decides on a schema mismatch. It may ask a person, who may never answer: that must not outlast the run. */

import type { Platform } from "../platform.ts";
import type { SyncFailure, SyncPhase } from "./sync-failure.ts";

export type OnSchemaMismatch = (mismatch: {
  readonly phase: SyncPhase;
}) => "stay" | "reset" | Promise<"stay" | "reset">;

export interface DecisionInput {
  readonly phase: SyncPhase;
  readonly onSchemaMismatch: OnSchemaMismatch | undefined;
  /** Why the loop was paused: a probe meets what the app has decided on already. */
  readonly pausedFor: SyncFailure | null;
  readonly signal: AbortSignal;
  readonly log: Platform["log"];
}

export async function decided(failure: SyncFailure, input: DecisionInput): Promise<SyncFailure> {
  const { phase, onSchemaMismatch, pausedFor, signal, log } = input;
  if (failure.kind !== "schema-mismatch" || !onSchemaMismatch) return failure;
  if (pausedFor?.kind === failure.kind) return failure;
  try {
    const decision = await Promise.race([onSchemaMismatch({ phase }), stayOnAbort(signal)]);
    return { ...failure, decision };
  } catch (cause) {
    log("error", "onSchemaMismatch threw, which means stay.", cause);
    return failure;
  }
}

function stayOnAbort(signal: AbortSignal): Promise<"stay"> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve("stay"), { once: true });
  });
}
