/** What the replica has to say when something is not as it should be. */

import type { ErrorBody } from "@sh1n4ps/plasma-core";
import { SyncClientError } from "../errors.ts";
import type { StoredState } from "../storage/engine.ts";
import { damaged } from "../storage/storage-error.ts";

export const GIVEN_UP: ErrorBody = {
  code: "discarded",
  message: "This change was given up when the local data was reset.",
};

export function unsentMutations(count: number): SyncClientError {
  return new SyncClientError(
    "unsent-mutations",
    `${count} changes were not sent yet. Sync first, or reset with { discardOutbox: true }.`,
  );
}

export function notOpened(cause: unknown): SyncClientError {
  if (cause instanceof SyncClientError) return cause;
  const text = "The client could not be opened. It tries again by itself once it was started.";
  return new SyncClientError("storage", text, { cause });
}

export function unknownMutation(): SyncClientError {
  return new SyncClientError(
    "unknown-mutation",
    "This device knows no such mutation. Pass the receipt that mutate() has resolved with.",
  );
}

export function severalMutations(id: number): SyncClientError {
  return new SyncClientError(
    "unknown-mutation",
    `This tab's client id was replaced, so that the number ${id} may mean more than one mutation. Pass the receipt that mutate() has resolved with.`,
  );
}

export function notLoaded(cause: unknown): SyncClientError {
  const text = "What another tab has changed could not be loaded. Reload the page.";
  return new SyncClientError("storage", text, { cause });
}

/** What was found when it was loaded. */
export function troubleWith({ isDamaged, quarantined, unfit }: StoredState): SyncClientError[] {
  return [
    ...(isDamaged ? [damaged()] : []),
    ...(quarantined ? [putAside(quarantined)] : []),
    ...(unfit.length > 0 ? [unfitRows(unfit)] : []),
  ];
}

function unfitRows(rows: StoredState["unfit"]): SyncClientError {
  const tables = [...new Set(rows.map(({ table }) => table))].join(", ");
  return new SyncClientError(
    "storage",
    `${rows.length} rows of local-only tables do not fit this version's schema, so they are not shown: ${tables}. They stay in storage. Give what is new there a default.`,
    { details: { rows } },
  );
}

export function restored(count: number): SyncClientError {
  return new SyncClientError(
    "storage-wiped",
    `The browser has thrown away the local database. ${count} unsent changes that this page still held are stored again; rows come with the next sync.`,
    { details: { restored: count } },
  );
}

function putAside(count: number): SyncClientError {
  return new SyncClientError(
    "storage",
    `${count} unsent changes on this device could not be read. They were put aside (store "meta", "quarantine"); look whether they have to be made again.`,
    { details: { quarantined: count } },
  );
}
