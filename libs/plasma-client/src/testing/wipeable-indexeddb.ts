/** IndexedDB as it is when somebody clears site data under open pages: connections end, and what was there is not. */

import { freshIndexedDB } from "./fake-indexeddb.ts";

export interface WipeableIndexedDB {
  readonly indexedDB: IDBFactory;
  wipe(): void;
}

export function wipeableIndexedDB(): WipeableIndexedDB {
  let current = freshIndexedDB();
  const connections = new Set<IDBDatabase>();
  const open = (...args: Parameters<IDBFactory["open"]>) => {
    const request = current.open(...args);
    request.addEventListener("success", () => connections.add(request.result));
    return request;
  };
  return {
    indexedDB: { open } as IDBFactory,
    wipe: () => {
      current = freshIndexedDB();
      for (const connection of connections) {
        connection.close();
        connection.onclose?.(new Event("close"));
      }
      connections.clear();
    },
  };
}
