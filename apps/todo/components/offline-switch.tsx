"use client";

/** Cuts this window off the network, to see what working offline is like. */

import { useSyncExternalStore } from "react";
import { offlineMode } from "@/lib/offline-mode";

export function OfflineSwitch() {
  const mode = useSyncExternalStore(
    offlineMode.subscribe,
    offlineMode.get,
    () => "follow" as const,
  );
  const isOffline = mode === "offline";
  return (
    <button
      type="button"
      role="switch"
      aria-checked={isOffline}
      aria-label="Take this window offline"
      onClick={() => offlineMode.set(isOffline ? "follow" : "offline")}
      className="group flex h-9 shrink-0 items-center gap-2 rounded-full px-1 text-sm text-soft hover:text-ink"
    >
      <span
        className={`flex h-5 w-9 items-center rounded-full border p-px transition-colors ${
          isOffline ? "border-warn bg-warn" : "border-edge bg-sunken"
        }`}
      >
        <span
          className={`size-4 rounded-full transition-transform ${
            isOffline ? "translate-x-4 bg-surface" : "bg-edge"
          }`}
        />
      </span>
      Offline
    </button>
  );
}
