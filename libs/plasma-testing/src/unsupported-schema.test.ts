import { createMemoryEngine, createPlasmaClient } from "@sh1n4ps/plasma-client";
import { defineMutators, defineSchema, id, table, text } from "@sh1n4ps/plasma-core";
import { createServerDb, createSyncHandler, fromBetterSqlite3 } from "@sh1n4ps/plasma-server";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";

const notes = table("notes", { id: id(), secret: text().encrypted() });
const schema = defineSchema({ notes });
const mutators = defineMutators<typeof schema>()({});
const executor = fromBetterSqlite3(new Database(":memory:"));

/** Rather than do something else than the schema says. */
describe("a schema that this version cannot run", () => {
  it.each([
    [
      "client",
      () =>
        createPlasmaClient({
          schema,
          mutators,
          dbName: "notes",
          endpoint: "https://sync.invalid/sync",
          schemaVersion: "1",
          clientGroupID: "ada",
          getContext: () => null,
          engine: createMemoryEngine(),
        }),
    ],
    [
      "handler",
      () =>
        createSyncHandler({
          schema,
          mutators,
          executor,
          schemaVersion: "1",
          auth: () => ({ ok: false, reason: "nobody" }),
        }),
    ],
    ["server's db", () => createServerDb({ schema, executor })],
  ])("is refused by a %s when it is made", (_what, make) => {
    expect(make).toThrow(
      expect.objectContaining({
        code: "unsupported",
        message:
          'This version of plasma cannot run this schema yet. Take out: .encrypted() of "notes.secret".',
      }),
    );
  });
});
