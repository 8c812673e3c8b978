/** Two people change one text while both are offline, and the app's own merge keeps both changes. */

import { defineMutators, defineSchema, eq, id, json, table, text } from "@sh1n4ps/plasma-core";
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

describe("resolveConflict: many edits of one set, offline and out of step", () => {
  type Tags = readonly string[];
  const sets = table(
    "sets",
    { id: id(), tags: json<Tags>() },
    {
      auth: { read: () => true, write: () => true },
      resolveConflict: ({ base, current, incoming }) => {
        const before = base?.tags ?? [];
        const kept = current.tags.filter(
          (tag) => !before.includes(tag) || incoming.tags.includes(tag),
        );
        const added = incoming.tags.filter((tag) => !before.includes(tag) && !kept.includes(tag));
        return { ...current, tags: [...kept, ...added] };
      },
    },
  );
  const setSchema = defineSchema({ sets });
  const setMutators = defineMutators<typeof setSchema, PersonCtx>()({
    create: async ({ db, args }: MutatorInput<PersonCtx, { id: string }>) => {
      await db.insert(sets).values({ id: args.id, tags: [] });
    },
    setTags: async ({ db, args }: MutatorInput<PersonCtx, { id: string; tags: Tags }>) => {
      await db.update(sets).set({ tags: args.tags }).where(eq(sets.id, args.id));
    },
  });

  for (let seed = 1; seed <= 25; seed++) {
    it(`loses no tag that nobody has removed (seed ${seed})`, async () => {
      const app = wholeApp({ schema: setSchema, mutators: setMutators });
      const random = randomFrom(seed);
      const devices = ["ada", "bob", "cy"].map((person) => app.device(person));
      const tagsOn = async (device: (typeof devices)[number]) =>
        (await device.db.select().from(sets))[0]?.tags ?? [];
      await devices[0]!.mutate("create", { id: "s" });
      await devices[0]!.flush();
      for (const device of devices) await device.pullOnce();
      const added = new Set<string>();
      for (let step = 0; step < 40; step++) {
        const device = devices[Math.floor(random() * devices.length)]!;
        const seen = await tagsOn(device);
        const dice = random();
        if (dice < 0.35) {
          const tag = `t${step}`;
          added.add(tag);
          await device.mutate("setTags", { id: "s", tags: [...seen, tag] });
        } else if (dice < 0.5 && seen.length > 0) {
          const gone = seen[Math.floor(random() * seen.length)]!;
          added.delete(gone);
          await device.mutate("setTags", { id: "s", tags: seen.filter((tag) => tag !== gone) });
        } else if (dice < 0.65) await device.pushOnce();
        else if (dice < 0.85) await device.pullOnce();
        else await device.flush();
      }
      for (const device of devices) await device.flush();
      for (const device of devices) await device.pullOnce();
      const [first, ...others] = await Promise.all(devices.map(tagsOn));
      expect(first).toEqual(expect.arrayContaining([...added]));
      for (const other of others) expect(other).toEqual(first);
      expect(app.errors).toEqual([]);
      await app.close();
    });
  }
});

/** As good as chance, and the same each time. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}
