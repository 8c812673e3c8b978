/** Clients in several tabs of one browser, with one server: each has its own page, and all share database and locks. */

import { createPlasmaClient } from "../client.ts";
import type { PlasmaClient } from "../client.ts";
import type { SyncClientError } from "../errors.ts";
import type { PlasmaClientOptions } from "../options.ts";
import { browserPlatform } from "../platform.ts";
import type { BroadcastPort, Platform } from "../platform.ts";
import { freshIndexedDB } from "./fake-indexeddb.ts";
import { fakeLocks } from "./fake-locks.ts";
import { testServer } from "./test-server.ts";
import type { HttpServer } from "./http-server.ts";
import { testClientOptions } from "./test-app.ts";
import type { TestMutators, testSchema } from "./test-app.ts";

type Schema = typeof testSchema;
export type ClientTabOptions = Partial<PlasmaClientOptions<Schema, TestMutators>>;
export type TabClient = PlasmaClient<Schema, TestMutators>;

export interface ClientTabs {
  readonly server: HttpServer;
  readonly indexedDB: IDBFactory;
  /** What `onError` was told, in all tabs. */
  readonly errors: readonly SyncClientError[];
  /** A platform of a new tab. */
  platform(): Platform;
  client(options?: ClientTabOptions): TabClient;
  disposeAll(): Promise<void>;
}

export function clientTabs(): ClientTabs {
  const server = testServer();
  const indexedDB = freshIndexedDB();
  const locks = fakeLocks();
  const broadcast = channels();
  const opened: TabClient[] = [];
  const errors: SyncClientError[] = [];
  const platform = (): Platform => ({
    ...browserPlatform(),
    indexedDB,
    locks: locks.forTab() as unknown as LockManager,
    broadcast,
  });
  return {
    server,
    indexedDB,
    errors,
    platform,
    client(options = {}) {
      const client = createPlasmaClient({
        ...testClientOptions,
        fetcher: server.fetch,
        pollIntervalMs: 20,
        retry: { initialDelayMs: 5, maxDelayMs: 20 },
        logLevel: "silent",
        onError: (error) => errors.push(error),
        platform: platform(),
        ...options,
      });
      opened.push(client);
      return client;
    },
    disposeAll: async () => void (await Promise.all(opened.map((client) => client.dispose()))),
  };
}

function channels(): (name: string) => BroadcastPort {
  const { timers } = browserPlatform();
  const all = new Map<string, Set<(message: unknown) => void>>();
  return (name) => {
    const listeners = all.get(name) ?? new Set();
    all.set(name, listeners);
    const mine = new Set<(message: unknown) => void>();
    return {
      post(message) {
        const copy = structuredClone(message);
        for (const listener of [...listeners]) {
          if (!mine.has(listener)) timers.set(() => listener(copy), 0);
        }
      },
      subscribe(listener) {
        mine.add(listener);
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      close: () => mine.forEach((listener) => listeners.delete(listener)),
    };
  };
}
