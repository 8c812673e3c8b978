import { describe, expect, it } from "vitest";
import { browserPlatform } from "../platform.ts";
import { fakeLocks } from "../testing/fake-locks.ts";
import { claimClient } from "./client-claim.ts";
import { seekLeadership } from "./leadership.ts";
import { openTabChannel } from "./tab-channel.ts";

const { random } = browserPlatform();
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

function tab(locks: ReturnType<typeof fakeLocks>) {
  const tabLocks = locks.forTab();
  return { platform: { locks: tabLocks as unknown as LockManager, random }, locks: tabLocks };
}

describe("claiming a client id", () => {
  it("takes the first of the pool that nobody uses, and makes one when all are used", async () => {
    const locks = fakeLocks();
    const claim = () =>
      claimClient({ dbName: "db", pool: ["a", "b"], platform: tab(locks).platform });
    const first = await claim();
    const second = await claim();
    const third = await claim();
    expect([first, second].map(({ clientID, isNew }) => [clientID, isNew])).toEqual([
      ["a", false],
      ["b", false],
    ]);
    expect(third.isNew).toBe(true);
    first.release();
    await turn();
    expect((await claim()).clientID).toBe("a");
  });

  it("gives two tabs that start at the same moment different ids", async () => {
    const locks = fakeLocks();
    const claims = await Promise.all(
      Array.from({ length: 5 }, () =>
        claimClient({ dbName: "db", pool: ["a", "b", "c"], platform: tab(locks).platform }),
      ),
    );
    expect(new Set(claims.map(({ clientID }) => clientID)).size).toBe(5);
  });

  it("does not mix up databases", async () => {
    const locks = fakeLocks();
    const one = await claimClient({ dbName: "one", pool: ["a"], platform: tab(locks).platform });
    const two = await claimClient({ dbName: "two", pool: ["a"], platform: tab(locks).platform });
    expect([one.clientID, two.clientID]).toEqual(["a", "a"]);
  });

  it("makes an id each time where there are no Web Locks", async () => {
    const claim = await claimClient({
      dbName: "db",
      pool: ["a"],
      platform: { locks: undefined, random },
    });
    expect(claim.isNew).toBe(true);
    claim.release();
  });
});

describe("leadership", () => {
  it("belongs to one tab, and passes on when that steps down or goes", async () => {
    const locks = fakeLocks();
    const tabs = [tab(locks), tab(locks), tab(locks)];
    const leaders = new Set<number>();
    const stepDown = tabs.map(({ platform }, at) =>
      seekLeadership({
        dbName: "db",
        platform,
        onChange: (isLeader) => (isLeader ? leaders.add(at) : leaders.delete(at)),
      }),
    );
    await turn();
    expect([...leaders]).toEqual([0]);
    stepDown[0]?.();
    stepDown[0]?.();
    await turn();
    expect([...leaders]).toEqual([1]);
    leaders.delete(1);
    tabs[1]?.locks.releaseAll();
    await turn();
    expect([...leaders]).toEqual([2]);
  });

  it("is not given to a tab that has stopped waiting", async () => {
    const locks = fakeLocks();
    const told: string[] = [];
    const first = seekLeadership({
      dbName: "db",
      platform: tab(locks).platform,
      onChange: () => undefined,
    });
    const second = seekLeadership({
      dbName: "db",
      platform: tab(locks).platform,
      onChange: (isLeader) => told.push(String(isLeader)),
    });
    second();
    first();
    await turn();
    expect(told).toEqual([]);
  });

  it("is everybody's where there are no Web Locks", () => {
    const told: boolean[] = [];
    const stepDown = seekLeadership({
      dbName: "db",
      platform: { locks: undefined },
      onChange: (isLeader) => told.push(isLeader),
    });
    stepDown();
    expect(told).toEqual([true, false]);
  });
});

describe("the channel between tabs", () => {
  it("carries messages to the others, and reads those of another version as a change of something", () => {
    const listeners: ((message: unknown) => void)[] = [];
    const posted: unknown[] = [];
    const platform = {
      ...browserPlatform(),
      broadcast: (name: string) => ({
        post: (message: unknown) => posted.push([name, message]),
        subscribe: (listener: (message: unknown) => void) => {
          listeners.push(listener);
          return () => undefined;
        },
        close: () => undefined,
      }),
    };
    const channel = openTabChannel(platform, "db");
    const heard: unknown[] = [];
    channel?.subscribe((message) => heard.push(message));
    channel?.post({ kind: "changed" });
    expect(posted).toEqual([["plasma:db:tabs", { version: 1, message: { kind: "changed" } }]]);
    const hello = { kind: "hello", baseSeq: 1, heads: {} };
    for (const data of [
      { version: 1, message: hello },
      { version: 2, message: hello },
      null,
      "x",
    ]) {
      for (const listener of listeners) listener(data);
    }
    expect(heard).toEqual([hello, { kind: "changed" }, { kind: "changed" }, { kind: "changed" }]);
  });

  it("is not there where the browser has none", () => {
    expect(openTabChannel({ ...browserPlatform(), broadcast: undefined }, "db")).toBeUndefined();
  });
});
