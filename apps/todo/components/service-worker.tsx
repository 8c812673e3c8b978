"use client";

/** Registers the service worker that lets the app start without a network. Production builds only: in development it would serve yesterday's code. */

import { useEffect } from "react";

export function ServiceWorker() {
  useEffect(() => {
    if (process.env.NODE_ENV !== "production" || !("serviceWorker" in navigator)) return;
    // Without it the app still works; only a reload offline does not.
    navigator.serviceWorker.register("/sw.js").catch((error: unknown) => console.warn(error));
  }, []);
  return null;
}
