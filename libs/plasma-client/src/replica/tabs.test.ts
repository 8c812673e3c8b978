import { readDb } from "@sh1n4ps/plasma-core";
import type { AnyMutators, Mutator } from "@sh1n4ps/plasma-core";
import { describe, expect, it, vi } from "vitest";
import type { Engine } from "../storage/engine.ts";
import { modelServer } from "../testing/model-server.ts";
import type { ModelServer } from "../testing/model-server.ts";
import { tabsWorld } from "../testing/tabs-world.ts";
import { SERVER_USER, testMutators, testSchema, todos } from "../testing/test-app.ts";
import type { Replica } from "./replica.ts";

const server = () =>
  modelServer({ schema: testSchema, mutators: testMutators, ctx: { userId: SERVER_USER } });

async function sync(replica: Replica, remote: ModelServer): Promise<"applied" | "stale"> {
  await replica.open();
  for (const outbox of replica.pendingPushes()) await remote.push(outbox);
  const state = replica.pullState();
  return replica.applyPull(state, remote.pull(state));
}

const titles = async (replica: Replica) =>
  (await readDb(testSchema, replica).select().from(todos).orderBy(todos.title)).map(
    ({ title }) => title,
  );

const messages = () => new Promise((resolve) => setTimeout(resolve, 30));

/** Messages and loading take their time, and more of it on a busy machine. */
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 5000, interval: 5 });
const showsEventually = (replica: Replica, expected: readonly string[]) =>
  eventually(async () => expect(await titles(replica)).toEqual(expected));

function mapMutators(map: (mutator: Mutator) => Mutator): AnyMutators {
  const entries = Object.entries(testMutators as AnyMutators);
  return Object.fromEntries(entries.map(([name, mutator]) => [name, map(mutator)]));
}

async function seeded(remote: ModelServer): Promise<void> {
  await remote.run("addList", { id: "l1", name: "One" });
  await remote.run("addTodo", { id: "t1", listId: "l1", title: "A" });
}

/** Both show the todo A. */
async function twoTabs() {
  const world = tabsWorld();
  const remote = server();
  await seeded(remote);
  const [sleeper, awake] = [world.tab(), world.tab()];
  await sync(sleeper.replica, remote);
  await showsEventually(awake.replica, ["A"]);
  return { world, remote, sleeper, awake };
}

describe("a tab that has slept", () => {
  it("catches up with what it did not hear: pulls, mutations, refusals", async () => {
    const { remote, sleeper, awake } = await twoTabs();
    sleeper.isDeaf = true;
    await remote.run("addTodo", { id: "t2", listId: "l1", title: "B" });
    await sync(awake.replica, remote);
    await awake.replica.mutate("addTodo", { id: "t3", listId: "l1", title: "C" });
    expect(await titles(sleeper.replica)).toEqual(["A"]);
    await sleeper.replica.catchUp();
    expect(await titles(sleeper.replica)).toEqual(["A", "B", "C"]);

    await awake.replica.mutate("addForbidden", { id: "t4", listId: "l1", title: "D" });
    await sync(awake.replica, remote);
    await sleeper.replica.catchUp();
    expect(sleeper.replica.state.rejected).toHaveLength(1);
    await awake.replica.dismissRejected(awake.replica.state.rejected[0]?.uid ?? "");
    await sleeper.replica.catchUp();
    expect(sleeper.replica.state.rejected).toEqual([]);
  });

  it("catches up with a mutation that it did not hear of before it made one itself", async () => {
    const { sleeper, awake } = await twoTabs();
    sleeper.isDeaf = true;
    await awake.replica.mutate("addTodo", { id: "t2", listId: "l1", title: "B" });
    await messages();
    sleeper.isDeaf = false;
    await sleeper.replica.mutate("addTodo", { id: "t3", listId: "l1", title: "C" });
    expect(await titles(sleeper.replica)).toEqual(["A", "C"]);
    await sleeper.replica.catchUp();
    expect(await titles(sleeper.replica)).toEqual(["A", "B", "C"]);
  });

  it("notices by a mutation of one tab that it did not hear of an earlier one of another", async () => {
    const world = tabsWorld();
    const remote = server();
    await seeded(remote);
    const [sleeper, one, other] = [world.tab(), world.tab(), world.tab()];
    await sync(sleeper.replica, remote);
    await showsEventually(one.replica, ["A"]);
    await showsEventually(other.replica, ["A"]);
    sleeper.isDeaf = true;
    await one.replica.mutate("appendTitle", { id: "t1", text: "1" });
    await showsEventually(other.replica, ["A1"]);
    sleeper.isDeaf = false;
    await other.replica.mutate("addTodo", { id: "t2", listId: "l1", title: "B" });
    await showsEventually(sleeper.replica, ["A1", "B"]);
  });

  it("runs its own mutation again that was made without one of another tab, of which it hears later", async () => {
    const world = tabsWorld();
    const remote = server();
    await seeded(remote);
    const [sleeper, one, other] = [world.tab(), world.tab(), world.tab()];
    await sync(sleeper.replica, remote);
    for (const { replica } of [one, other]) await showsEventually(replica, ["A"]);
    // Neither has heard of it, and the outbox is known to go on behind it.
    for (const tab of [sleeper, other]) tab.isDeaf = true;
    await one.replica.mutate("appendTitle", { id: "t1", text: "1" });
    await messages();
    for (const tab of [sleeper, other]) tab.isDeaf = false;
    await other.replica.mutate("addTodo", { id: "t2", listId: "l1", title: "B" });
    await eventually(() => expect(sleeper.replica.state.pending).toBeGreaterThan(0));
    await sleeper.replica.mutate("appendTitle", { id: "t1", text: "2" });
    for (const tab of [sleeper, other, one]) {
      await tab.replica.catchUp();
      await showsEventually(tab.replica, ["A12", "B"]);
    }
  });

  it("never puts a mutation over rows that are older than those it was made on", async () => {
    const { remote, sleeper, awake } = await twoTabs();
    sleeper.isDeaf = true;
    await remote.run("addTodo", { id: "t2", listId: "l1", title: "B" });
    await sync(awake.replica, remote);
    await messages();
    sleeper.isDeaf = false;
    // The first that it hears is of a mutation that was made on the pull that it did not hear of.
    await awake.replica.mutate("addTodo", { id: "t3", listId: "l1", title: "C" });
    await eventually(async () => expect(await titles(sleeper.replica)).toContain("C"));
    expect(await titles(sleeper.replica)).toEqual(["A", "B", "C"]);
  });

  it("hears of its own mutations that they were refused or discarded, though others have settled them", async () => {
    const { remote, sleeper, awake } = await twoTabs();
    const refused = sleeper.replica.mutate("addForbidden", { id: "t2", listId: "l1", title: "B" });
    const discarded = sleeper.replica.mutate("addTodo", { id: "t3", listId: "l1", title: "C" });
    const kept = sleeper.replica.mutate("addTodo", { id: "t4", listId: "l1", title: "D" });
    await refused;
    const { id } = await discarded;
    await kept;
    const outcome = sleeper.replica.discardMutation(id);
    await eventually(() => expect(awake.replica.pendingPushes()[0]?.mutations[1]?.args).toBeNull());
    await messages();
    sleeper.isDeaf = true;
    await sync(awake.replica, remote);
    await awake.replica.dismissRejected(awake.replica.state.rejected[0]?.uid ?? "");
    await sleeper.replica.catchUp();
    await expect(refused.confirmed).rejects.toMatchObject({ details: { code: "too-many" } });
    await expect(discarded.confirmed).rejects.toMatchObject({ kind: "mutation-discarded" });
    expect(await outcome).toBe("discarded");
    await kept.confirmed;
    expect(await titles(sleeper.replica)).toEqual(["A", "D"]);
  });

  it("keeps what waits under an id that a copy of this profile has used, also if it was another tab's", async () => {
    const world = tabsWorld();
    const remote = server();
    await seeded(remote);
    const [leader, other] = [world.tab(), world.tab()];
    await sync(leader.replica, remote);
    await showsEventually(other.replica, ["A"]);
    const { clientID } = other.replica;
    // The copy has made two, and only one waits here.
    const copied = (at: number) => ({
      ...{ id: at, uid: `copy-${at}`, name: "addTodo", timestamp: 0 },
      args: { id: `c${at}`, listId: "l1", title: `copy ${at}` },
    });
    await remote.push({ clientID, confirmed: 0, mutations: [copied(1), copied(2)] });
    await other.replica.mutate("addTodo", { id: "t2", listId: "l1", title: "B" });
    await showsEventually(leader.replica, ["A", "B"]);
    const state = leader.replica.pullState();
    await leader.replica.applyPull(state, remote.pull(state));
    expect(await titles(leader.replica)).toEqual(["A", "B", "copy 1", "copy 2"]);
    await sync(leader.replica, remote);
    expect(remote.rows("todos").map(({ title }) => title)).toContain("B");
    await showsEventually(other.replica, ["A", "B", "copy 1", "copy 2"]);
    await eventually(() => expect(other.replica.clientID).not.toBe(clientID));
  });

  it("shows what two tabs have written to one row at the same moment, one on top of the other", async () => {
    const world = tabsWorld();
    const remote = server();
    await seeded(remote);
    const [one, two] = [world.tab(), world.tab()];
    await sync(one.replica, remote);
    await showsEventually(two.replica, ["A"]);
    await Promise.all(
      [one, two].map(({ replica }, at) =>
        replica.mutate("appendTitle", { id: "t1", text: ` ${at}` }),
      ),
    );
    await eventually(async () => expect((await titles(one.replica))[0]).toMatch(/^A (0 1|1 0)$/));
    await showsEventually(two.replica, await titles(one.replica));
    const third = world.tab();
    await third.replica.open();
    expect(await titles(third.replica)).toEqual(await titles(one.replica));
    await sync(two.replica, remote);
    await showsEventually(one.replica, await titles(two.replica));
    expect(await titles(two.replica)).toHaveLength(1);
    expect((await titles(two.replica))[0]).toHaveLength("A 0 1".length);
  });

  it("loads nothing when it has missed nothing", async () => {
    const world = tabsWorld();
    let loads = 0;
    const tab = world.tab({
      wrap: (engine) => ({ ...engine, load: () => (loads++, engine.load()) }),
    });
    await tab.replica.open();
    await tab.replica.mutate("addList", { id: "l1", name: "One" });
    const before = loads;
    await tab.replica.catchUp();
    expect(loads).toBe(before);
  });
});

describe("client ids", () => {
  it("are taken over with the last mutation of the tab that had them, however late that was stored", async () => {
    const world = tabsWorld();
    const old = world.tab();
    await old.replica.open();
    let lastWords: Promise<unknown> | undefined;
    const next = world.tab({
      wrap: (engine) => ({
        ...engine,
        // Between loading and claiming, the old tab stores a mutation and goes.
        load: async () => {
          const stored = await engine.load();
          lastWords ??= old.replica
            .mutate("addList", { id: "l1", name: "Last words" })
            .then(() => old.kill());
          await lastWords;
          return stored;
        },
      }),
    });
    next.isDeaf = true;
    await next.replica.open();
    await next.replica.mutate("addList", { id: "l2", name: "Next" });
    const lists = await readDb(testSchema, next.replica).select().from(testSchema.tables.lists);
    expect(lists.map(({ name }) => name).toSorted()).toEqual(["Last words", "Next"]);
  });

  it("are a tab's own while it lives, and the same again after a reload", async () => {
    const world = tabsWorld();
    const first = world.tab();
    const second = world.tab();
    await Promise.all([first.replica.open(), second.replica.open()]);
    const [a, b] = [first.replica.clientID, second.replica.clientID];
    expect(a).not.toBe(b);
    await first.kill();
    const reloaded = world.tab();
    await reloaded.replica.open();
    expect(reloaded.replica.clientID).toBe(a);
    const third = world.tab();
    await third.replica.open();
    expect([a, b]).not.toContain(third.replica.clientID);
  });

  it("are never shared where there are no Web Locks", async () => {
    const world = tabsWorld();
    const tabs = [0, 1, 2].map(() => world.tab({ withoutLocks: true }).replica);
    await Promise.all(tabs.map((replica) => replica.open()));
    expect(new Set(tabs.map(({ clientID }) => clientID)).size).toBe(3);
  });

  it("go on counting after a reload, also when everything was confirmed", async () => {
    const world = tabsWorld();
    const remote = server();
    const first = world.tab();
    await first.replica.mutate("addList", { id: "l1", name: "One" });
    await sync(first.replica, remote);
    await first.kill();
    const reloaded = world.tab().replica;
    expect((await reloaded.mutate("addTodo", { id: "t1", listId: "l1", title: "A" })).id).toBe(2);
    await sync(reloaded, remote);
    expect(remote.rows("todos")).toHaveLength(1);
  });
});

describe("a reload", () => {
  it("finds the outbox again, shows its rows without running a mutator, and sends each once", async () => {
    const world = tabsWorld();
    const remote = server();
    const first = world.tab();
    await first.replica.mutate("addList", { id: "l1", name: "One" });
    await first.replica.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    for (const outbox of first.replica.pendingPushes()) await remote.push(outbox, 1);
    await first.kill();
    let runs = 0;
    const counting = mapMutators((mutator) => ({
      ...mutator,
      run: (input) => {
        runs++;
        return mutator.run(input);
      },
    }));
    const { replica } = world.tab({ mutators: counting });
    await replica.open();
    expect(await titles(replica)).toEqual(["A"]);
    expect(runs).toBe(0);
    await sync(replica, remote);
    expect(remote.effects).toEqual(["addList", "addTodo"]);
    expect(replica.state.pending).toBe(0);
  });

  it("runs an entry again that was stored while a pull was under way", async () => {
    const world = tabsWorld();
    const remote = server();
    await seeded(remote);
    const first = world.tab();
    await sync(first.replica, remote);
    let before: () => Promise<void> = () => Promise.resolve();
    const leader = world.tab({
      wrap: (engine: Engine): Engine => ({
        ...engine,
        applyPull: async (commit) => {
          await before();
          return engine.applyPull(commit);
        },
      }),
    });
    await leader.replica.open();
    await remote.run("setTitle", { id: "t1", title: "B" });
    before = async () => {
      await first.replica.mutate("appendTitle", { id: "t1", text: "!" });
    };
    const state = leader.replica.pullState();
    expect(await leader.replica.applyPull(state, remote.pull(state))).toBe("applied");
    await showsEventually(leader.replica, ["B!"]);
    await showsEventually(first.replica, ["B!"]);
    await first.kill();
    await leader.kill();
    const { replica } = world.tab();
    expect(await titles(replica)).toEqual(["B!"]);
    await sync(replica, remote);
    expect(remote.rows("todos")).toMatchObject([{ title: "B!" }]);
  });
});

describe("a pull that was asked for before another tab has written", () => {
  const append = { id: "t1", text: "!" };

  it("says what became of that mutation too", async () => {
    const { remote, sleeper, awake } = await twoTabs();
    await eventually(() => expect(sleeper.replica.pullState().known).toHaveLength(2));
    const state = sleeper.replica.pullState();
    await awake.replica.mutate("appendTitle", append);
    await showsEventually(sleeper.replica, ["A!"]);
    for (const outbox of awake.replica.pendingPushes()) await remote.push(outbox);
    expect(await sleeper.replica.applyPull(state, remote.pull(state))).toBe("applied");
    expect(await titles(sleeper.replica)).toEqual(["A!"]);
    expect(sleeper.replica.state.pending).toBe(0);
  });

  it("is made again if that tab was not there yet", async () => {
    const { world, remote, sleeper } = await twoTabs();
    const state = sleeper.replica.pullState();
    const { replica: third } = world.tab();
    await third.mutate("appendTitle", append);
    for (const outbox of third.pendingPushes()) await remote.push(outbox);
    expect(await sleeper.replica.applyPull(state, remote.pull(state))).toBe("stale");
    expect(await titles(sleeper.replica)).toEqual(["A!"]);
    expect(await sync(sleeper.replica, remote)).toBe("applied");
    expect(await titles(sleeper.replica)).toEqual(["A!"]);
    await showsEventually(third, ["A!"]);
  });
});

describe("two tabs", () => {
  it("show each other's changes at once, and both converge", async () => {
    const world = tabsWorld();
    const remote = server();
    await seeded(remote);
    const [leader, other] = [world.tab().replica, world.tab().replica];
    await sync(leader, remote);
    await other.mutate("addTodo", { id: "t2", listId: "l1", title: "B" });
    await showsEventually(leader, ["A", "B"]);
    await sync(leader, remote);
    await eventually(() => expect(other.state.pending).toBe(0));
    expect(await titles(other)).toEqual(["A", "B"]);
    expect(remote.effects.filter((name) => name === "addTodo")).toHaveLength(2);
  });

  it("settle .confirmed in the tab that made the mutation, whoever pulled", async () => {
    const world = tabsWorld();
    const remote = server();
    await seeded(remote);
    const [leader, other] = [world.tab().replica, world.tab().replica];
    await sync(leader, remote);
    const fine = other.mutate("addTodo", { id: "t2", listId: "l1", title: "B" });
    const refused = other.mutate("addForbidden", { id: "t3", listId: "l1", title: "C" });
    await Promise.all([fine, refused]);
    await eventually(() => expect(leader.state.pending).toBe(2));
    await sync(leader, remote);
    await fine.confirmed;
    await expect(refused.confirmed).rejects.toMatchObject({ kind: "mutation-rejected" });
    expect(other.state.rejected).toEqual(leader.state.rejected);
    await leader.dismissRejected(other.state.rejected[0]?.uid ?? "");
    await eventually(() => expect(other.state.rejected).toEqual([]));
  });

  it("let the one that leads send what a closed one has left behind", async () => {
    const world = tabsWorld();
    const remote = server();
    const other = world.tab();
    await other.replica.mutate("addList", { id: "l1", name: "One" });
    await other.kill();
    const leader = world.tab();
    const later = world.tab();
    await Promise.all([leader.replica.open(), later.replica.open()]);
    await later.replica.mutate("addList", { id: "l2", name: "Two" });
    await eventually(() => expect(leader.replica.state.pending).toBe(2));
    await sync(leader.replica, remote);
    expect(remote.rows("lists")).toHaveLength(2);
    expect(leader.replica.state.pending).toBe(0);
  });

  it("keep the cookie from going back when both pull at once, and lose nothing", async () => {
    const world = tabsWorld();
    const remote = server();
    await seeded(remote);
    const tabs = [
      world.tab({ withoutLocks: true }).replica,
      world.tab({ withoutLocks: true }).replica,
    ];
    await Promise.all(tabs.map((replica) => replica.open()));
    const outcomes = await Promise.all(tabs.map((replica) => sync(replica, remote)));
    expect(outcomes.toSorted()).toEqual(["applied", "stale"]);
    for (const replica of tabs) {
      await showsEventually(replica, ["A"]);
      expect(await sync(replica, remote)).toBe("applied");
    }
  });

  it("load everything from storage when a message went missing", async () => {
    const world = tabsWorld();
    const remote = server();
    await seeded(remote);
    const leader = world.tab();
    await sync(leader.replica, remote);
    const frozen = world.tab();
    await frozen.replica.open();
    frozen.isDeaf = true;
    await leader.replica.mutate("addTodo", { id: "t2", listId: "l1", title: "B" });
    await sync(leader.replica, remote);
    await messages();
    expect(await titles(frozen.replica)).toEqual(["A"]);
    frozen.isDeaf = false;
    await remote.run("setTitle", { id: "t1", title: "C" });
    await sync(leader.replica, remote);
    await showsEventually(frozen.replica, ["B", "C"]);
    expect(frozen.replica.state.pending).toBe(0);
  });

  it("notice a missing mutation by the next one's id", async () => {
    const world = tabsWorld();
    const remote = server();
    await seeded(remote);
    const [leader, other] = [world.tab(), world.tab()];
    await sync(leader.replica, remote);
    await other.replica.open();
    leader.isDeaf = true;
    await other.replica.mutate("addTodo", { id: "t2", listId: "l1", title: "B" });
    await messages();
    leader.isDeaf = false;
    await other.replica.mutate("addTodo", { id: "t3", listId: "l1", title: "C" });
    await showsEventually(leader.replica, ["A", "B", "C"]);
  });

  it("notice what they have missed when another tab opens", async () => {
    const world = tabsWorld();
    const remote = server();
    await seeded(remote);
    const [leader, other] = [world.tab(), world.tab()];
    await sync(leader.replica, remote);
    await other.replica.open();
    leader.isDeaf = true;
    await other.replica.mutate("addTodo", { id: "t2", listId: "l1", title: "B" });
    await messages();
    leader.isDeaf = false;
    await other.kill();
    await world.tab().replica.open();
    await showsEventually(leader.replica, ["A", "B"]);
    await sync(leader.replica, remote);
    expect(remote.rows("todos")).toHaveLength(2);
  });

  it("follow a reset and a discard that happen in one of them", async () => {
    const world = tabsWorld();
    const remote = server();
    await seeded(remote);
    const [one, two] = [world.tab().replica, world.tab().replica];
    await sync(one, remote);
    await two.open();
    const made = two.mutate("addTodo", { id: "t2", listId: "l1", title: "B" });
    const { clientID, id } = await made;
    await showsEventually(one, ["A", "B"]);
    void one.discardMutation({ clientID, id });
    await showsEventually(two, ["A"]);
    await sync(one, remote);
    await expect(made.confirmed).rejects.toMatchObject({ kind: "mutation-discarded" });
    await one.resetLocalState();
    await showsEventually(two, []);
    expect(two.pullState().cookie).toBe(null);
  });

  it("give a tab a new client id when the other has renewed its own", async () => {
    const world = tabsWorld();
    const remote = server();
    const [leader, other] = [world.tab().replica, world.tab().replica];
    await leader.open();
    await other.mutate("addList", { id: "l1", name: "One" });
    await eventually(() => expect(leader.state.pending).toBe(1));
    const before = other.clientID;
    await leader.renewClient(before);
    await eventually(() => expect(other.clientID).not.toBe(before));
    await other.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    await eventually(() => expect(leader.state.pending).toBe(2));
    await sync(leader, remote);
    await eventually(() =>
      expect([leader, other].map(({ state }) => state.pending)).toEqual([0, 0]),
    );
    expect(remote.effects).toEqual(["addList", "addTodo"]);
  });

  it("make a rejected mutation anew once, also when both are asked to at the same moment", async () => {
    const { remote, sleeper, awake } = await twoTabs();
    await awake.replica.mutate("addForbidden", { id: "t2", listId: "l1", title: "B" });
    await sync(awake.replica, remote);
    await eventually(() => expect(sleeper.replica.state.rejected).toHaveLength(1));
    const uid = awake.replica.state.rejected[0]?.uid ?? "";
    const made = await Promise.allSettled(
      [awake, sleeper].map(({ replica }) => replica.retryRejected(uid)),
    );
    const failed = made.find(({ status }) => status === "rejected");
    expect(failed).toMatchObject({ reason: { kind: "unknown-mutation" } });
    await eventually(() => {
      expect([awake, sleeper].map(({ replica }) => replica.state.pending)).toEqual([1, 1]);
      expect(sleeper.replica.state.rejected).toEqual([]);
    });
  });
});
