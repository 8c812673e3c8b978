/** The seam between the replica and the sync loop: what to send, what to ask for, and where answers go. */

import type { PullResponse, WireMutation } from "@sh1n4ps/plasma-core";

export interface SyncReplica {
  /** This tab's client id. Only after the replica was opened. */
  readonly clientID: string;
  /** Loads what other tabs have stored without this one's hearing of it. */
  catchUp(): Promise<void>;
  /** Outboxes to push, oldest first for each client; only durable entries. */
  pendingPushes(): readonly PendingPush[];
  /** How many mutations those are, and the cookie of the confirmed rows: what the status says, without making the lists. */
  readonly summary: { readonly pushCount: number; readonly cookie: string | null };
  /** What a pull request says. */
  pullState(): PullState;
  /**
   * Applies all pages of one pull at once. `stale`: the cookie has moved meanwhile (another tab has pulled, or the
   * rows were reset), nothing was applied, and the pull has to be made again.
   */
  applyPull(
    request: Pick<PullState, "cookie" | "known">,
    pages: readonly PullResponse[],
  ): Promise<"applied" | "stale">;
  /** Fires when durable entries were added to the outbox (by this tab or another). */
  subscribeOutbox(listener: () => void): () => void;
  /** Forgets confirmed rows and the cookie, keeps the outbox: the answer "reset" to a schema mismatch. */
  resetBase(): Promise<void>;
  /**
   * The server does not know this client's past (its database was replaced or restored, or it reports a fork: a gap
   * whose `expected` is below our first pending id, 409 "fork", 403 "unknown client"). Pending mutations move to a
   * fresh client id, numbered from 1; their uids stay, so that those which did arrive are not run twice.
   */
  renewClient(clientID: string): Promise<void>;
}

export interface PendingPush {
  readonly clientID: string;
  readonly confirmed: number;
  readonly mutations: readonly WireMutation[];
  /** By mutation id, the cookie of the rows on which it was made. A push holds mutations of one base. */
  readonly bases?: ReadonlyMap<number, string | null>;
}

export interface PullState {
  readonly cookie: string | null;
  readonly clients: readonly { readonly clientID: string; readonly confirmed: number }[];
  /** All clients of the device as of now; `clients` are as many of them as a request may name. */
  readonly known: readonly string[];
}
