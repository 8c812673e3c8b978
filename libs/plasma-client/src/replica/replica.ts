/** The replica. */

export type { PendingPush, PullState, SyncReplica } from "./sync-replica.ts";
