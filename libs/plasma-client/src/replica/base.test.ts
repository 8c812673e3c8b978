/** The base of a mutation: the confirmed rows that the person saw when they made it. `resolveConflict` needs it. */

import { defineMutators, defineSchema, eq, id, table, text } from "@sh1n4ps/plasma-core";
import type { MutatorInput } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { modelServer } from "../testing/model-server.ts";
import { tabsWorld } from "../testing/tabs-world.ts";
import { testMutators, testSchema } from "../testing/test-app.ts";
import type { Replica } from "./replica.ts";

const notes = table(
  "notes",
  { id: id(), body: text() },
  { resolveConflict: ({ incoming }) => incoming },
);
const schema = defineSchema({ notes });
type Input = MutatorInput<unknown, { id: string; body: string }>;
const mutators = defineMutators<typeof schema>()({
  add: async ({ db, args }: Input) => {
    await db.insert(notes).values(args);
  },
  edit: async ({ db, args }: Input) => {
    await db.update(notes).set({ body: args.body }).where(eq(notes.id, args.id));
  },
});

const bases = (replica: Replica) =>
  replica
    .pendingPushes()
    .flatMap(({ mutations, bases: known }) => mutations.map((mutation) => known?.get(mutation.id)));

describe("resolveConflict: the base of a mutation", () => {
  const setUp = () => {
    const remote = modelServer({ schema, mutators, ctx: null });
    const world = tabsWorld();
    const pull = async (replica: Replica) => {
      const state = replica.pullState();
      await replica.applyPull(state, remote.pull(state));
      return replica.pullState().cookie;
    };
    return { remote, pull, open: () => world.tab({ schema, mutators }) };
  };

  it("is null before the first pull, then the cookie, and stays when newer rows come", async () => {
    const { remote, pull, open } = setUp();
    const { replica } = open();
    await replica.mutate("add", { id: "a", body: "A" });
    await remote.run("add", { id: "b", body: "B" });
    const first = await pull(replica);
    await replica.mutate("edit", { id: "b", body: "mine" });
    await remote.run("edit", { id: "b", body: "theirs" });
    await pull(replica);
    expect(bases(replica)).toEqual([null, first]);
  });

  it("of a row that a pending mutation has written is that mutation's, because its image hides what came since", async () => {
    const { remote, pull, open } = setUp();
    const { replica } = open();
    await remote.run("add", { id: "a", body: "A" });
    await remote.run("add", { id: "b", body: "B" });
    const first = await pull(replica);
    await replica.mutate("edit", { id: "a", body: "mine" });
    await remote.run("edit", { id: "a", body: "theirs" });
    const second = await pull(replica);
    await replica.mutate("edit", { id: "a", body: "mine again" });
    await replica.mutate("edit", { id: "b", body: "mine" });
    expect(bases(replica)).toEqual([first, first, second]);
  });

  it("survives a reload, and the other tabs know it", async () => {
    const { remote, pull, open } = setUp();
    const tab = open();
    const other = open();
    await other.replica.open();
    await remote.run("add", { id: "a", body: "A" });
    const first = await pull(tab.replica);
    await tab.replica.mutate("edit", { id: "a", body: "mine" });
    await expect.poll(() => bases(other.replica)).toEqual([first]);
    await tab.kill();
    const reloaded = open();
    await reloaded.replica.open();
    expect(bases(reloaded.replica)).toEqual([first]);
  });

  it("is not kept where no table asks for it", async () => {
    const { replica } = tabsWorld().tab({ schema: testSchema, mutators: testMutators });
    await replica.mutate("addList", { id: "l1", name: "One" });
    expect(bases(replica)).toEqual([undefined]);
  });
});
