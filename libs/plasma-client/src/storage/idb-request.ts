/** A request to IndexedDB as a promise. It settles within the transaction, so that the next request can follow it. */

/** Once for each request: its handlers are taken. */
export function wrap<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    // Not `preventDefault`: the transaction goes down with it.
    request.onerror = () => reject(request.error as DOMException);
  });
}
