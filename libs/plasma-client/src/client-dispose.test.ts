import { afterEach, describe, expect, it, vi } from "vitest";
import { createIdbEngine } from "./storage/idb-engine.ts";
import { createMemoryEngine } from "./storage/memory-engine.ts";
import type { Engine } from "./storage/engine.ts";
import { deferred } from "./replica/deferred.ts";
import { clientTabs } from "./testing/client-tabs.ts";
import type { ClientTabs } from "./testing/client-tabs.ts";
import { lists, testSchema } from "./testing/test-app.ts";

const disposed = { kind: "disposed" };
let tabs: ClientTabs;

function world(): ClientTabs {
  tabs = clientTabs();
  return tabs;
}

afterEach(() => tabs.disposeAll());

describe("a client that was disposed", () => {
  it("refuses everything that it is asked to do, and keeps no other tab from syncing", async () => {
    const { client } = world();
    const gone = client();
    await gone.start();
    await gone.dispose();
    await expect(gone.start()).rejects.toMatchObject(disposed);
    await expect(gone.flush()).rejects.toMatchObject(disposed);
    await expect(gone.pullOnce()).rejects.toMatchObject(disposed);
    await expect(gone.db.select().from(lists)).rejects.toMatchObject(disposed);
    const made = gone.mutate("addList", { id: "l1", name: "One" });
    await expect(made).rejects.toMatchObject(disposed);
    await expect(made.confirmed).rejects.toMatchObject(disposed);
    const other = client();
    await other.start();
    await other.mutate("addList", { id: "l2", name: "Two" }).confirmed;
    expect(gone.status).toMatchObject({ connection: "stopped" });
  });

  it("tells those who wait for the server's word that it will not come", async () => {
    const { client } = world();
    const plasma = client({ offline: true });
    const made = plasma.mutate("addList", { id: "l1", name: "One" });
    await made;
    const discard = plasma.discardMutation((await made).id);
    const left = plasma.mutate("addList", { id: "l2", name: "Two" });
    await left;
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    await plasma.dispose();
    await expect(left.confirmed).rejects.toMatchObject(disposed);
    await expect(discard).rejects.toMatchObject(disposed);
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it("gives its client id to the next tab, also when it was still opening", async () => {
    const { client, platform } = world();
    const first = client();
    await first.start();
    const id = first.clientID;
    await first.dispose();

    const loaded = deferred<void>();
    const engine = createIdbEngine({ schema: testSchema, dbName: "db", platform: platform() });
    const slow: Engine = {
      ...engine,
      load: async () => {
        const stored = await engine.load();
        loaded.resolve();
        await engine.close();
        return stored;
      },
    };
    const second = client({ engine: slow });
    const starting = second.start();
    starting.catch(() => undefined);
    await loaded.promise;
    await second.dispose();
    await expect(starting).rejects.toMatchObject(disposed);

    const third = client();
    await third.start();
    expect(third.clientID).toBe(id);
  });

  it("is not opened by what began before", async () => {
    const { client } = world();
    const opened = deferred<void>();
    const engine = createMemoryEngine();
    const plasma = client({ engine: { ...engine, open: () => opened.promise } });
    const starting = plasma.start();
    starting.catch(() => undefined);
    await plasma.dispose();
    opened.resolve();
    await expect(starting).rejects.toMatchObject(disposed);
    expect(plasma.clientID).toBe(null);
  });
});

describe("flush()", () => {
  it("sends what is still on its way to storage", async () => {
    const { client, server } = world();
    const plasma = client({ pollIntervalMs: 0 });
    const made = plasma.mutate("addList", { id: "l1", name: "One" });
    await plasma.flush();
    expect(server.model.effects).toEqual(["addList"]);
    await plasma.dispose();
    await made.confirmed;
  });
});
