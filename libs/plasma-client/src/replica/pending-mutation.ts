/** The outbox in memory: pending mutations of all tabs, those not yet durable last. */

import { NOOP_MUTATOR } from "@sh1n4ps/plasma-core";
import type { WireMutation } from "@sh1n4ps/plasma-core";
import type { KeptLocally, NewOutboxEntry, OutboxEntry, RowImage } from "../storage/engine.ts";

/** Mutable, because its place in the outbox and its images become known later. */
export interface PendingMutation {
  entry: NewOutboxEntry;
  /** Null until it is durable. */
  seq: number | null;
  /** Of one that was kept on the device: when. It is pending no longer. */
  keptAt?: KeptLocally;
}

/** The id of a mutation that is never sent, and so uses up none. Its rows are kept on the device instead. */
export const UNSENT_ID = 0;

export function isUnsent({ entry }: PendingMutation): boolean {
  return entry.id === UNSENT_ID;
}

export function fromStored(stored: OutboxEntry): PendingMutation {
  const { seq, ...entry } = stored;
  return { entry, seq };
}

/** Mutations run in the order in which they were committed; those on their way come after. */
export function inOrder(pending: readonly PendingMutation[]): PendingMutation[] {
  return pending.toSorted((left, right) => (left.seq ?? Infinity) - (right.seq ?? Infinity) || 0);
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
  images: readonly RowImage[],
  baseSeq: number,
): void {
  pending.entry = { ...pending.entry, images, baseSeq };
}

export function toWire({ entry }: PendingMutation): WireMutation {
  const { id, uid, name, args, timestamp, staysHere } = entry;
  return staysHere
    ? { id, uid, name: NOOP_MUTATOR, args: null, timestamp }
    : { id, uid, name, args, timestamp };
}
