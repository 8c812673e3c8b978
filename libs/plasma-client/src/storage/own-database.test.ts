import { afterEach, describe, expect, it } from "vitest";
import { createPlasmaClient } from "../client.ts";
import type { PlasmaClient } from "../client.ts";
import { browserPlatform } from "../platform.ts";
import { pull } from "../testing/engine-records.ts";
import { freshIndexedDB } from "../testing/fake-indexeddb.ts";
import { testServer } from "../testing/test-server.ts";
import { lists, testClientOptions, testSchema } from "../testing/test-app.ts";
import { createIdbEngine } from "./idb-engine.ts";

const opened: PlasmaClient[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client.dispose()));
});

function world() {
  const server = testServer();
  const platform = { ...browserPlatform(), indexedDB: freshIndexedDB(), locks: undefined };
  return {
    server,
    client: (person: string, offline = false) => {
      const made = createPlasmaClient({
        ...testClientOptions,
        clientGroupID: person,
        getContext: () => ({ userId: person }),
        fetcher: server.fetch,
        logLevel: "silent",
        offline,
        platform,
      });
      opened.push(made as unknown as PlasmaClient);
      return made;
    },
    engine: (clientGroupID?: string) =>
      createIdbEngine({ schema: testSchema, dbName: "db", clientGroupID, platform }),
  };
}

describe("one dbName for two people (T7)", () => {
  it("shows and sends nothing of the one to the other, and says to put the person into it", async () => {
    const { server, client } = world();
    const ada = client("ada", true);
    await ada.mutate("addList", { id: "l1", name: "Secret" });
    await ada.dispose();
    const grace = client("grace");
    const told: unknown[] = [];
    grace.db
      .select()
      .from(lists)
      .live()
      .subscribe((rows) => told.push(...rows));
    const refusal = { kind: "storage", message: expect.stringContaining("dbName") as string };
    await expect(grace.start()).rejects.toMatchObject(refusal);
    await expect(grace.db.select().from(lists)).rejects.toMatchObject(refusal);
    await expect(grace.mutate("addList", { id: "l2", name: "Mine" })).rejects.toMatchObject(
      refusal,
    );
    expect(told).toEqual([]);
    expect(server.requests).toEqual([]);
    const again = client("ada");
    await again.flush();
    expect(server.model.rows("lists").map((row) => row["name"])).toEqual(["Secret"]);
  });

  it("gives no early answers either", async () => {
    const { engine } = world();
    const ada = engine("ada");
    await ada.open();
    await ada.applyPull(pull({ clear: true, puts: [{ table: "lists", row: { id: "l1" } }] }));
    const asked = { table: "lists", values: new Map([["id", "l1"]]) };
    expect((await engine("ada").loadPart?.(asked))?.rows.size).toBe(1);
    expect(await engine("grace").loadPart?.(asked)).toBeNull();
  });

  it("a database that belongs to nobody yet is the first one's who opens it, with all that is in it", async () => {
    const { engine } = world();
    const nobody = engine();
    await nobody.open();
    await nobody.applyPull(pull({ clear: true, puts: [{ table: "lists", row: { id: "l1" } }] }));
    const ada = engine("ada");
    await ada.open();
    expect((await ada.load()).base.get("lists")?.size).toBe(1);
    await expect(engine("grace").open()).rejects.toMatchObject({ kind: "storage" });
  });
});
