/** A device that has kept the unsent work of more tabs than one pull may name. */

import { createMemoryEngine } from "@sh1n4ps/plasma-client";
import {
  defineMutators,
  defineSchema,
  encodeTagged,
  id,
  MAX_PULL_CLIENTS,
  MutationRefused,
  table,
  text,
} from "@sh1n4ps/plasma-core";
import type { MutatorInput } from "@sh1n4ps/plasma-core";
import { expect, it } from "vitest";
import { wholeApp } from "./whole-app.fixture.ts";
import type { PersonCtx } from "./whole-app.fixture.ts";

const notes = table(
  "notes",
  { id: id(), title: text() },
  { auth: { read: () => true, write: () => true } },
);
const schema = defineSchema({ notes });
const mutators = defineMutators<typeof schema, PersonCtx>()({
  note: async ({ db, args }: MutatorInput<PersonCtx, { id: string; title: string }>) => {
    if (args.title === "refused") throw new MutationRefused("no", "No.");
    await db.insert(notes).values(args);
  },
});

const TABS = 2 * MAX_PULL_CLIENTS + 50;

it("syncs them all, in turns, refusals included", async () => {
  const app = wholeApp({ schema, mutators });
  const engine = createMemoryEngine();
  await engine.open();
  for (let tab = 0; tab < TABS; tab++) {
    const row = { id: `note-${tab}`, title: tab % 10 === 0 ? "refused" : "kept" };
    await engine.addClient(`old-tab-${tab}`);
    await engine.append([
      {
        clientID: `old-tab-${tab}`,
        id: 1,
        uid: `uid-of-tab-${tab}`,
        name: "note",
        args: encodeTagged(row),
        timestamp: 0,
        images: [{ table: "notes", id: row.id, row }],
        baseSeq: 1,
      },
    ]);
  }
  const device = app.device("ada", { engine });
  await device.mutate("note", { id: "of-this-tab", title: "kept" });
  await device.start();
  await device.flush();
  expect((await engine.load()).outbox).toEqual([]);
  expect(device.rejected.list()).toHaveLength(TABS / 10);
  const stored = app.database.prepare("SELECT count(*) AS n FROM notes").get();
  expect(stored).toEqual({ n: TABS - TABS / 10 + 1 });
  expect(await device.db.select().from(notes)).toHaveLength(TABS - TABS / 10 + 1);
  expect(app.errors).toEqual([]);
  await app.close();
});
