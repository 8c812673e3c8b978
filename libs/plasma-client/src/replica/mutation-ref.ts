/**
 * Which mutation an app means. Its client id and its number are others after a copy of this client was found, so that a
 * receipt is best handed over whole: its uid stays.
 */

import type { StoredState } from "../storage/engine.ts";
import type { DiscardOutcome } from "./settlements.ts";

export interface MutationRef {
  readonly clientID: string;
  readonly id: number;
  readonly uid?: string;
}

export function isMeant(
  { clientID, id, uid }: MutationRef,
  mutation: Required<MutationRef>,
): boolean {
  if (uid !== undefined) return mutation.uid === uid;
  return mutation.clientID === clientID && mutation.id === id;
}

/** What became of one that does not wait any more: what was refused never took effect. */
export function settledAs(meant: MutationRef, { clients, rejected }: StoredState): DiscardOutcome {
  const isRefused =
    rejected.some((mutation) => isMeant(meant, mutation)) ||
    clients.some(({ refused = [] }) => refused.some(({ uid }) => uid === meant.uid));
  return isRefused ? "discarded" : "alreadyApplied";
}
