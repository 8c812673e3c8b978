/** What IndexedDB's errors mean to people, in one place. */

import { SyncClientError } from "../errors.ts";

export function storageError(cause: unknown): SyncClientError {
  if (cause instanceof SyncClientError) return cause;
  const name = cause instanceof Error || isDomException(cause) ? cause.name : "";
  switch (name) {
    case "QuotaExceededError":
      return new SyncClientError(
        "quota",
        "There is no room left on this device, so the change was not kept. Free some space and try again.",
        { cause },
      );
    case "VersionError":
      return closedByNewerVersion(cause);
    case "ConstraintError":
      return new SyncClientError(
        "storage",
        "Another tab has used this tab's client id. Reload the page to get an id of its own.",
        { cause },
      );
    default:
      return new SyncClientError(
        "storage",
        `The local database failed (${name || String(cause)}). The change was not kept; reload the page and try again.`,
        { cause },
      );
  }
}

export function closedByNewerVersion(cause?: unknown): SyncClientError {
  return new SyncClientError(
    "storage-closed",
    "A newer version of this app is open in another tab. Reload this page to use it too.",
    { cause },
  );
}

export function otherSchema(): SyncClientError {
  return new SyncClientError(
    "storage-closed",
    "The local rows now belong to another version of this app, open in another tab. Reload this page.",
  );
}

export function anothersDatabase(): SyncClientError {
  return new SyncClientError(
    "storage",
    "The local database belongs to another clientGroupID. Put the person into `dbName`, so that each has their own.",
  );
}

/** Found by a transaction that did nothing. */
export function wiped(): SyncClientError {
  return new SyncClientError(
    "storage-wiped",
    "The browser has thrown away the local database, so this was not kept. Do it again: there is a new one.",
  );
}

export function isWiped(error: unknown): boolean {
  return error instanceof SyncClientError && error.kind === "storage-wiped";
}

export function clientGone(): SyncClientError {
  return new SyncClientError(
    "client-renewed",
    "This tab's client id was given up meanwhile, so the change was not kept. Do it again: the tab has a new one.",
  );
}

export function rejectionGone(): SyncClientError {
  return new SyncClientError(
    "unknown-mutation",
    "A rejected mutation was retried or dismissed already, maybe in another tab. Nothing was kept: look again, and do it again if need be.",
  );
}

export function damaged(): SyncClientError {
  return new SyncClientError(
    "storage",
    "Rows on this device could not be read and were dropped. The next sync brings them again; changes that were not sent yet are kept.",
  );
}

/** The connection is gone, not the data: opening it again and doing the same once more is right. */
export function isConnectionLost(cause: unknown): boolean {
  if (!isDomException(cause)) return false;
  if (cause.name === "InvalidStateError") return true;
  return isUnknownError(cause) && /connection|server lost/i.test(cause.message);
}

/** The browser's own trouble with its files or processes, which may be over a moment later. */
export function isUnknownError(cause: unknown): boolean {
  return isDomException(cause) && cause.name === "UnknownError";
}

// Not `instanceof DOMException`: an implementation may bring a class of its own.
function isDomException(cause: unknown): cause is { name: string; message: string } {
  return (
    typeof cause === "object" &&
    cause !== null &&
    typeof (cause as { name?: unknown }).name === "string" &&
    typeof (cause as { message?: unknown }).message === "string"
  );
}
