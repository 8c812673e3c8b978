/** What can go wrong on the client, by kind: something to switch over, and to say to people. */

import { PlasmaError } from "@sh1n4ps/plasma-core";
import type { PlasmaErrorOptions } from "@sh1n4ps/plasma-core";

export type SyncClientErrorKind =
  /** The server answered a push (a pull) with something that is not a success. */
  | "push-http"
  | "pull-http"
  /** No answer: no connection, or it broke. Goes away by itself. */
  | "network"
  /** The answer was not what the protocol says. */
  | "invalid-response"
  /** 401, also after asking `authHeaders` again: sign in, then call `start()`. */
  | "unauthorized"
  /** The server runs another schema or protocol version: reload the app to get its new version. */
  | "schema-mismatch"
  /** A pending mutator threw when it was run again on newer rows. It stays in the outbox: the server decides. */
  | "rebase-replay"
  /** The server refused a mutation. It is in `client.rejected`. */
  | "mutation-rejected"
  /** The mutation was discarded before it was decided. */
  | "mutation-discarded"
  /**
   * The server's database was restored from a backup: what it had accepted since is lost. `details.undone` lists the
   * mutations, by client id and from which id to which.
   */
  | "mutations-undone"
  /** The device has no room left. Nothing was half-written. */
  | "quota"
  /** The local database cannot be used: see the message. */
  | "storage"
  /** Another tab holds an older version of the local database open: close it. */
  | "storage-blocked"
  /** The local database was closed for a newer version of the app in another tab: reload this one. */
  | "storage-closed"
  /**
   * The browser has thrown away the local database under the open page. What this tab still held is stored again; the rows
   * come with the next pull. `mutate()` rejects so if it was about to store in it: do it again.
   */
  | "storage-wiped"
  /** This tab's client id was replaced while the mutation was being stored. Nothing was kept: do it again. */
  | "client-renewed"
  /** There is no such mutation (any more) to discard or to retry, or it is not clear which one is meant. */
  | "unknown-mutation"
  /** A live query has begun to fail: see the cause. It has no result until it works again by itself. */
  | "query-failed"
  /** `getContext` failed or did not answer, so that no mutator can run: do it again later. */
  | "context"
  /** Mutations wait to be sent, so that the local state is not reset without being told to. */
  | "unsent-mutations"
  /** The client was stopped for good. */
  | "disposed";

export interface SyncClientErrorOptions extends PlasmaErrorOptions {
  /** The status of the answer, where there was one. */
  readonly status?: number;
}

export class SyncClientError extends PlasmaError {
  override readonly name = "SyncClientError";
  readonly kind: SyncClientErrorKind;
  readonly status: number | undefined;

  constructor(kind: SyncClientErrorKind, message: string, options: SyncClientErrorOptions = {}) {
    super(kind, message, options);
    this.kind = kind;
    this.status = options.status;
  }
}

export function disposed(): SyncClientError {
  return new SyncClientError("disposed", "The client was disposed: create a new one.");
}

export function queryFailed(cause: unknown): SyncClientError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SyncClientError(
    "query-failed",
    `A live query has no result until its rows change, or it does. ${why}`,
    { cause },
  );
}
