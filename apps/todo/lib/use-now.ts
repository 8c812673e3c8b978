"use client";

/** The time, for words such as "2 min. ago": changes every `stepMs`, and is null while the server renders. */

import { useCallback, useSyncExternalStore } from "react";

export function useNow(stepMs: number): number | null {
  const subscribe = useCallback(
    (onChange: () => void) => {
      const timer = setInterval(onChange, stepMs);
      return () => clearInterval(timer);
    },
    [stepMs],
  );
  return useSyncExternalStore(
    subscribe,
    () => Math.floor(Date.now() / stepMs) * stepMs,
    () => null,
  );
}
