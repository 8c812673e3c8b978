import { describe, expect, it, vi } from "vitest";
import { refuse } from "./testing/memory-server.ts";
import { syncWorld } from "./testing/sync-world.ts";

/** What became of a promise, without waiting for it. */
function watch(promise: Promise<void>): { outcome: () => string } {
  let outcome = "waits";
  promise.then(
    () => (outcome = "resolved"),
    (error: { kind?: string }) => (outcome = `rejected: ${error.kind}`),
  );
  return { outcome: () => outcome };
}

describe("flush", () => {
  it("resolves at once when nothing is pending, also before start", async () => {
    const { loop } = syncWorld();
    await expect(loop.flush()).resolves.toBeUndefined();
  });

  it("resolves when a pull has confirmed what was pending, not when it was pushed", async () => {
    const { loop, replica, platform, network } = syncWorld();
    network.delayMs = (path) => (path === "pull" ? 1000 : 0);
    loop.start();
    await platform.advance(5000);
    replica.append();
    const flush = watch(loop.flush());
    await platform.advance(1500);
    expect(flush.outcome()).toBe("waits");
    await platform.advance(1000);
    expect(flush.outcome()).toBe("resolved");
    expect(replica.pendingCount()).toBe(0);
  });

  it("does not wait for what is made meanwhile", async () => {
    const { loop, replica, platform, network } = syncWorld();
    network.delayMs = () => 100;
    loop.start();
    replica.append();
    const flush = watch(loop.flush());
    for (let time = 0; time < 20 && flush.outcome() === "waits"; time += 1) {
      await platform.advance(70);
      replica.append();
    }
    expect(flush.outcome()).toBe("resolved");
    expect(replica.pendingCount()).toBeGreaterThan(0);
  });

  it("waits while the line is down, and retries at once", async () => {
    const { loop, replica, platform, network } = syncWorld();
    network.fault = () => "drop";
    loop.start();
    replica.append();
    await platform.advance(10 * 60_000);
    network.fault = () => null;
    const flush = watch(loop.flush());
    await platform.settle();
    expect(flush.outcome()).toBe("resolved");
  });

  it("waits while offline", async () => {
    const { loop, replica, platform } = syncWorld({ offline: true });
    loop.start();
    replica.append();
    const flush = watch(loop.flush());
    await platform.advance(60_000);
    expect(flush.outcome()).toBe("waits");
    loop.setOffline(false);
    await platform.settle();
    expect(flush.outcome()).toBe("resolved");
  });

  it("rejects when the loop pauses, and works again afterwards", async () => {
    const { loop, replica, platform, server } = syncWorld();
    server.authorization = "secret";
    loop.start();
    replica.append();
    const flush = watch(loop.flush());
    await platform.settle();
    expect(flush.outcome()).toBe("rejected: unauthorized");
    server.authorization = null;
    await expect(loop.flush()).resolves.toBeUndefined();
  });

  it("rejects when one of its outboxes is refused, and tries that one again when called anew", async () => {
    const { loop, replica, platform, network } = syncWorld();
    network.fault = (path) =>
      path === "push" ? refuse(403, { code: "forbidden", message: "No." }) : null;
    loop.start();
    replica.append();
    const flush = watch(loop.flush());
    await platform.settle();
    expect(flush.outcome()).toBe("rejected: push-http");
    network.fault = () => null;
    const again = watch(loop.flush());
    await platform.settle();
    expect(again.outcome()).toBe("resolved");
  });

  it("does one round before start", async () => {
    const { loop, replica, platform, paths } = syncWorld();
    replica.append();
    await loop.flush();
    expect(paths()).toEqual(["push", "pull"]);
    expect(loop.status.connection).toBe("stopped");
    await platform.advance(60_000);
    expect(paths()).toHaveLength(2);
  });

  it("before start rejects if its round fails", async () => {
    const { loop, replica, network } = syncWorld();
    network.fault = () => "drop";
    replica.append();
    await expect(loop.flush()).rejects.toMatchObject({ kind: "network" });
  });

  it("of a follower pushes by itself", async () => {
    const { loop, replica, platform } = syncWorld({ leader: false });
    loop.start();
    replica.append();
    await loop.flush();
    expect(replica.pendingCount()).toBe(0);
    expect(loop.status.connection).toBe("following");
    expect(platform.pendingTimers()).toBe(0);
  });

  it("hears when another tab has confirmed its mutations", async () => {
    const { loop, replica, platform, network } = syncWorld({ leader: false });
    network.fault = () => "hang";
    loop.start();
    replica.append();
    const flush = watch(loop.flush());
    await platform.settle();
    const page = {
      cookie: "9:",
      patch: [],
      lastMutationIDs: { "tab-1": 1 },
      rejections: [],
      hasMore: false,
    };
    await replica.applyPull(replica.pullState(), [page]);
    expect(flush.outcome()).toBe("waits");
    loop.replicaChanged();
    await platform.settle();
    expect(flush.outcome()).toBe("resolved");
    expect(loop.status.pending).toBe(0);
  });

  it("rejects when the client is stopped or disposed", async () => {
    const { loop, replica, network, platform } = syncWorld();
    network.fault = () => "hang";
    loop.start();
    replica.append();
    const stopped = watch(loop.flush());
    loop.stop();
    await platform.settle();
    expect(stopped.outcome()).toBe("rejected: disposed");
    loop.start();
    const disposed = watch(loop.flush());
    loop.dispose();
    await platform.settle();
    expect(disposed.outcome()).toBe("rejected: disposed");
    await expect(loop.flush()).rejects.toMatchObject({ kind: "disposed" });
    await expect(loop.pullOnce()).rejects.toMatchObject({ kind: "disposed" });
  });
});

describe("pushOnce and pullOnce", () => {
  it("resolve with the first push (pull) that started afterwards", async () => {
    const { loop, platform, network, replica, server } = syncWorld();
    network.delayMs = () => 100;
    loop.start();
    await platform.advance(50);
    // A pull is under way: it may have read before what this one must see.
    server.write("row");
    const pull = watch(loop.pullOnce());
    await platform.advance(200);
    expect(pull.outcome()).toBe("waits");
    await platform.advance(200);
    expect(pull.outcome()).toBe("resolved");
    expect(replica.rows).toContain("row");
  });

  it("reject with what went wrong, once the second chance of the headers is gone", async () => {
    const { loop, platform, network, replica, server } = syncWorld();
    network.fault = () => "drop";
    loop.start();
    await platform.settle();
    replica.append();
    await expect(loop.pushOnce()).rejects.toMatchObject({ kind: "network" });
    network.fault = () => null;
    server.authorization = "secret";
    await expect(loop.pullOnce()).rejects.toMatchObject({ kind: "unauthorized" });
  });

  it("survive a 401 that other headers heal", async () => {
    let token = "old";
    const authHeaders = () => {
      const headers = { authorization: token };
      token = "new";
      return headers;
    };
    const { loop, server, replica } = syncWorld({ authHeaders });
    server.authorization = "new";
    replica.append();
    await expect(loop.pushOnce()).resolves.toBeUndefined();
    expect(server.effects).toHaveLength(1);
  });

  it("reject while offline instead of waiting", async () => {
    const { loop, platform } = syncWorld({ offline: true });
    loop.start();
    await expect(loop.pushOnce()).rejects.toMatchObject({ kind: "network" });
    loop.setOffline(false);
    await platform.settle();
    platform.online.switch(false);
    await expect(loop.pullOnce()).rejects.toMatchObject({ kind: "network" });
  });

  it("work before start, and leave nothing running", async () => {
    const { loop, platform, replica, server, paths } = syncWorld();
    server.write("row");
    await loop.pullOnce();
    expect(replica.rows).toContain("row");
    await loop.pushOnce();
    expect(paths()).toEqual(["pull"]);
    replica.append();
    await loop.pushOnce();
    await platform.settle();
    expect(paths()).toEqual(["pull", "push", "pull"]);
    expect(platform.pendingTimers()).toBe(0);
  });

  it("reject when an outbox was refused", async () => {
    const { loop, network, replica } = syncWorld();
    network.fault = (path) =>
      path === "push" ? refuse(422, { code: "invalid", message: "No." }) : null;
    replica.append();
    await expect(loop.pushOnce()).rejects.toMatchObject({ kind: "push-http", status: 422 });
    await expect(loop.pullOnce()).resolves.toBeUndefined();
  });
});

describe("the status", () => {
  it("is the same object until something in it changes", async () => {
    const { loop, platform, replica } = syncWorld();
    const seen: unknown[] = [];
    loop.subscribeStatus(() => seen.push(loop.status));
    const before = loop.status;
    expect(before).toEqual({
      connection: "stopped",
      pending: 0,
      lastSyncedAt: null,
      firstSync: "pending",
      progress: null,
    });
    loop.setLeader(true);
    expect(loop.status).toBe(before);
    loop.start();
    await platform.settle();
    const online = loop.status;
    expect(online).toEqual({
      connection: "online",
      pending: 0,
      lastSyncedAt: platform.clock.now(),
      firstSync: "complete",
      progress: null,
    });
    expect(loop.status).toBe(online);
    replica.append();
    expect(loop.status).toMatchObject({ pending: 1 });
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("is not told any more to those who left, and survives those who throw", async () => {
    const { loop, platform } = syncWorld();
    const listener = vi.fn();
    loop.subscribeStatus(() => {
      throw new Error("A bug of the app.");
    });
    const leave = loop.subscribeStatus(listener);
    loop.start();
    expect(listener).toHaveBeenCalledTimes(1);
    leave();
    await platform.settle();
    expect(listener).toHaveBeenCalledTimes(1);
    expect(loop.status.connection).toBe("online");
    expect(platform.logged.length).toBeGreaterThan(0);
  });
});
