import { describe, expect, it } from "vitest";
import type { SyncClientError } from "../errors.ts";
import { createSyncLoop } from "./sync-loop.ts";
import type { SyncLoopOptions } from "./sync-loop.ts";
import { faultyNetwork } from "./testing/faulty-network.ts";
import { memoryReplica } from "./testing/memory-replica.ts";
import { memoryServer, refuse } from "./testing/memory-server.ts";
import { virtualPlatform } from "./testing/virtual-platform.ts";

function setUp(options: Partial<SyncLoopOptions> & { leader?: boolean; seed?: number } = {}) {
  const { leader = true, seed = 1, ...loopOptions } = options;
  const server = memoryServer();
  const platform = virtualPlatform({ seed, fetch: (url, init) => network.fetch(url, init) });
  const network = faultyNetwork(server, () => platform);
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
  const paths = () => server.requests.map(({ path }) => path);
  return { server, platform, network, replica, errors, loop, paths };
}

describe("a loop on a good line", () => {
  it("pushes what is pending, and pulls to confirm it", async () => {
    const { loop, replica, platform, server, paths } = setUp();
    const uid = replica.append();
    loop.start();
    await platform.settle();
    expect(paths()).toEqual(["push", "pull"]);
    expect(server.effects).toEqual([uid]);
    expect(replica.settled).toEqual([uid]);
    expect(loop.status).toMatchObject({ connection: "online", pending: 0, firstSync: "complete" });
    loop.dispose();
    expect(platform.pendingTimers()).toBe(0);
  });
});
void refuse;
