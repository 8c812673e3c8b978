/** Tables that stay on the device, with the real server behind it. */

import { defineMutators, defineSchema, eq, id, table, text } from "@sh1n4ps/plasma-core";
import type { MutatorInput } from "@sh1n4ps/plasma-core";
import { afterEach, describe, expect, it } from "vitest";
import { wholeApp } from "./whole-app.fixture.ts";
import type { PersonCtx, WholeApp } from "./whole-app.fixture.ts";

const posts = table(
  "posts",
  { id: id(), title: text() },
  { auth: { read: () => true, write: () => true } },
);
const drafts = table("drafts", { id: id(), title: text() }, { changeLogSuppressed: true });
const schema = defineSchema({ posts, drafts });
type Draft = MutatorInput<PersonCtx, { id: string; title: string }>;

const mutators = defineMutators<typeof schema, PersonCtx>()({
  saveDraft: async ({ db, args }: Draft) => {
    const { title } = args;
    await db.insert(drafts).values(args).onConflictDoUpdate({ target: drafts.id, set: { title } });
  },
  publish: async ({ db, args }: Draft) => {
    await db.insert(posts).values(args);
    await db.delete(drafts).where(eq(drafts.id, args.id));
  },
});

describe("changeLogSuppressed", () => {
  let app: WholeApp<typeof schema, typeof mutators>;
  afterEach(() => app.close());

  it("drafts stay on the device, and a mutation of both syncs its other half", async () => {
    app = wholeApp({ schema, mutators });
    const [ada, bob] = [app.device("ada"), app.device("bob")];
    const titles = async (device: typeof ada) => ({
      posts: (await device.db.select().from(posts)).map(({ title }) => title),
      drafts: (await device.db.select().from(drafts)).map(({ title }) => title),
    });
    await ada.mutate("saveDraft", { id: "p", title: "a secret" });
    await ada.mutate("saveDraft", { id: "q", title: "another" });
    const published = ada.mutate("publish", { id: "p", title: "said aloud" });
    await published;
    await ada.mutate("saveDraft", { id: "q", title: "kept" });
    await ada.flush();
    await published.confirmed;
    await bob.pullOnce();
    expect(await titles(ada)).toEqual({ posts: ["said aloud"], drafts: ["kept"] });
    expect(await titles(bob)).toEqual({ posts: ["said aloud"], drafts: [] });
    const stored = app.database.prepare("SELECT name FROM sqlite_master WHERE name LIKE '%draft%'");
    expect(stored.all()).toEqual([]);
    expect(ada.rejected.list()).toEqual([]);
    expect(app.errors).toEqual([]);
  });
});
