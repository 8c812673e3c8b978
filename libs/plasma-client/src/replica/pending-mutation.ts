/** The outbox in memory: pending mutations of all tabs, those not yet durable last. */

import type { WireMutation } from "@sh1n4ps/plasma-core";
import type { NewOutboxEntry, OutboxEntry, RowImage } from "../storage/engine.ts";

/** Mutable, because its place in the outbox and its images become known later. */
export interface PendingMutation {
  entry: NewOutboxEntry;
  /** Null until it is durable. */
  seq: number | null;
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
  const { id, uid, name, args, timestamp } = entry;
  return { id, uid, name, args, timestamp };
}
