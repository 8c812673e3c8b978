import { defineSchema, id, table, text } from "@sh1n4ps/plasma-core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { browserPlatform } from "./platform.ts";
import type { Fetcher } from "./platform.ts";
import { clientTabs } from "./testing/client-tabs.ts";
import type { ClientTabs } from "./testing/client-tabs.ts";
import { lists, testSchema } from "./testing/test-app.ts";

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 5000, interval: 5 });
let tabs: ClientTabs;

function world(): ClientTabs {
  tabs = clientTabs();
  return tabs;
}

afterEach(() => tabs.disposeAll());

/** The server takes requests that meet the condition, and refuses the others. */
function gate(
  server: Fetcher,
  isTaken: (body: { schemaVersion: string }) => Response | null,
): Fetcher {
  return async (url, init) => {
    const body = JSON.parse(String(init.body)) as { schemaVersion: string };
    return isTaken(body) ?? server(url, init);
  };
}

it("sends what is asked for in a tab that is paused", async () => {
  const { server, client } = world();
  let status: number | null = null;
  const plasma = client({
    retry: { initialDelayMs: 5, maxDelayMs: 60_000 },
    fetcher: gate(server.fetch, () =>
      status === null ? null : Response.json({ code: "no", message: "Sign in." }, { status }),
    ),
  });
  await plasma.start();
  status = 401;
  await eventually(() => expect(plasma.status.connection).toBe("paused"));
  await plasma.mutate("addList", { id: "l1", name: "One" });
  await expect(plasma.flush()).rejects.toMatchObject({ kind: "unauthorized" });
  status = null;
  await plasma.flush();
  expect(server.model.effects).toEqual(["addList"]);
  await eventually(() => expect(plasma.status).toMatchObject({ connection: "online", pending: 0 }));
});

it("says when another tab has synced, also if it led before", async () => {
  const { client } = world();
  const [first, second] = [client(), client()];
  await first.start();
  await first.pullOnce();
  await second.start();
  first.setOffline(true);
  await eventually(() => expect(second.status.connection).toBe("online"));
  first.setOffline(false);
  const before = first.status.lastSyncedAt ?? Infinity;
  await second.mutate("addList", { id: "l1", name: "One" }).confirmed;
  await eventually(() => expect(first.status.lastSyncedAt).toBeGreaterThan(before));
  expect(first.status.connection).toBe("following");
});

it("opens no channel where tabs share nothing, so that a Node process can end", async () => {
  const { client, platform } = world();
  const broadcast = vi.fn(browserPlatform().broadcast);
  const plasma = client({ platform: { ...platform(), indexedDB: undefined, broadcast } });
  await plasma.start();
  await plasma.mutate("addList", { id: "l1", name: "One" }).confirmed;
  await plasma.dispose();
  expect(broadcast).not.toHaveBeenCalled();
});

describe("a tab that cannot sync keeps no other tab from it (G27)", () => {
  it("when the server wants a newer schema version than it has", async () => {
    const { server, client } = world();
    let wanted = "1";
    const fetcher = gate(server.fetch, ({ schemaVersion }) =>
      schemaVersion === wanted
        ? null
        : Response.json({ code: "schema-mismatch", message: "Reload." }, { status: 409 }),
    );
    const old = client({ fetcher });
    await old.start();
    await old.mutate("addList", { id: "l1", name: "One" }).confirmed;
    wanted = "2";
    const left = old.mutate("addList", { id: "l2", name: "Two" });
    await eventually(() => expect(old.status.connection).toBe("paused"));
    const fresh = client({ fetcher, schemaVersion: "2" });
    await fresh.start();
    await fresh.mutate("addList", { id: "l3", name: "Three" }).confirmed;
    await left.confirmed;
    expect(server.model.rows("lists")).toHaveLength(3);
    expect(old.status.error?.kind).toBe("schema-mismatch");
  });

  it("when its tables are those of an older version: it stops, and says that it has to be reloaded", async () => {
    const { client, errors } = world();
    const old = client();
    await old.start();
    await old.mutate("addList", { id: "l1", name: "One" }).confirmed;
    const tags = table("tags", { id: id(), label: text() });
    const grown = defineSchema({ ...testSchema.tables, tags });
    const fresh = client({ schema: grown as unknown as typeof testSchema });
    await fresh.start();
    await fresh.mutate("addList", { id: "l2", name: "Two" }).confirmed;
    expect(await fresh.db.select().from(lists)).toHaveLength(2);
    expect(old.status).toMatchObject({ connection: "stopped", error: { kind: "storage-closed" } });
    expect(errors.filter(({ kind }) => kind === "storage-closed")).toHaveLength(1);
    await expect(old.mutate("addList", { id: "l3", name: "Three" })).rejects.toMatchObject({
      kind: "storage-closed",
    });
  });

  it.each([401, 403])(
    "when the server answers it with %i, and leads again when that is over",
    async (status) => {
      const { server, client } = world();
      const signedIn = new Set(["1", "2"]);
      const fetcher = gate(server.fetch, ({ schemaVersion }) =>
        signedIn.has(schemaVersion)
          ? null
          : Response.json({ code: "no", message: "Sign in." }, { status }),
      );
      let token = "a";
      const first = client({ fetcher, authHeaders: () => ({ authorization: token }) });
      await first.start();
      await first.mutate("addList", { id: "l1", name: "One" }).confirmed;
      signedIn.clear();
      await eventually(() => expect(first.status.connection).toBe("paused"));
      const second = client({ fetcher, schemaVersion: "2" });
      await second.start();
      await eventually(() => expect(second.status.connection).toBe("paused"));
      signedIn.add("2");
      await second.start();
      await second.mutate("addList", { id: "l2", name: "Two" }).confirmed;
      expect(second.status.connection).toBe("online");

      signedIn.add("1");
      token = "b";
      await eventually(() => expect(first.status.connection).toBe("following"));
      await second.dispose();
      await eventually(() => expect(first.status.connection).toBe("online"));
    },
  );
});
