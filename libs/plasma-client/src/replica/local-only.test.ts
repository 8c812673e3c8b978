/** `changeLogSuppressed`: tables that stay on the device, from the replica's side. */

import { eq, readDb } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { createMemoryEngine } from "../storage/memory-engine.ts";
import { modelServer } from "../testing/model-server.ts";
import type { ModelServer } from "../testing/model-server.ts";
import { tabsWorld } from "../testing/tabs-world.ts";
import type { TabOptions, TabsWorld } from "../testing/tabs-world.ts";
import { drafts, SERVER_USER, testMutators, testSchema, todos } from "../testing/test-app.ts";
import type { Replica } from "./replica.ts";

const server = () =>
  modelServer({ schema: testSchema, mutators: testMutators, ctx: { userId: SERVER_USER } });

/** The server has no drafts: what its mutators do there goes nowhere. */
async function push(replica: Replica, remote: ModelServer): Promise<void> {
  for (const outbox of replica.pendingPushes()) await remote.push(outbox);
}

async function pull(replica: Replica, remote: ModelServer): Promise<void> {
  const state = replica.pullState();
  const pages = remote.pull(state).map((page) => ({
    ...page,
    patch: page.patch.filter(
      (operation) => !("table" in operation && operation.table === "drafts"),
    ),
  }));
  expect(await replica.applyPull(state, pages)).toBe("applied");
}

async function sync(replica: Replica, remote: ModelServer): Promise<void> {
  await push(replica, remote);
  await pull(replica, remote);
}

const draftsOf = async (replica: Replica) =>
  Object.fromEntries(
    (await readDb(testSchema, replica).select().from(drafts)).map((row) => [row.id, row.text]),
  );

/** A tab with the todo `t1`, confirmed. */
async function withTodo(world: TabsWorld, options?: TabOptions) {
  const remote = server();
  const tab = world.tab(options);
  await tab.replica.mutate("addList", { id: "l1", name: "One" });
  await tab.replica.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
  await sync(tab.replica, remote);
  return { remote, tab, replica: tab.replica };
}

describe("changeLogSuppressed: a mutation of local-only tables", () => {
  it("shows at once, is not sent, uses up no id, and is confirmed when it is durable", async () => {
    const { replica, remote } = await withTodo(tabsWorld());
    const made = replica.mutate("saveDraft", { id: "d", text: "mine" });
    expect((await made).id).toBe(0);
    await made.confirmed;
    expect(await draftsOf(replica)).toEqual({ d: "mine" });
    expect(replica.pendingPushes()).toEqual([]);
    expect(replica.state.pending).toBe(0);
    expect((await replica.mutate("setTitle", { id: "t1", title: "B" })).id).toBe(3);
    await sync(replica, remote);
    expect(remote.effects).not.toContain("saveDraft");
    expect(await draftsOf(replica)).toEqual({ d: "mine" });
  });

  it("works before anything was pulled, and many of one turn count once each", async () => {
    const { replica } = tabsWorld().tab();
    await replica.mutate("saveDraft", { id: "d", text: "mine" });
    await Promise.all(Array.from({ length: 20 }, () => replica.mutate("openDraft", { id: "d" })));
    const [draft] = await readDb(testSchema, replica).select().from(drafts);
    expect(draft?.opened).toBe(20);
  });

  it("survives a reload, a snapshot and the server's reset, and goes with resetLocalState", async () => {
    const world = tabsWorld();
    const { tab, remote } = await withTodo(world);
    await tab.replica.mutate("saveDraft", { id: "d", text: "mine" });
    await tab.replica.mutate("saveDraft", { id: "gone", text: "x" });
    await tab.replica.mutate("deleteDraft", { id: "gone" });
    await tab.kill();
    const { replica } = world.tab();
    expect(await draftsOf(replica)).toEqual({ d: "mine" });
    await replica.resetBase();
    expect(remote.pull(replica.pullState())[0]?.patch[0]).toEqual({ op: "clear" });
    await pull(replica, remote);
    expect(await draftsOf(replica)).toEqual({ d: "mine" });
    await replica.resetLocalState();
    expect(await draftsOf(replica)).toEqual({});
  });

  it("shows on while it is being stored and a pull comes in between", async () => {
    let release = () => {};
    const storing = new Promise<void>((resolve) => (release = resolve));
    const { replica, remote } = await withTodo(tabsWorld(), {
      wrap: (engine) => ({
        ...engine,
        keepLocal: async (images) => {
          await storing;
          return engine.keepLocal(images);
        },
      }),
    });
    await replica.mutate("setTitle", { id: "t1", title: "B" });
    const made = replica.mutate("saveDraft", { id: "d", text: "mine" });
    await expect.poll(() => draftsOf(replica)).toEqual({ d: "mine" });
    await sync(replica, remote);
    expect(await draftsOf(replica)).toEqual({ d: "mine" });
    release();
    await made;
    expect(await draftsOf(replica)).toEqual({ d: "mine" });
  });

  it("that cannot be stored is taken back", async () => {
    let isFull = false;
    const { replica } = tabsWorld().tab({
      wrap: (engine) => ({
        ...engine,
        keepLocal: (images) =>
          isFull ? Promise.reject(new Error("full")) : engine.keepLocal(images),
      }),
    });
    await replica.mutate("saveDraft", { id: "d", text: "mine" });
    isFull = true;
    const made = replica.mutate("saveDraft", { id: "d", text: "lost" });
    await expect(made).rejects.toThrow("full");
    await expect(made.confirmed).rejects.toThrow("full");
    expect(await draftsOf(replica)).toEqual({ d: "mine" });
  });

  it("is sent after all when its mutator looks for the server's own db", async () => {
    const { replica } = await withTodo(tabsWorld());
    expect((await replica.mutate("draftAndMore", { id: "d" })).id).toBe(3);
    expect(replica.pendingPushes()[0]?.mutations).toMatchObject([{ name: "draftAndMore" }]);
  });

  it("is joined with synced tables, and no patch of a server reaches it", async () => {
    const { replica } = await withTodo(tabsWorld());
    await replica.mutate("saveDraft", { id: "d", text: "mine", todoId: "t1" });
    const joined = readDb(testSchema, replica)
      .select({ title: todos.title, text: drafts.text })
      .from(drafts)
      .innerJoin(todos, eq(drafts.todoId, todos.id));
    expect(await joined).toEqual([{ title: "A", text: "mine" }]);
    const state = replica.pullState();
    const patch = [
      { op: "clear" as const },
      { op: "put" as const, table: "drafts", row: { id: "evil", text: "x", opened: 0 } },
      { op: "del" as const, table: "drafts", id: "d" },
    ];
    const page = { cookie: "9", patch, lastMutationIDs: {}, rejections: [], hasMore: false };
    await replica.applyPull(state, [page]);
    expect(await draftsOf(replica)).toEqual({ d: "mine" });
  });
});

describe("changeLogSuppressed: a mutation of both", () => {
  it("keeps its local part when it is confirmed, in the same step", async () => {
    const world = tabsWorld();
    const { tab, replica, remote } = await withTodo(world);
    await replica.mutate("saveDraft", { id: "d", text: "mine" });
    const made = replica.mutate("publishDraft", { draftId: "d", id: "t1", title: "mine" });
    await made;
    expect(await draftsOf(replica)).toEqual({});
    await sync(replica, remote);
    await made.confirmed;
    expect(await draftsOf(replica)).toEqual({});
    await tab.kill();
    expect(await draftsOf(world.tab().replica)).toEqual({});
  });

  it("takes its local part back when the server refuses it", async () => {
    const world = tabsWorld();
    const { tab, replica, remote } = await withTodo(world);
    await replica.mutate("saveDraft", { id: "d", text: "mine" });
    const made = replica.mutate("publishForbidden", { draftId: "d", id: "t1" });
    await made;
    expect(await draftsOf(replica)).toEqual({});
    await sync(replica, remote);
    await expect(made.confirmed).rejects.toMatchObject({ kind: "mutation-rejected" });
    expect(await draftsOf(replica)).toEqual({ d: "mine" });
    await tab.kill();
    expect(await draftsOf(world.tab().replica)).toEqual({ d: "mine" });
  });

  it("what is written locally after it stays on top of it, whatever becomes of it, and does nothing on the server", async () => {
    const world = tabsWorld();
    const { tab, replica, remote } = await withTodo(world);
    await replica.mutate("saveDraft", { id: "d", text: "one" });
    const publish = replica.mutate("publishDraft", { draftId: "d", id: "t1", title: "one" });
    await publish;
    const later = replica.mutate("saveDraft", { id: "d", text: "two" });
    expect((await later).id).toBe(4);
    await later.confirmed;
    expect(replica.state.pending).toBe(1);
    expect(replica.pendingPushes()[0]?.mutations.map(({ name }) => name)).toEqual([
      "publishDraft",
      "__noop",
    ]);
    expect(await draftsOf(replica)).toEqual({ d: "two" });
    await sync(replica, remote);
    await publish.confirmed;
    expect(await draftsOf(replica)).toEqual({ d: "two" });
    expect(replica.state.rejected).toEqual([]);
    expect(replica.pendingPushes()).toEqual([]);
    await tab.kill();
    expect(await draftsOf(world.tab().replica)).toEqual({ d: "two" });
  });
});

describe("changeLogSuppressed: several tabs", () => {
  it("see each other's rows, those of local mutations and those that a pull settles", async () => {
    const world = tabsWorld();
    const { replica, remote } = await withTodo(world);
    const other = world.tab().replica;
    await other.open();
    await replica.mutate("saveDraft", { id: "a", text: "first" });
    await expect.poll(() => draftsOf(other)).toEqual({ a: "first" });
    await other.mutate("saveDraft", { id: "a", text: "second" });
    await other.mutate("saveDraft", { id: "b", text: "mine" });
    await expect.poll(() => draftsOf(replica)).toEqual({ a: "second", b: "mine" });
    await replica.mutate("publishDraft", { draftId: "a", id: "t1", title: "second" });
    await sync(replica, remote);
    await expect.poll(() => draftsOf(other)).toEqual({ b: "mine" });
    await expect.poll(() => other.state.pending).toBe(0);
  });

  it("end as storage does when they write at the same time, while one pulls", async () => {
    const world = tabsWorld();
    const { replica, remote } = await withTodo(world);
    const others = [world.tab().replica, world.tab().replica];
    await Promise.all(others.map((other) => other.open()));
    const tabs = [replica, ...others];
    for (let round = 0; round < 15; round++) {
      const writes = tabs.flatMap((tab, at) => [
        tab.mutate("saveDraft", { id: "d", text: `${round} of ${at}` }),
        tab.mutate("saveDraft", { id: `d${at}`, text: `${round}` }),
      ]);
      if (round % 3 === 0) {
        writes.push(replica.mutate("publishDraft", { draftId: "d0", id: "t1", title: "x" }));
      }
      await Promise.all([...writes, sync(replica, remote).catch(() => undefined)]);
    }
    await sync(replica, remote);
    const stored = await draftsOf(world.tab().replica);
    expect(stored).toMatchObject({ d1: "14", d2: "14" });
    for (const tab of tabs) await expect.poll(() => draftsOf(tab)).toEqual(stored);
  });

  it("one that has slept loads what it has missed", async () => {
    const world = tabsWorld();
    const { replica } = await withTodo(world);
    const sleeper = world.tab();
    await sleeper.replica.open();
    sleeper.isDeaf = true;
    await replica.mutate("saveDraft", { id: "a", text: "first" });
    await replica.mutate("saveDraft", { id: "b", text: "second" });
    sleeper.isDeaf = false;
    await sleeper.replica.catchUp();
    expect(await draftsOf(sleeper.replica)).toEqual({ a: "first", b: "second" });
    sleeper.isDeaf = true;
    await replica.mutate("saveDraft", { id: "a", text: "third" });
    sleeper.isDeaf = false;
    // A gap in what it hears is found out as well.
    await replica.mutate("deleteDraft", { id: "b" });
    await expect.poll(() => draftsOf(sleeper.replica)).toEqual({ a: "third" });
  });

  it("one that has missed a pull loads it when it hears of rows kept after it", async () => {
    const world = tabsWorld();
    const { replica, remote } = await withTodo(world);
    const other = world.tab();
    await other.replica.open();
    const titleOn = async () =>
      (await readDb(testSchema, other.replica).select().from(todos)).map(({ title }) => title);
    other.isDeaf = true;
    await remote.run("setTitle", { id: "t1", title: "B" });
    await sync(replica, remote);
    await new Promise((resolve) => setTimeout(resolve, 5));
    other.isDeaf = false;
    expect(await titleOn()).toEqual(["A"]);
    await replica.mutate("saveDraft", { id: "a", text: "first" });
    await expect.poll(() => draftsOf(other.replica)).toEqual({ a: "first" });
    expect(await titleOn()).toEqual(["B"]);
  });

  it("without IndexedDB each has its own", async () => {
    const { replica } = tabsWorld().tab({ engine: createMemoryEngine() });
    await replica.mutate("saveDraft", { id: "a", text: "first" });
    expect(await draftsOf(replica)).toEqual({ a: "first" });
  });
});
