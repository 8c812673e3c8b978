/** A loop with everything around it in memory: one client, one server, the line between them, and a clock. */

import type { SyncClientError } from "../../errors.ts";
import { createSyncLoop } from "../sync-loop.ts";
import type { SyncLoop, SyncLoopOptions } from "../sync-loop.ts";
import { faultyNetwork } from "./faulty-network.ts";
import type { FaultyNetwork } from "./faulty-network.ts";
import { memoryReplica } from "./memory-replica.ts";
import type { MemoryReplica } from "./memory-replica.ts";
import { memoryServer } from "./memory-server.ts";
import type { MemoryServer } from "./memory-server.ts";
import { virtualPlatform } from "./virtual-platform.ts";
import type { VirtualPlatform } from "./virtual-platform.ts";

export interface SyncWorld {
  readonly server: MemoryServer;
  readonly network: FaultyNetwork;
  readonly platform: VirtualPlatform;
  readonly replica: MemoryReplica;
  readonly loop: SyncLoop;
  /** What `onError` was told. */
  readonly errors: readonly SyncClientError[];
  /** The requests that the server got. */
  paths(): readonly string[];
  /** When requests left the client, whether they arrived or not. */
  times(path?: string): readonly number[];
}

export type SyncWorldOptions = Partial<SyncLoopOptions> & { leader?: boolean; seed?: number };

export function syncWorld(options: SyncWorldOptions = {}): SyncWorld {
  const { leader = true, seed = 1, ...loopOptions } = options;
  const server = memoryServer();
  const platform = virtualPlatform({ seed, fetch: (url, init) => network.fetch(url, init) });
  const network = faultyNetwork(server, platform);
  const replica = memoryReplica();
  const errors: SyncClientError[] = [];
  const loop = createSyncLoop({
    replica,
    platform,
    leader,
    onError: (error) => errors.push(error),
    options: {
      endpoint: "https://sync.test/sync",
      schemaVersion: "1",
      clientGroupID: "person",
      ...loopOptions,
    },
  });
  return {
    server,
    network,
    platform,
    replica,
    loop,
    errors,
    paths: () => server.requests.map(({ path }) => path),
    times: (wanted) =>
      network.sent.filter(({ path }) => !wanted || path === wanted).map(({ time }) => time),
  };
}
