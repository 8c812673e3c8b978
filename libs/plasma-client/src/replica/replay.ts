/**
 * Rebase: brings pending mutations over other rows. One runs again if it has looked at a row that is different now; the
 * others would do what they did.
 *
 * Two states are walked through side by side: what lay below each mutation when its images were made, and what lies
 * there now. Where they differ is kept up to date on the way, so that a mutation that does something else makes those
 * run again that have looked at what it wrote, and one whose rows come out the same makes none.
 */

import { decodeTagged, NOOP_MUTATOR } from "@sh1n4ps/plasma-core";
import type { Heads, NewOutboxEntry, RerunEntry, RowImage } from "../storage/engine.ts";
import { DifferentRows } from "./different-rows.ts";
import { blindOnes, othersBefore } from "./pending-mutation.ts";
import type { MutatorRun, PendingMutation } from "./pending-mutation.ts";
import { Reads } from "./reads.ts";
import { setInLayer, stack } from "./rows.ts";
import type { Layer, Rows } from "./rows.ts";
import { runMutation } from "./run-mutation.ts";
import type { MutatorWorld } from "./run-mutation.ts";

/** The images of a mutation, which mutations of others they take into account, and the run that made them. */
export interface KnownImages extends Pick<NewOutboxEntry, "images"> {
  readonly knew?: Heads | undefined;
  readonly run?: MutatorRun | undefined;
}

export interface Replayed extends KnownImages {
  readonly pending: PendingMutation;
  readonly isRerun: boolean;
  /** What the mutator threw. Its mutation stays, without effect: the server decides. */
  readonly error?: unknown;
}

export interface ReplayOptions {
  readonly world: MutatorWorld;
  readonly base: Rows;
  /** What `base` was when the images were made, and which of its rows may be others. Without it nothing is known of them. */
  readonly before?: { readonly base: Rows; readonly changed: readonly RowImage[] } | undefined;
  /** In order, those that are settled now among them: their images are gone. */
  readonly pending: readonly PendingMutation[];
  readonly isSettled: (pending: PendingMutation) => boolean;
  /** Images that are right already. After the first mutation without them nothing is believed: it may depend on it. */
  readonly known: (pending: PendingMutation) => KnownImages | undefined;
}

export async function replay(options: ReplayOptions): Promise<Replayed[]> {
  const { world, base, before, pending, isSettled, known } = options;
  const [wasLayer, isLayer]: [Layer, Layer] = [new Map(), new Map()];
  const rows = stack(base, isLayer);
  const different = before && new DifferentRows(stack(before.base, wasLayer), rows);
  different?.look(before?.changed ?? []);
  const blind = blindOnes(pending);
  const others = othersBefore(pending);
  const isUnchanged = (mutation: PendingMutation) => {
    if (!different || blind.has(mutation)) return false;
    if (different.isEmpty) return true;
    return mutation.run?.world === world && !mutation.run.reads.meet(different);
  };

  const replayed: Replayed[] = [];
  let areKnown = true;
  for (const mutation of pending) {
    const { images: were } = mutation.entry;
    for (const image of were) setInLayer(wasLayer, image);
    if (isSettled(mutation)) {
      different?.look(were);
      continue;
    }
    const knew = others.get(mutation);
    const right = areKnown ? known(mutation) : undefined;
    if (!right) areKnown = false;
    const result = right
      ? {
          pending: mutation,
          images: right.images,
          knew: right.knew,
          run: right.run,
          isRerun: false,
        }
      : isUnchanged(mutation)
        ? { pending: mutation, images: were, knew, run: mutation.run, isRerun: false }
        : { ...(await runAgain(world, rows, mutation)), knew };
    for (const image of result.images) setInLayer(isLayer, image);
    different?.look(were);
    if (result.images !== were) different?.look(result.images);
    replayed.push(result);
  }
  return replayed;
}

/** What is to be told of mutations that are stored, after a replay. */
export interface Rerun {
  readonly rerun: readonly RerunEntry[];
  /**
   * Those of them that have to be stored: what they write to local-only tables stays when they are settled. The others
   * run again whenever they are loaded.
   */
  readonly local: readonly RerunEntry[];
  /** By their place in the outbox, those that did not run again. */
  readonly kept: readonly number[];
}

export function rerunOf(replayed: readonly Replayed[]): Rerun {
  const [rerun, local, kept]: [RerunEntry[], RerunEntry[], number[]] = [[], [], []];
  for (const { pending, images, knew, isRerun } of replayed) {
    const { seq, entry } = pending;
    if (seq === null) continue;
    if (!isRerun) {
      kept.push(seq);
      continue;
    }
    const again = { seq, images, knew };
    rerun.push(again);
    if ([...entry.images, ...images].some((image) => image.local)) local.push(again);
  }
  return { rerun, local, kept };
}

/** What another tab has told of its replay. Images that it kept are those that every tab has. */
export function knownFrom({ rerun, kept }: Pick<Rerun, "rerun" | "kept">): ReplayOptions["known"] {
  const again = new Map(rerun.map((entry) => [entry.seq, entry]));
  const same = new Set(kept);
  return ({ seq, entry, run }) => {
    if (seq === null) return undefined;
    return again.get(seq) ?? (same.has(seq) ? { ...entry, run } : undefined);
  };
}

async function runAgain(
  world: MutatorWorld,
  rows: Rows,
  pending: PendingMutation,
): Promise<Replayed> {
  const { name, args, clientID, id } = pending.entry;
  const run = { world, reads: new Reads(rows) };
  const again = { pending, run, isRerun: true };
  if (name === NOOP_MUTATOR) return { ...again, images: [] };
  try {
    const call = { name, args: decodeTagged(args), clientID, mutationID: id };
    const { images } = await runMutation(world, run.reads, call);
    // What the server is never asked to do must not show as if it were.
    const isKept = ({ local }: RowImage) => local || !pending.entry.staysHere;
    return { ...again, images: images.filter(isKept) };
  } catch (error) {
    return { ...again, images: [], error };
  }
}
