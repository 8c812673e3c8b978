/** The one file of the simulator that touches the real machine: it waits for Node's own queue, and hashes. */

import { createHash, createHmac } from "node:crypto";

const { setImmediate: nextTurn } = globalThis;

/** Resolves when nothing is left to do that needs no time: promises, streams, ticks. */
export function settle(): Promise<void> {
  return new Promise((resolve) => void nextTurn(resolve));
}

/** Synchronous, so that no thread pool has a say in the order of things. */
export const hashes = {
  sha256: (data: Uint8Array): Promise<Uint8Array> =>
    Promise.resolve(new Uint8Array(createHash("sha256").update(data).digest())),
  hmacSha256: (key: Uint8Array, data: Uint8Array): Promise<Uint8Array> =>
    Promise.resolve(new Uint8Array(createHmac("sha256", key).update(data).digest())),
};

/** Calls `listener` for each promise that was rejected and that nobody handled, until the returned function is called. */
export function onUnhandledRejection(listener: (reason: unknown) => void): () => void {
  process.on("unhandledRejection", listener);
  return () => void process.off("unhandledRejection", listener);
}
