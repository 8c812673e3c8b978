/** How syncing goes: the connection, what waits to be sent, when the last sync was. */

import type { SyncStatus } from "@sh1n4ps/plasma-client";
import { useCallback, useSyncExternalStore } from "react";
import { useClient } from "./plasma-provider.tsx";

export function useSyncStatus(): SyncStatus {
  const client = useClient();
  const subscribe = useCallback(
    (onChange: () => void) => client?.subscribeStatus(onChange) ?? (() => undefined),
    [client],
  );
  const getSnapshot = useCallback(() => client?.status ?? BEFORE_THE_FIRST, [client]);
  return useSyncExternalStore(subscribe, getSnapshot, beforeTheFirst);
}

const BEFORE_THE_FIRST: SyncStatus = Object.freeze({
  connection: "stopped",
  pending: 0,
  lastSyncedAt: null,
  firstSync: "pending",
  progress: null,
});

function beforeTheFirst(): SyncStatus {
  return BEFORE_THE_FIRST;
}
