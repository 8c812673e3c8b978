import { describe, expect, it } from "vitest";
import { browserPlatform } from "../platform.ts";
import { entry } from "../testing/engine-records.ts";
import { freshIndexedDB } from "../testing/fake-indexeddb.ts";
import { testSchema } from "../testing/test-app.ts";
import type { RowImage } from "./engine.ts";
import { createIdbEngine } from "./idb-engine.ts";
import { createMemoryEngine } from "./memory-engine.ts";

const idbEngine = () => {
  const platform = { ...browserPlatform(), indexedDB: freshIndexedDB() };
  return createIdbEngine({ schema: testSchema, dbName: "db", platform });
};

describe.each([
  ["IndexedDB", idbEngine],
  ["memory", createMemoryEngine],
])("an engine (%s)", (_name, make) => {
  it("stores again what a tab has held of another database, and leaves what is there (8)", async () => {
    const engine = make();
    await engine.open();
    await engine.addClient("c1");
    await engine.addClient("c2");
    await engine.append([entry(1, { clientID: "c2", uid: "there" })]);
    const row = (id: string, text: string) => ({ id, text, todoId: null, opened: 0 });
    const image = (id: string, text = "new"): RowImage => ({
      table: "drafts",
      id,
      row: row(id, text),
      local: true,
    });
    const { code, message } = { code: "no", message: "No." };
    const { uid, clientID, id, name, args, timestamp } = entry(9);
    const refused = { uid, clientID, id, name, args, timestamp, code, message };
    await engine.keepLocal([image("a")]);
    const held = [7, 8].map((at) => entry(at, { clientID: "old" }));
    const again = {
      clientID: "c1",
      outbox: [...held, entry(9, { clientID: "old", uid: "there" })],
      local: [image("a", "older"), image("b")],
      rejected: [refused],
    };
    await engine.restore(again);
    await engine.restore(again);
    const { outbox, base, rejected } = await engine.load();
    expect(outbox.map((one) => [one.clientID, one.id, one.uid])).toEqual([
      ["c2", 1, "there"],
      ["c1", 1, "uid-old-7"],
      ["c1", 2, "uid-old-8"],
    ]);
    expect(Object.fromEntries(base.get("drafts") ?? [])).toEqual({
      a: row("a", "new"),
      b: row("b", "new"),
    });
    expect(rejected).toEqual([refused]);
  });
});
