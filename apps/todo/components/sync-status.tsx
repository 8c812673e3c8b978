"use client";

/** How syncing goes: the connection, what waits to be sent, and when the last sync was. */

import { useSyncStatus } from "@sh1n4ps/plasma-react";
import type { SyncStatus as Status } from "@sh1n4ps/plasma-client";
import { relativeTime } from "@/lib/relative-time";
import { useNow } from "@/lib/use-now";

const CONNECTIONS: Record<Status["connection"], { readonly label: string; readonly dot: string }> =
  {
    online: { label: "Online", dot: "bg-good" },
    connecting: { label: "Connecting", dot: "bg-edge animate-pulse" },
    offline: { label: "Offline", dot: "bg-warn" },
    paused: { label: "Paused", dot: "bg-danger" },
    following: { label: "Via another tab", dot: "bg-good" },
    stopped: { label: "Starting", dot: "bg-edge" },
  };

export function SyncStatus() {
  const { connection, pending, lastSyncedAt, progress, error } = useSyncStatus();
  const now = useNow(10_000);
  const { label, dot } = CONNECTIONS[connection];
  return (
    <div role="status" aria-label="Sync status" className="flex min-w-0 items-center gap-2 text-sm">
      <span aria-hidden="true" className={`size-2 shrink-0 rounded-full ${dot}`} />
      <p className="min-w-0 leading-tight">
        <span className="font-medium">{label}</span>
        {progress && (
          // Not announced: it changes with every page.
          <span aria-live="off" className="text-soft">
            {" "}
            · loading, {progress.rows.toLocaleString("en")} rows so far
          </span>
        )}
        {pending > 0 && <span className="text-warn"> · {pending} unsent</span>}
        {error && needsSomebody(connection) && (
          <span className="text-danger"> · {error.message}</span>
        )}
        {lastSyncedAt !== null && now !== null && (
          // Not announced: it changes by itself every minute.
          <span aria-live="off" className="text-soft">
            {" "}
            · synced {relativeTime(lastSyncedAt, now)}
          </span>
        )}
      </p>
    </div>
  );
}

/** Trouble with the network passes by itself; this does not. */
function needsSomebody(connection: Status["connection"]): boolean {
  return connection === "paused" || connection === "stopped";
}
