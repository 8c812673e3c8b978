/** The outbox in memory: pending mutations of all tabs, those not yet durable last. */

import { NOOP_MUTATOR } from "@sh1n4ps/plasma-core";
import type { WireMutation } from "@sh1n4ps/plasma-core";
import type { Heads, KeptLocally, NewOutboxEntry, OutboxEntry } from "../storage/engine.ts";
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

/** Of every other client, the last of its mutations that came before each of these. In the order of `inOrder`. */
export function othersBefore(
  pending: readonly PendingMutation[],
): ReadonlyMap<PendingMutation, Heads> {
  const heads = new Map<string, number>();
  return new Map(
    pending.map((mutation) => {
      const { clientID, id } = mutation.entry;
      const others = Object.fromEntries([...heads].filter(([other]) => other !== clientID));
      if (!isUnsent(mutation)) heads.set(clientID, id);
      return [mutation, others];
    }),
  );
}

/** Those whose tab did not know of an earlier one of another tab, so that their images lack what that one wrote. */
export function blindOnes(pending: readonly PendingMutation[]): ReadonlySet<PendingMutation> {
  const blind = new Set<PendingMutation>();
  const [first] = pending;
  if (pending.every(({ entry }) => entry.clientID === first?.entry.clientID)) return blind;
  for (const [mutation, others] of othersBefore(pending)) {
    const { knew = {} } = mutation.entry;
    if (Object.entries(others).some(([client, id]) => id > (knew[client] ?? 0)))
      blind.add(mutation);
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
  again: Pick<NewOutboxEntry, "images" | "baseSeq" | "knew">,
): void {
  const { images, baseSeq, knew } = again;
  pending.entry = { ...pending.entry, images, baseSeq, ...(knew && { knew }) };
}

export function toWire({ entry }: PendingMutation): WireMutation {
  const { id, uid, name, args, timestamp, staysHere } = entry;
  return staysHere
    ? { id, uid, name: NOOP_MUTATOR, args: null, timestamp }
    : { id, uid, name, args, timestamp };
}
