/** IndexedDB in Node: its key ranges as a global, and a world of its own for each test. */

import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";

export function freshIndexedDB(): IDBFactory {
  return new IDBFactory();
}
