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
  | "hang"
  /** Something in between answers in the server's place. */
  | Response;

export interface FaultyNetwork {
  readonly fetch: Fetcher;
  /** Consulted for each request when it leaves. */
  fault: (path: string) => Fault | null;
  /** The same, by headers; consulted if `fault` finds nothing. */
  faultFor: (path: string, headers: Headers) => Fault | null;
  delayMs: (path: string) => number;
  readonly sent: { readonly path: string; readonly time: number }[];
  /** The most requests that were ever under way at once, by path. */
  readonly peak: ReadonlyMap<string, number>;
}

export function faultyNetwork(
  server: MemoryServer,
  platform: Pick<Platform, "clock" | "timers">,
): FaultyNetwork {
  const inFlight = new Map<string, number>();
  const peak = new Map<string, number>();
  const network: FaultyNetwork = {
    peak,
    sent: [],
    fault: () => null,
    faultFor: () => null,
    delayMs: () => 0,
    async fetch(url, init) {
      const path = url.split("/").at(-1) ?? "";
      network.sent.push({ path, time: platform.clock.now() });
      count(path, 1);
      // A client that has given up does not wait, but what it sent is on its way all the same.
      const signal = init.signal;
      try {
        return await Promise.race([answer(path, init), aborted(signal)]);
      } finally {
        count(path, -1);
      }
    },
  };
  return network;

  async function answer(path: string, init: RequestInit): Promise<Response> {
    const fault = network.fault(path) ?? network.faultFor(path, new Headers(init.headers));
    const delayMs = network.delayMs(path);
    await pause(delayMs);
    if (fault instanceof Response) return fault.clone();
    if (fault === "drop") throw new TypeError("Failed to fetch");
    if (fault === "hang") return new Promise<never>(() => undefined);
    if (fault === "duplicate") server.handle(path, init);
    const response = server.handle(path, init);
    await pause(delayMs);
    if (fault === "lose-answer") throw new TypeError("Connection lost");
    return response;
  }

  async function pause(ms: number): Promise<void> {
    if (ms > 0) await new Promise<void>((resolve) => void platform.timers.set(resolve, ms));
  }

  function count(path: string, change: number): void {
    const now = (inFlight.get(path) ?? 0) + change;
    inFlight.set(path, now);
    peak.set(path, Math.max(peak.get(path) ?? 0, now));
  }
}

function aborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(new TypeError("The request was aborted.")));
  });
}
