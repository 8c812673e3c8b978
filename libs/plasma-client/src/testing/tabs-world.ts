/** Several tabs over one fake IndexedDB, with locks and channels that work as a browser's do. */

import type { Schema } from "@sh1n4ps/plasma-core";
import { browserPlatform } from "../platform.ts";
import type { BroadcastPort, Platform } from "../platform.ts";
import { Replica } from "../replica/replica.ts";
import type { ReplicaOptions } from "../replica/replica.ts";
import type { Engine } from "../storage/engine.ts";
import { createIdbEngine } from "../storage/idb-engine.ts";
import type { SyncClientError } from "../errors.ts";
import { openTabChannel } from "../tabs/tab-channel.ts";
import { freshIndexedDB } from "./fake-indexeddb.ts";
import { fakeLocks } from "./fake-locks.ts";
import type { FakeLocks } from "./fake-locks.ts";
import { testMutators, testSchema } from "./test-app.ts";

const { timers } = browserPlatform();

export interface TabsWorld {
  /** Opens a tab; `wrap` stands between its replica and its storage. */
  tab(options?: TabOptions): Tab;
}

export interface TabOptions {
  readonly wrap?: (engine: Engine) => Engine;
  readonly engine?: Engine;
  readonly schema?: Schema;
  readonly mutators?: ReplicaOptions["mutators"];
  readonly withoutLocks?: boolean;
}

export interface Tab {
  readonly replica: Replica;
  readonly platform: Platform;
  readonly errors: SyncClientError[];
  /** Hears nothing of the other tabs, as a frozen page does. */
  isDeaf: boolean;
  /** The page goes, without a word: locks are released, nothing is written any more. */
  kill(): Promise<void>;
}

export function tabsWorld(indexedDB: IDBFactory = freshIndexedDB()): TabsWorld {
  const locks = fakeLocks();
  const ports = new Set<(message: unknown) => void>();
  let count = 0;
  let now = 1_750_000_000_000;

  return {
    tab(options = {}) {
      const name = count++;
      const { schema = testSchema } = options;
      const tabLocks = locks.forTab();
      const platform = testPlatform({
        name,
        now: () => now++,
        indexedDB,
        locks: options.withoutLocks ? undefined : tabLocks,
        ports,
      });
      const errors: SyncClientError[] = [];
      const engine = options.engine ?? createIdbEngine({ schema, dbName: "db", platform });
      let isDead = false;
      const alive = options.wrap ? options.wrap(engine) : engine;
      const channel = openTabChannel(platform, "db");
      const replica = new Replica({
        schema,
        mutators: options.mutators ?? testMutators,
        dbName: "db",
        engine: alive,
        platform,
        getContext: () => ({ userId: "ada" }),
        channel: channel && {
          post: (message) => (isDead ? undefined : channel.post(message)),
          subscribe: (listener) =>
            channel.subscribe((message) => (isDead || tab.isDeaf ? undefined : listener(message))),
          close: channel.close,
        },
        onError: (error) => errors.push(error),
      });
      const tab: Tab = {
        replica,
        platform,
        errors,
        isDeaf: false,
        async kill() {
          isDead = true;
          await engine.close();
          tabLocks.releaseAll();
        },
      };
      return tab;
    },
  };
}

interface TestPlatformOptions {
  readonly name: number;
  readonly now: () => number;
  readonly indexedDB: IDBFactory;
  readonly locks: FakeLocks | undefined;
  readonly ports: Set<(message: unknown) => void>;
}

function testPlatform({ name, now, indexedDB, locks, ports }: TestPlatformOptions): Platform {
  let drawn = 0;
  const draw = () => `${name}-${drawn++}`;
  const signal = { current: () => true, subscribe: () => () => undefined };
  return {
    clock: { now },
    random: { uuid: () => `client-${draw()}`, token: () => `uid-${draw()}`, fraction: () => 0.5 },
    timers,
    fetch: () => Promise.reject(new TypeError("There is no network.")),
    WebSocket: undefined,
    indexedDB,
    locks: locks as LockManager | undefined,
    broadcast: () => port(ports),
    online: signal,
    visible: signal,
    log: () => undefined,
  };
}

function port(ports: Set<(message: unknown) => void>): BroadcastPort {
  const mine = new Set<(message: unknown) => void>();
  return {
    post: (message) => {
      const copy = structuredClone(message);
      for (const deliver of [...ports]) if (!mine.has(deliver)) timers.set(() => deliver(copy), 0);
    },
    subscribe: (listener) => {
      mine.add(listener);
      ports.add(listener);
      return () => ports.delete(listener);
    },
    close: () => mine.forEach((listener) => ports.delete(listener)),
  };
}
