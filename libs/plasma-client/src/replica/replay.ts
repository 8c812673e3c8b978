/** Rebase: runs pending mutations again over new confirmed rows. */

import { decodeTagged, NOOP_MUTATOR } from "@sh1n4ps/plasma-core";
import type { NewOutboxEntry, RowImage } from "../storage/engine.ts";
import type { PendingMutation } from "./pending-mutation.ts";
import { setInLayer, stack } from "./rows.ts";
import type { Layer, Rows } from "./rows.ts";
import { runMutation } from "./run-mutation.ts";
import type { MutatorWorld } from "./run-mutation.ts";

/** The images of a mutation, and the last place in the outbox that they take into account. */
export type KnownImages = Pick<NewOutboxEntry, "images" | "seen">;

export interface Replayed extends KnownImages {
  readonly pending: PendingMutation;
  /** What the mutator threw. Its mutation stays, without effect: the server decides. */
  readonly error?: unknown;
}

export interface ReplayOptions {
  readonly world: MutatorWorld;
  readonly base: Rows;
  readonly pending: readonly PendingMutation[];
  /** Images that are right already. After the first mutation without them, all run: they may depend on it. */
  readonly known: (pending: PendingMutation) => KnownImages | undefined;
  /** The last place in the outbox that `pending` takes into account. */
  readonly seen: number;
}

export async function replay({
  world,
  base,
  pending,
  known,
  seen,
}: ReplayOptions): Promise<Replayed[]> {
  const layer: Layer = new Map();
  const rows = stack(base, layer);
  const replayed: Replayed[] = [];
  let isStale = false;
  for (const mutation of pending) {
    const right = isStale ? undefined : known(mutation);
    if (!right) isStale = true;
    const result = right
      ? { pending: mutation, images: right.images, seen: right.seen }
      : { ...(await runAgain(world, rows, mutation)), seen };
    for (const image of result.images) setInLayer(layer, image);
    replayed.push(result);
  }
  return replayed;
}

async function runAgain(
  world: MutatorWorld,
  rows: Rows,
  pending: PendingMutation,
): Promise<Replayed> {
  const { name, args, clientID, id } = pending.entry;
  if (name === NOOP_MUTATOR) return { pending, images: [] };
  try {
    const call = { name, args: decodeTagged(args), clientID, mutationID: id };
    const { images } = await runMutation(world, rows, call);
    // What the server is never asked to do must not show as if it were.
    const isKept = ({ local }: RowImage) => local || !pending.entry.staysHere;
    return { pending, images: images.filter(isKept) };
  } catch (error) {
    return { pending, images: [], error };
  }
}
