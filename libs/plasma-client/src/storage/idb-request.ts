/** A request to IndexedDB as a promise. It settles within the transaction, so that the next request can follow it. */

import { isConnectionLost } from "./storage-error.ts";

/** Once for each request: its handlers are taken. */
export function wrap<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    // Not `preventDefault`: the transaction goes down with it.
    request.onerror = () => reject(request.error as DOMException);
  });
}

/** Undefined where the browser cannot read it; the transaction goes on. */
export function tolerant<T>(request: IDBRequest<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = (event) => {
      if (isConnectionLost(request.error) || request.error?.name === "AbortError") {
        reject(request.error as DOMException);
        return;
      }
      event.preventDefault();
      resolve(undefined);
    };
  });
}
