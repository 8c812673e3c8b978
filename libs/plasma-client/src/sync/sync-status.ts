/** What the sync loop tells the app about itself: one object that stays the same until something in it changes. */

import type { SyncClientError } from "../errors.ts";
import type { PullProgress } from "./pull.ts";
import type { SyncState } from "./sync-state.ts";

export type SyncConnection =
  /** Before `start`, after `stop`. */
  | "stopped"
  /** Another tab does the syncing. */
  | "following"
  /** No answer yet, or trying again after a failure (then `error` says which). */
  | "connecting"
  | "online"
  | "offline"
  /** Waits for something that only a person or the app can do: see `error`. */
  | "paused";

export interface SyncStatus {
  readonly connection: SyncConnection;
  /** Mutations in the outbox. */
  readonly pending: number;
  /** When a pull was last applied, by this device's clock: to a loop one of its own, to a client also another tab's. */
  readonly lastSyncedAt: number | null;
  /** `complete` once a pull was ever applied on this device: until then, nothing found does not mean nothing there. */
  readonly firstSync: "pending" | "complete";
  /** How far a pull of several pages is, such as a first one; null when none is under way in this tab. */
  readonly progress: PullProgress | null;
  /** What stands in the way at the moment. */
  readonly error?: SyncClientError;
}

export function connectionOf(state: SyncState): SyncConnection {
  switch (state.kind) {
    case "stopped":
      return "stopped";
    case "waiting-for-leader":
      return "following";
    case "offline-by-setting":
    case "offline-by-network":
      return "offline";
    case "idle":
    case "pushing":
    case "pulling":
    case "resetting":
      if (state.facts.pausedFor) return "paused";
      return state.facts.reached ? "online" : "connecting";
    case "backing-off":
      return "connecting";
    case "paused":
      return "paused";
  }
}

export function sameStatus(a: SyncStatus, b: SyncStatus): boolean {
  return (
    a.connection === b.connection &&
    a.pending === b.pending &&
    a.lastSyncedAt === b.lastSyncedAt &&
    a.firstSync === b.firstSync &&
    a.progress === b.progress &&
    a.error === b.error
  );
}
