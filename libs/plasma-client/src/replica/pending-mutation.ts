/** The outbox in memory: pending mutations of all tabs, those not yet durable last. */

import { NOOP_MUTATOR } from "@sh1n4ps/plasma-core";
import type { WireMutation } from "@sh1n4ps/plasma-core";
import type { KeptLocally, NewOutboxEntry, OutboxEntry } from "../storage/engine.ts";
import type { Reads } from "./reads.ts";
import type { MutatorWorld } from "./run-mutation.ts";

/** Mutable, because its place in the outbox and its images become known later. */
export interface PendingMutation {
  entry: NewOutboxEntry;
  /** Null until it is durable. */
  seq: number | null;
  /** The run that made its images, where that was here and in this tab. */
  run: MutatorRun | undefined;
  /** Of one that was kept on the device: when. It is pending no longer. */
  keptAt?: KeptLocally;
}

export interface MutatorRun {
  /** The same one as long as mutators and context are. */
  readonly world: MutatorWorld;
  readonly reads: Reads;
}

/** The id of a mutation that is never sent, and so uses up none. Its rows are kept on the device instead. */
export const UNSENT_ID = 0;

export function isUnsent({ entry }: PendingMutation): boolean {
  return entry.id === UNSENT_ID;
}

export function fromStored(stored: OutboxEntry): PendingMutation {
  const { seq, ...entry } = stored;
  return { entry, seq, run: undefined };
}

/** Mutations run in the order in which they were committed; those on their way come after. */
export function inOrder(pending: readonly PendingMutation[]): PendingMutation[] {
  return pending.toSorted((left, right) => (left.seq ?? Infinity) - (right.seq ?? Infinity) || 0);
}

/**
 * Those whose tab did not know of an earlier one of another tab, so that their images lack what that one wrote. In the
 * order of `inOrder`.
 */
export function blindOnes(pending: readonly PendingMutation[]): ReadonlySet<PendingMutation> {
  const blind = new Set<PendingMutation>();
  const lastSeqs = new Map<string, number>();
  for (const mutation of pending) {
    const { clientID, seen } = mutation.entry;
    for (const [other, seq] of lastSeqs) {
      if (other !== clientID && seen !== undefined && seq > seen) blind.add(mutation);
    }
    if (mutation.seq !== null) lastSeqs.set(clientID, mutation.seq);
  }
  return blind;
}

export function isCovered(
  pending: PendingMutation,
  lastMutationIDs: Readonly<Record<string, number>>,
): boolean {
  const { clientID, id } = pending.entry;
  if (isUnsent(pending)) return false;
  return Object.hasOwn(lastMutationIDs, clientID) && id <= (lastMutationIDs[clientID] as number);
}

export function setImages(
  pending: PendingMutation,
  again: Pick<NewOutboxEntry, "images" | "baseSeq" | "seen">,
): void {
  const { images, baseSeq, seen } = again;
  pending.entry = { ...pending.entry, images, baseSeq, ...(seen !== undefined && { seen }) };
}

export function toWire({ entry }: PendingMutation): WireMutation {
  const { id, uid, name, args, timestamp, staysHere } = entry;
  return staysHere
    ? { id, uid, name: NOOP_MUTATOR, args: null, timestamp }
    : { id, uid, name, args, timestamp };
}
