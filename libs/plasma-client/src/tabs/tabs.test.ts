import { describe, expect, it } from "vitest";
import { browserPlatform } from "../platform.ts";
import { fakeLocks } from "../testing/fake-locks.ts";
import { claimClient } from "./client-claim.ts";
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
    expect(posted).toEqual([["plasma:db:tabs", { version: 2, message: { kind: "changed" } }]]);
    const hello = { kind: "hello", baseSeq: 1, heads: {} };
    for (const data of [
      { version: 2, message: hello },
      { version: 1, message: hello },
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
