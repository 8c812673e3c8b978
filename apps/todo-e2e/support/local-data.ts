/** Everything that a page keeps on the device: its IndexedDB, its storages and its caches. */
import { expect } from "@playwright/test";
import type { Page } from "@playwright/test";

/**
 * Waits until a text is in the page's IndexedDB: a reading transaction sees what was committed, and
 * that is when `mutate()` resolves.
 */
export async function waitUntilStored(page: Page, text: string): Promise<void> {
  await expect
    .poll(async () => (await everythingStored(page)).includes(text), { intervals: [5] })
    .toBe(true);
}

/** All of it as one text to search in. */
export async function everythingStored(page: Page): Promise<string> {
  return await page.evaluate(async () => {
    const dump: unknown[] = [{ ...localStorage }, { ...sessionStorage }];
    for (const { name } of await indexedDB.databases()) {
      if (name) dump.push(name, await dumpDatabase(name));
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        dump.push(request.url, await (await cache.match(request))?.text());
      }
    }
    return JSON.stringify(dump, showBytes);

    async function dumpDatabase(name: string): Promise<unknown> {
      const database = await settled(indexedDB.open(name));
      try {
        const stores: Record<string, unknown> = {};
        for (const storeName of database.objectStoreNames) {
          const store = database.transaction(storeName).objectStore(storeName);
          const [keys, values] = await Promise.all([
            settled(store.getAllKeys()),
            settled(store.getAll()),
          ]);
          stores[storeName] = { keys, values };
        }
        return stores;
      } finally {
        database.close();
      }
    }

    function settled<T>(request: IDBRequest<T>): Promise<T> {
      return new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    }

    /** JSON drops these; text inside of bytes would go unseen. */
    function showBytes(_key: string, value: unknown): unknown {
      if (value instanceof Map || value instanceof Set) return [...value];
      if (typeof value === "bigint") return value.toString();
      if (value instanceof ArrayBuffer) return new TextDecoder().decode(value);
      if (ArrayBuffer.isView(value)) return new TextDecoder().decode(value);
      return value;
    }
  });
}
