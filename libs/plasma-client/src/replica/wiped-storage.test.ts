import { afterEach, describe, expect, it, vi } from "vitest";
import { createPlasmaClient } from "../client.ts";
import type { PlasmaClient } from "../client.ts";
import type { SyncClientError } from "../errors.ts";
import type { PlasmaClientOptions } from "../options.ts";
import { browserPlatform } from "../platform.ts";
import { fakeLocks } from "../testing/fake-locks.ts";
import { testServer } from "../testing/test-server.ts";
import { tabsWorld } from "../testing/tabs-world.ts";
import { drafts, lists, testClientOptions } from "../testing/test-app.ts";
import type { TestMutators, testSchema } from "../testing/test-app.ts";
import { wipeableIndexedDB } from "../testing/wipeable-indexeddb.ts";

type Options = Partial<PlasmaClientOptions<typeof testSchema, TestMutators>>;

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 5000, interval: 5 });
const opened: PlasmaClient[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client.dispose()));
});

function world() {
  const server = testServer();
  const { indexedDB, wipe } = wipeableIndexedDB();
  const locks = fakeLocks();
  const tab = (options: Options = {}) => {
    const errors: SyncClientError[] = [];
    const client = createPlasmaClient({
      ...testClientOptions,
      fetcher: server.fetch,
      pollIntervalMs: 20,
      retry: { initialDelayMs: 5, maxDelayMs: 20 },
      logLevel: "silent",
      onError: (error) => errors.push(error),
      platform: {
        ...browserPlatform(),
        indexedDB,
        locks: locks.forTab() as unknown as LockManager,
        broadcast: undefined,
      },
      ...options,
    });
    opened.push(client as unknown as PlasmaClient);
    return { client, errors };
  };
  return { server, wipe, tab };
}

describe("a database that is thrown away under an open tab (T60b)", () => {
  it("loses no mutation that the tab still holds: it is stored again, sent once, and confirmed", async () => {
    const { server, wipe, tab } = world();
    const { client, errors } = tab({ offline: true });
    await client.start();
    const made = client.mutate("addList", { id: "l1", name: "Mine" });
    const local = client.mutate("saveDraft", { id: "d1", text: "Unsent" });
    await Promise.all([made, local]);
    wipe();
    const other = tab();
    await other.client.start();
    client.setOffline(false);
    await client.pullOnce();
    await made.confirmed;
    expect(server.model.effects).toEqual(["addList"]);
    expect(await client.db.select().from(lists)).toHaveLength(1);
    expect(await client.db.select().from(drafts)).toHaveLength(1);
    expect(errors.map(({ kind }) => kind)).toEqual(["storage-wiped"]);
    await other.client.pullOnce();
    await eventually(async () =>
      expect(await other.client.db.select().from(lists)).toHaveLength(1),
    );
  });

  it("goes on without a reload where no other tab has begun a new one", async () => {
    const { server, wipe, tab } = world();
    const { client, errors } = tab();
    await client.start();
    await client.mutate("addList", { id: "l1", name: "One" }).confirmed;
    client.setOffline(true);
    await client.mutate("addList", { id: "l2", name: "Two" });
    wipe();
    const first = client.mutate("addList", { id: "l3", name: "Three" });
    await expect(first).rejects.toMatchObject({ kind: "storage-wiped" });
    expect(errors.map(({ kind }) => kind)).toEqual(["storage-wiped"]);
    await client.mutate("addList", { id: "l3", name: "Three" });
    client.setOffline(false);
    await client.flush();
    expect(server.model.effects).toEqual(["addList", "addList", "addList"]);
    await eventually(async () => expect(await client.db.select().from(lists)).toHaveLength(3));
  });

  it("keeps rows of local-only tables, and those that another tab has made since", async () => {
    const { wipe, tab } = world();
    const { client } = tab({ offline: true });
    await client.start();
    await client.mutate("saveDraft", { id: "d1", text: "Old" });
    await client.mutate("saveDraft", { id: "d2", text: "Old" });
    wipe();
    const other = tab({ offline: true });
    await other.client.mutate("saveDraft", { id: "d2", text: "New" });
    await client.mutate("saveDraft", { id: "d3", text: "New" });
    await eventually(async () => {
      const rows = await client.db.select().from(drafts).orderBy(drafts.id);
      expect(rows.map(({ id, text }) => [id, text])).toEqual([
        ["d1", "Old"],
        ["d2", "New"],
        ["d3", "New"],
      ]);
    });
  });

  it("is stored again once by several tabs that hold the same", async () => {
    const { indexedDB, wipe } = wipeableIndexedDB();
    const { tab } = tabsWorld(indexedDB);
    const [first, second] = [tab(), tab()];
    await Promise.all([first.replica.open(), second.replica.open()]);
    await first.replica.mutate("addList", { id: "l1", name: "One" });
    await eventually(() => expect(second.replica.pendingPushes()).toHaveLength(1));
    wipe();
    await Promise.all([first.replica.catchUp(), second.replica.catchUp()]);
    await eventually(() => {
      for (const { replica } of [first, second]) {
        const sent = replica.pendingPushes().flatMap(({ mutations }) => mutations);
        expect(sent.map(({ uid, id }) => [uid, id])).toEqual([[sent[0]?.uid, 1]]);
      }
    });
  });
});
