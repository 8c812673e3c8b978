/** The line between a client and a server in memory: it takes time, and it fails as real ones do. */

import type { Fetcher, Platform } from "../../platform.ts";
import type { MemoryServer } from "./memory-server.ts";

export type Fault =
  /** The request never arrives. */
  | "drop"
  /** The request arrives and takes effect; the answer does not. */
  | "lose-answer"
  /** The request arrives twice; the second answer is the one that counts. */
  | "duplicate"
  /** No answer, no error, until somebody gives up. */
  | "hang";

export interface FaultyNetwork {
  readonly fetch: Fetcher;
  /** Consulted for each request, before it is sent. A response is given instead of the server's own. */
  fault: (path: string) => Fault | Response | null;
  delayMs: (path: string) => number;
  /** Requests under way, by path, and the most there ever were. */
  readonly inFlight: Map<string, number>;
  readonly peak: Map<string, number>;
  /** Called when a request leaves. */
  onRequest: (path: string) => void;
}

export function faultyNetwork(server: MemoryServer, platform: () => Platform): FaultyNetwork {
  const inFlight = new Map<string, number>();
  const peak = new Map<string, number>();
  const network: FaultyNetwork = {
    inFlight,
    peak,
    fault: () => null,
    delayMs: () => 0,
    onRequest: () => undefined,
    async fetch(url, init) {
      const path = url.split("/").at(-1) ?? "";
      network.onRequest(path);
      count(path, 1);
      try {
        const fault = network.fault(path);
        const delayMs = network.delayMs(path);
        if (delayMs > 0) await pause(delayMs);
        if (fault instanceof Response) return fault;
        if (fault === "drop") throw new TypeError("Failed to fetch");
        if (fault === "hang") await aborted(init.signal);
        if (fault === "duplicate") server.handle(path, init);
        const response = server.handle(path, init);
        if (delayMs > 0) await pause(delayMs);
        if (fault === "lose-answer") throw new TypeError("Connection lost");
        return response;
      } finally {
        count(path, -1);
      }
    },
  };
  return network;

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => void platform().timers.set(resolve, ms));
  }

  function count(path: string, change: number): void {
    const now = (inFlight.get(path) ?? 0) + change;
    inFlight.set(path, now);
    peak.set(path, Math.max(peak.get(path) ?? 0, now));
  }
}

function aborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(new TypeError("aborted")));
  });
}
