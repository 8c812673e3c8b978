/** Two clients on one origin, with the browser's own IndexedDB, Web Locks and channels. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { createPlasmaClient } from "./client.ts";
import type { PlasmaClient } from "./client.ts";
import { testServer } from "./testing/test-server.ts";
import { testMutators, testSchema, todos } from "./testing/test-app.ts";
import type { TestMutators } from "./testing/test-app.ts";

type TestClient = PlasmaClient<typeof testSchema, TestMutators>;

let databases = 0;
const opened: TestClient[] = [];
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 8000, interval: 10 });

function world() {
  const server = testServer();
  const dbName = `client-${Date.now()}-${databases++}`;
  const client = (): TestClient => {
    const made = createPlasmaClient({
      schema: testSchema,
      mutators: testMutators,
      dbName,
      endpoint: "https://sync.test/sync",
      schemaVersion: "1",
      clientGroupID: "ada",
      getContext: () => ({ userId: "ada" }),
      fetcher: server.fetch,
      pollIntervalMs: 50,
    });
    opened.push(made);
    return made;
  };
  return { server, client };
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client.dispose()));
});

const titles = async (client: TestClient) =>
  (await client.db.select().from(todos).orderBy(todos.title)).map(({ title }) => title);

describe("two tabs in Chromium", () => {
  it("have ids of their own, one leader, and show each other's changes at once", async () => {
    const { server, client } = world();
    const [one, two] = [client(), client()];
    await Promise.all([one.start(), two.start()]);
    expect(one.clientID).not.toBe(two.clientID);
    await eventually(() =>
      expect([one, two].map(({ status }) => status.connection).toSorted()).toEqual([
        "following",
        "online",
      ]),
    );
    await one.mutate("addList", { id: "l1", name: "One" });
    server.isReachable = false;
    await two.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    await eventually(async () => expect(await titles(one)).toEqual(["A"]));
    server.isReachable = true;
  });

  it("confirm a mutation in the tab that made it, though the other one syncs", async () => {
    const { server, client } = world();
    const [leader, follower] = [client(), client()];
    await leader.start();
    await eventually(() => expect(leader.status.connection).toBe("online"));
    await follower.start();
    expect(follower.status.connection).toBe("following");
    const list = follower.mutate("addList", { id: "l1", name: "One" });
    const refused = follower.mutate("addForbidden", { id: "t1", listId: "l1", title: "A" });
    await list.confirmed;
    await expect(refused.confirmed).rejects.toMatchObject({ kind: "mutation-rejected" });
    expect(server.model.effects).toEqual(["addList"]);
    await eventually(() => expect(leader.rejected.list()).toHaveLength(1));
  });

  it("hand leadership over when the leading tab closes or goes offline", async () => {
    const { client } = world();
    const [one, two] = [client(), client()];
    await one.start();
    await eventually(() => expect(one.status.connection).toBe("online"));
    await two.start();
    one.setOffline(true);
    await eventually(() => expect(two.status.connection).toBe("online"));
    await one.mutate("addList", { id: "l1", name: "One" }).confirmed;
    one.setOffline(false);
    await eventually(() => expect(one.status.connection).toBe("following"));
    await two.dispose();
    await eventually(() => expect(one.status.connection).toBe("online"));
  });

  it("send what a closed tab has left, and a reload takes its id again", async () => {
    const { server, client } = world();
    const first = client();
    first.setOffline(true);
    await first.start();
    await first.mutate("addList", { id: "l1", name: "One" });
    const id = first.clientID;
    await first.dispose();
    const reloaded = client();
    await reloaded.start();
    expect(reloaded.clientID).toBe(id);
    await eventually(() => expect(server.model.effects).toEqual(["addList"]));
    await eventually(() => expect(reloaded.status.pending).toBe(0));
  });

  it("converge from random changes in both, with the leader changing", async () => {
    const { server, client } = world();
    const tabs = [client(), client()];
    await Promise.all(tabs.map((tab) => tab.start()));
    const [one, two] = tabs as [TestClient, TestClient];
    await one.mutate("addList", { id: "l1", name: "One" }).confirmed;
    const work: Promise<unknown>[] = [];
    for (let at = 0; at < 40; at++) {
      const tab = at % 2 === 0 ? one : two;
      work.push(tab.mutate("addTodo", { id: `t${at}`, listId: "l1", title: `T${at}` }).confirmed);
      if (at === 15) one.setOffline(true);
      if (at === 30) one.setOffline(false);
      if (at % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 15));
    }
    await Promise.all(work);
    await eventually(async () => expect(await titles(one)).toHaveLength(40));
    await eventually(async () => expect(await titles(two)).toEqual(await titles(one)));
    expect(server.model.effects).toHaveLength(41);
  });
});
