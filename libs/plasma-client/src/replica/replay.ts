/** Rebase: runs pending mutations again over new confirmed rows. */

import { decodeTagged, NOOP_MUTATOR } from "@sh1n4ps/plasma-core";
import type { RowImage } from "../storage/engine.ts";
import type { PendingMutation } from "./pending-mutation.ts";
import { setInLayer, stack } from "./rows.ts";
import type { Layer, Rows } from "./rows.ts";
import { runMutation } from "./run-mutation.ts";
import type { MutatorWorld } from "./run-mutation.ts";

export interface Replayed {
  readonly pending: PendingMutation;
  readonly images: readonly RowImage[];
  /** What the mutator threw. Its mutation stays, without effect: the server decides. */
  readonly error?: unknown;
}

export interface ReplayOptions {
  readonly world: MutatorWorld;
  readonly base: Rows;
  readonly pending: readonly PendingMutation[];
  /** Images that are right already. After the first mutation without them, all run: they may depend on it. */
  readonly known: (pending: PendingMutation) => readonly RowImage[] | undefined;
}

export async function replay({ world, base, pending, known }: ReplayOptions): Promise<Replayed[]> {
  const layer: Layer = new Map();
  const rows = stack(base, layer);
  const replayed: Replayed[] = [];
  let isStale = false;
  for (const mutation of pending) {
    const images = isStale ? undefined : known(mutation);
    if (!images) isStale = true;
    const result = images ? { pending: mutation, images } : await runAgain(world, rows, mutation);
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
