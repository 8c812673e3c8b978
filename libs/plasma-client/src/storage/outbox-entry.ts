/** What becomes of an outbox entry: the transformations that every engine applies. */

import { DISCARDED_CODE, NOOP_MUTATOR } from "@sh1n4ps/plasma-core";
import type { ErrorBody, Rejection } from "@sh1n4ps/plasma-core";
import type {
  ClientRecord,
  HeldState,
  NewOutboxEntry,
  OutboxEntry,
  PullCommit,
  RejectedMutation,
  RowImage,
} from "./engine.ts";

/** The entry that holds a discarded one's place. Same id: the server waits for each. Same uid: it may know it. */
export function asNoop(entry: OutboxEntry): OutboxEntry {
  const local = entry.staysHere ? [] : entry.images.filter((image) => image.local);
  return {
    ...entry,
    ...{ name: NOOP_MUTATOR, args: null, images: [] },
    ...(local.length > 0 && { givenUp: local }),
  };
}

export function asRejected(entry: OutboxEntry, reason: ErrorBody): RejectedMutation {
  const { uid, clientID, id, name, args, timestamp } = entry;
  const { code, message, details } = reason;
  return {
    uid,
    clientID,
    id,
    name,
    args,
    timestamp,
    code,
    message,
    ...(details !== undefined && { details }),
  };
}

/** What is kept of a settled entry: nothing, unless the server refused it. A discarded one was given up already. */
export function rejectionOf(
  entry: OutboxEntry,
  rejections: readonly Rejection[],
): RejectedMutation | undefined {
  if (entry.name === NOOP_MUTATOR) return undefined;
  const reason = rejections.find(
    ({ clientID, id }) => clientID === entry.clientID && id === entry.id,
  );
  return reason && reason.code !== DISCARDED_CODE ? asRejected(entry, reason) : undefined;
}

/** The rows of local-only tables that a settled entry leaves behind: none if it was refused, for it is all or nothing. */
export function localImagesOf(
  entry: NewOutboxEntry,
  rejections: readonly Rejection[],
): readonly RowImage[] {
  const isRefused = rejections.some(
    ({ clientID, id }) => clientID === entry.clientID && id === entry.id,
  );
  // The server has refused the one in its place, which does nothing.
  if (isRefused && !entry.staysHere) return [];
  return entry.givenUp ?? entry.images.filter(({ local }) => local);
}

/** What settled entries leave behind in local-only tables, in the order in which they were made: one image a row. */
export function imagesLeftBy(
  settled: readonly OutboxEntry[],
  rejections: readonly Rejection[],
): RowImage[] {
  const images = settled
    .toSorted((left, right) => left.seq - right.seq)
    .flatMap((entry) => localImagesOf(entry, rejections));
  return [...new Map(images.map((image) => [`${image.table}/${image.id}`, image])).values()];
}

/**
 * Entries that stay, without content of rows that a pull takes away: whoever may not read a row any more keeps no copy of
 * it. A snapshot says of no row that it is still the one of before. Their mutations run again when they are loaded, as all
 * do that were made on older rows. Only those that change.
 */
export function withoutGone(
  entries: Iterable<OutboxEntry>,
  { clear, dels }: Pick<PullCommit, "clear" | "dels">,
): OutboxEntry[] {
  const keyOf = ({ table, id }: { readonly table: string; readonly id: string }) =>
    `${table}/${id}`;
  const deleted = new Set(dels.map(keyOf));
  const isGone = (image: RowImage) =>
    image.row && !image.local && (clear || deleted.has(keyOf(image)));
  return [...entries]
    .filter(({ images }) => images.some(isGone))
    .map((entry) => ({ ...entry, images: entry.images.filter((image) => !isGone(image)) }));
}

/** How many of a client's refusals are kept for tabs that stood still meanwhile. */
const MAX_REFUSED = 50;

/** `settled`: its entries up to that id. */
export function confirmedUpTo(
  client: ClientRecord,
  pull: Pick<PullCommit, "lastMutationIDs" | "rejections">,
  settled: readonly OutboxEntry[],
): ClientRecord {
  const confirmed = pull.lastMutationIDs[client.id] ?? 0;
  const refused = settled.flatMap((entry) => {
    const { clientID, id, uid } = entry;
    const reason = pull.rejections.find((is) => is.clientID === clientID && is.id === id);
    if (!reason) return [];
    const { code, message, details } = reason;
    return [{ uid, code, message, ...(details !== undefined && { details }) }];
  });
  if (refused.length === 0) return { ...client, confirmed };
  return {
    ...client,
    confirmed,
    refused: [...(client.refused ?? []), ...refused].slice(-MAX_REFUSED),
  };
}

/** A client under another id, before it has made anything there. */
export function renewed(client: ClientRecord | undefined, id: string): ClientRecord {
  return { ...client, id, confirmed: 0 };
}

/** The entries of one client under another client id, from 1 on, in their order. */
export function renumbered(entries: readonly OutboxEntry[], clientID: string): OutboxEntry[] {
  return entries
    .toSorted((left, right) => left.id - right.id)
    .map((entry, at) => ({ ...entry, clientID, id: at + 1 }));
}

/** Of what a tab has held, the entries that are not here: those of another tab may be, stored again by that one. */
export function missingOf(
  { outbox, clientID }: HeldState,
  stored: readonly OutboxEntry[],
  rejected: { readonly has: (uid: string) => boolean },
): NewOutboxEntry[] {
  const there = new Set(stored.map(({ uid }) => uid));
  const own = stored.filter((entry) => entry.clientID === clientID).map(({ id }) => id);
  const next = Math.max(0, ...own) + 1;
  return (
    outbox
      .filter(({ uid }) => !there.has(uid) && !rejected.has(uid))
      // The rows below them are gone, so that they have to be run again.
      .map((entry, at) => ({ ...entry, clientID, id: next + at, baseSeq: 0 }))
  );
}
