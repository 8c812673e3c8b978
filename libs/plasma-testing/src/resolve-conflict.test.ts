/** Two people change one text while both are offline, and the app's own merge keeps both changes. */

import { defineMutators, defineSchema, eq, id, table, text } from "@sh1n4ps/plasma-core";
import type { MutatorInput } from "@sh1n4ps/plasma-core";
import { afterEach, describe, expect, it } from "vitest";
import { wholeApp } from "./whole-app.fixture.ts";
import type { PersonCtx, WholeApp } from "./whole-app.fixture.ts";

const lines = (body: string) => body.split("\n").filter((line) => line !== "");

const notes = table(
  "notes",
  { id: id(), title: text().default(""), body: text() },
  {
    auth: { read: () => true, write: () => true },
    /** Lines that either side has added; without those that either has taken out. */
    resolveConflict: ({ base, current, incoming }) => {
      const before = lines(base?.body ?? "");
      const [theirs, ours] = [lines(current.body), lines(incoming.body)];
      const kept = theirs.filter((line) => ours.includes(line) || !before.includes(line));
      const added = ours.filter((line) => !before.includes(line) && !theirs.includes(line));
      return { ...current, title: incoming.title, body: [...kept, ...added].join("\n") };
    },
  },
);

const schema = defineSchema({ notes });

const mutators = defineMutators<typeof schema, PersonCtx>()({
  write: async ({ db, args }: MutatorInput<PersonCtx, { id: string; body: string }>) => {
    await db.insert(notes).values(args);
  },
  edit: async ({ db, args }: MutatorInput<PersonCtx, { id: string; body: string }>) => {
    await db.update(notes).set({ body: args.body }).where(eq(notes.id, args.id));
  },
});

describe("resolveConflict", () => {
  let app: WholeApp<typeof schema, typeof mutators>;
  afterEach(() => app.close());

  it("merges what two people wrote offline, also when one of them has pulled before pushing", async () => {
    app = wholeApp({ schema, mutators });
    const [ada, bob] = [app.device("ada"), app.device("bob")];
    const bodyOn = async (device: typeof ada) => {
      const [note] = await device.db.select().from(notes);
      return note?.body;
    };
    await ada.mutate("write", { id: "n", body: "milk\neggs" });
    await ada.flush();
    await bob.pullOnce();

    await ada.mutate("edit", { id: "n", body: "milk\neggs\nflour" });
    await bob.mutate("edit", { id: "n", body: "eggs\nbutter" });
    await ada.flush();
    await bob.pullOnce();
    expect(await bodyOn(bob)).toBe("eggs\nbutter");
    const later = bob.mutate("edit", { id: "n", body: "eggs\nbutter\nsugar" });
    await later;
    await bob.flush();
    await later.confirmed;
    await ada.pullOnce();
    for (const device of [ada, bob])
      expect(await bodyOn(device)).toBe("eggs\nflour\nbutter\nsugar");
    expect(app.errors).toEqual([]);
  });
});
