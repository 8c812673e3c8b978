import { eq, PlasmaAuthorizationError, readDb } from "@sh1n4ps/plasma-core";
import type { PullResponse, RowChange } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import type { Engine } from "../storage/engine.ts";
import { createMemoryEngine } from "../storage/memory-engine.ts";
import { SyncClientError } from "../errors.ts";
import { modelServer } from "../testing/model-server.ts";
import type { ModelServer } from "../testing/model-server.ts";
import { tabsWorld } from "../testing/tabs-world.ts";
import type { Tab } from "../testing/tabs-world.ts";
import { lists, SERVER_USER, testMutators, testSchema, todos } from "../testing/test-app.ts";
import type { Replica } from "./replica.ts";

const server = () =>
  modelServer({ schema: testSchema, mutators: testMutators, ctx: { userId: SERVER_USER } });

function tab(wrap?: (engine: Engine) => Engine): Tab {
  return tabsWorld().tab({ engine: createMemoryEngine(), ...(wrap && { wrap }) });
}

async function sync(replica: Replica, remote: ModelServer): Promise<void> {
  await replica.open();
  for (const outbox of replica.pendingPushes()) await remote.push(outbox);
  const state = replica.pullState();
  expect(await replica.applyPull(state, remote.pull(state))).toBe("applied");
}

const titles = async (replica: Replica) =>
  (await readDb(testSchema, replica).select().from(todos).orderBy(todos.title)).map(
    ({ title }) => title,
  );

async function withList(replica: Replica): Promise<void> {
  await replica.mutate("addList", { id: "l1", name: "One" });
}

describe("mutate", () => {
  it("shows at once, and is durable when it resolves", async () => {
    const { replica } = tab();
    const seen: RowChange[] = [];
    await replica.open();
    replica.subscribeChanges((changes) => seen.push(...changes));
    const made = replica.mutate("addList", { id: "l1", name: "One" });
    const receipt = await made;
    expect(receipt).toMatchObject({ clientID: replica.clientID, id: 1 });
    expect(seen).toMatchObject([{ table: "lists", id: "l1", before: null }]);
    expect(replica.pendingPushes()[0]?.mutations).toMatchObject([
      { id: 1, name: "addList", uid: receipt.uid },
    ]);
  });

  it("waits for storage to open when it is called before", async () => {
    const { replica } = tab();
    const first = replica.mutate("addList", { id: "l1", name: "One" });
    const second = replica.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    expect((await first).id).toBe(1);
    expect((await second).id).toBe(2);
    expect(await titles(replica)).toEqual(["A"]);
  });

  it("resolves only when the transaction is complete, and shows before that", async () => {
    let finish: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (finish = resolve));
    const { replica } = tab((engine) => ({
      ...engine,
      append: async (...args) => {
        const seqs = await engine.append(...args);
        await gate;
        return seqs;
      },
    }));
    let isDurable = false;
    const made = replica
      .mutate("addList", { id: "l1", name: "One" })
      .then(() => (isDurable = true));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await readDb(testSchema, replica).select().from(lists)).toHaveLength(1);
    expect(isDurable).toBe(false);
    expect(replica.pendingPushes()).toEqual([]);
    finish();
    await made;
    expect(replica.pendingPushes()).toHaveLength(1);
  });

  it("puts what is made in one go into few transactions", async () => {
    let commits = 0;
    const { replica } = tab((engine) => ({
      ...engine,
      append: async (...args) => {
        commits++;
        // As long as a transaction takes: not the same turn.
        await new Promise((resolve) => setTimeout(resolve, 1));
        return engine.append(...args);
      },
    }));
    await withList(replica);
    await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        replica.mutate("addTodo", { id: `t${at}`, listId: "l1", title: `T${at}` }),
      ),
    );
    expect(commits).toBeLessThan(10);
    expect(replica.pendingPushes()[0]?.mutations.map(({ id }) => id)).toEqual(
      Array.from({ length: 101 }, (_, at) => at + 1),
    );
  });

  it("takes the change back, rejects and tells onError when it cannot be stored, and gives the id out again", async () => {
    let isFull = false;
    const { replica, errors } = tab((engine) => ({
      ...engine,
      append: (...args) =>
        isFull ? Promise.reject(new SyncClientError("quota", "full")) : engine.append(...args),
    }));
    await withList(replica);
    isFull = true;
    const lost = replica.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    const alsoLost = replica.mutate("setTitle", { id: "t1", title: "B" });
    await expect(lost).rejects.toMatchObject({ kind: "quota" });
    await expect(alsoLost).rejects.toMatchObject({ kind: "quota" });
    await expect(lost.confirmed).rejects.toMatchObject({ kind: "quota" });
    // Once, for those who leave promises alone.
    expect(errors).toMatchObject([{ kind: "quota" }]);
    expect(await titles(replica)).toEqual([]);
    expect(replica.state.pending).toBe(1);
    isFull = false;
    expect((await replica.mutate("addTodo", { id: "t2", listId: "l1", title: "C" })).id).toBe(2);
    expect(await titles(replica)).toEqual(["C"]);
  });

  it("refuses unknown mutators, args that cannot be stored, and args that are too large, and keeps nothing", async () => {
    const { replica } = tab();
    await expect(replica.mutate("nope", {})).rejects.toMatchObject({ code: "unknown-mutator" });
    await expect(replica.mutate("addList", { id: () => 1 })).rejects.toMatchObject({
      code: "invalid-value",
    });
    const name = "x".repeat(1_000_001);
    await expect(replica.mutate("addList", { id: "l", name })).rejects.toThrow(
      /Split the mutation/,
    );
    let deep: unknown = {};
    for (let depth = 0; depth < 80; depth++) deep = { deep };
    await expect(replica.mutate("addList", { id: "l", name: deep })).rejects.toMatchObject({
      code: "invalid-value",
    });
    await expect(replica.mutate("addList", { id: "l", name: 7 })).rejects.toMatchObject({
      code: "invalid-value",
    });
    expect(replica.state.pending).toBe(0);
    expect(await readDb(testSchema, replica).select().from(lists)).toEqual([]);
  });

  it("keeps what the caller passed, not what they do to it afterwards", async () => {
    const { replica } = tab();
    const args = { id: "l1", name: "One" };
    const made = replica.mutate("addList", args);
    args.name = "Changed";
    await made;
    expect(await readDb(testSchema, replica).select().from(lists)).toMatchObject([{ name: "One" }]);
  });

  it("refuses at once what the write rule certainly forbids, and not what only the server can know", async () => {
    const { replica } = tab();
    const remote = server();
    await remote.run("addList", { id: "theirs", name: "Theirs" });
    await sync(replica, remote);
    await expect(
      replica.mutate("renameList", { id: "theirs", name: "Mine" }),
    ).rejects.toBeInstanceOf(PlasmaAuthorizationError);
    // Its list is not on this device: the server may know it.
    await replica.mutate("addTodo", { id: "t1", listId: "unseen", title: "A" });
    expect(replica.state.pending).toBe(1);
  });

  it("leaves no trace of a mutator that throws half-way", async () => {
    const mutators = {
      ...testMutators,
      half: {
        args: undefined,
        run: async ({ db }: Parameters<(typeof testMutators)["addList"]["run"]>[0]) => {
          await db.insert(lists).values({ id: "half", name: "Half", ownerId: "ada" });
          throw new Error("half-way");
        },
      },
    };
    const { replica } = tabsWorld().tab({ engine: createMemoryEngine(), mutators });
    await expect(replica.mutate("half", null)).rejects.toThrow("half-way");
    expect(await readDb(testSchema, replica).select().from(lists)).toEqual([]);
    expect((await replica.mutate("addList", { id: "l1", name: "One" })).id).toBe(1);
  });
});

describe("a pull", () => {
  it("confirms a mutation without any visible change, and keeps the row object", async () => {
    const { replica } = tab();
    const remote = server();
    await withList(replica);
    const [before] = await readDb(testSchema, replica)
      .select()
      .from(lists)
      .where(eq(lists.id, "l1"));
    const changes: RowChange[] = [];
    replica.subscribeChanges((set) => changes.push(...set));
    // The server's row says who owns it, so it differs; a todo does not.
    await replica.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    const [optimistic] = await readDb(testSchema, replica).select().from(todos);
    changes.length = 0;
    await sync(replica, remote);
    expect(changes.map(({ table }) => table)).toEqual(["lists"]);
    expect((await readDb(testSchema, replica).select().from(todos))[0]).toBe(optimistic);
    expect(before).toMatchObject({ ownerId: "ada" });
    expect(replica.state).toMatchObject({ pending: 0, firstSync: "complete" });
  });

  it("settles .confirmed only when a pull has shown it", async () => {
    const { replica } = tab();
    const remote = server();
    const made = replica.mutate("addList", { id: "l1", name: "One" });
    await made;
    let isConfirmed = false;
    void made.confirmed.then(() => (isConfirmed = true));
    for (const outbox of replica.pendingPushes()) await remote.push(outbox);
    await Promise.resolve();
    expect(isConfirmed).toBe(false);
    await sync(replica, remote);
    await made.confirmed;
    expect(isConfirmed).toBe(true);
  });

  it("runs pending mutations again over the new rows", async () => {
    const { replica } = tab();
    const remote = server();
    await remote.run("addList", { id: "l1", name: "One" });
    await remote.run("addTodo", { id: "t1", listId: "l1", title: "A" });
    await sync(replica, remote);
    await replica.mutate("appendTitle", { id: "t1", text: "!" });
    await remote.run("setTitle", { id: "t1", title: "B" });
    const state = replica.pullState();
    await replica.applyPull(state, remote.pull(state));
    expect(await titles(replica)).toEqual(["B!"]);
    await sync(replica, remote);
    expect(await titles(replica)).toEqual(["B!"]);
    expect(remote.rows("todos")).toMatchObject([{ title: "B!" }]);
  });

  it("keeps a pending mutation that throws on the new rows, without effect, and reports it once", async () => {
    const { replica, errors } = tab();
    const remote = server();
    await remote.run("addList", { id: "l1", name: "One" });
    await remote.run("addTodo", { id: "t1", listId: "l1", title: "A" });
    await sync(replica, remote);
    await replica.mutate("appendTitle", { id: "t1", text: "!" });
    await replica.mutate("addTodo", { id: "t2", listId: "l1", title: "Other" });
    await remote.run("deleteTodo", { id: "t1" });
    for (let round = 0; round < 2; round++) {
      const state = replica.pullState();
      await replica.applyPull(state, remote.pull(state));
      await remote.run("renameList", { id: "l1", name: `Round ${round}` });
    }
    expect(await titles(replica)).toEqual(["Other"]);
    expect(replica.state.pending).toBe(2);
    expect(errors.map(({ kind }) => kind)).toEqual(["rebase-replay"]);
    await sync(replica, remote);
    expect(replica.state.rejected).toMatchObject([{ name: "appendTitle", code: "no-todo" }]);
  });

  it("lets a refused mutation vanish in one change, and keeps it with reason and args", async () => {
    const { replica } = tab();
    const remote = server();
    await withList(replica);
    await sync(replica, remote);
    const args = { id: "t1", listId: "l1", title: "Too much" };
    const made = replica.mutate("addForbidden", args);
    await made;
    await replica.mutate("addTodo", { id: "t2", listId: "l1", title: "Fine" });
    const sets: (readonly RowChange[])[] = [];
    replica.subscribeChanges((changes) => sets.push(changes));
    await sync(replica, remote);
    expect(sets).toHaveLength(1);
    expect(sets[0]).toMatchObject([{ table: "todos", id: "t1", after: null }]);
    expect(replica.state.rejected).toMatchObject([
      { name: "addForbidden", args, code: "too-many", message: "You have too many todos." },
    ]);
    await expect(made.confirmed).rejects.toMatchObject({
      kind: "mutation-rejected",
      message: "You have too many todos.",
      details: { code: "too-many" },
    });
  });

  it("applies all pages as one change", async () => {
    const { replica } = tab();
    const remote = server();
    await remote.run("addList", { id: "l1", name: "One" });
    for (let at = 0; at < 7; at++) {
      await remote.run("addTodo", { id: `t${at}`, listId: "l1", title: `T${at}` });
    }
    await replica.open();
    let sets = 0;
    replica.subscribeChanges(() => sets++);
    const state = replica.pullState();
    const pages = remote.pull(state, 2);
    expect(pages.length).toBe(5);
    await replica.applyPull(state, pages);
    expect(sets).toBe(1);
    expect(await titles(replica)).toHaveLength(7);
    await expect(replica.applyPull(replica.pullState(), pages.slice(0, 1))).rejects.toMatchObject({
      kind: "invalid-response",
    });
  });

  it("is stale when it was asked with a cookie that has moved", async () => {
    const { replica } = tab();
    const remote = server();
    await replica.open();
    const state = replica.pullState();
    await sync(replica, remote);
    await remote.run("addList", { id: "l1", name: "One" });
    expect(await replica.applyPull(state, remote.pull(state))).toBe("stale");
    expect(await readDb(testSchema, replica).select().from(lists)).toEqual([]);
  });

  it("writes nothing when nothing is new", async () => {
    let writes = 0;
    const { replica } = tab((engine) => ({
      ...engine,
      applyPull: (commit) => {
        writes++;
        return engine.applyPull(commit);
      },
    }));
    const remote = server();
    await withList(replica);
    await sync(replica, remote);
    await sync(replica, remote);
    await sync(replica, remote);
    expect(writes).toBe(1);
  });

  it("does not hold mutations up while it is being stored, and neither flickers", async () => {
    let finish: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (finish = resolve));
    const { replica } = tab((engine) => ({
      ...engine,
      applyPull: async (commit) => {
        await gate;
        return engine.applyPull(commit);
      },
    }));
    const remote = server();
    await remote.run("addList", { id: "l1", name: "One" });
    await remote.run("addTodo", { id: "t1", listId: "l1", title: "A" });
    await replica.open();
    await replica.mutate("addTodo", { id: "t0", listId: "l1", title: "Before" });
    const state = replica.pullState();
    const applying = replica.applyPull(state, remote.pull(state));
    await replica.mutate("addTodo", { id: "t2", listId: "l1", title: "Meanwhile" });
    expect(await titles(replica)).toEqual(["Before", "Meanwhile"]);
    finish();
    await applying;
    expect(await titles(replica)).toEqual(["A", "Before", "Meanwhile"]);
  });

  it("skips rows of tables that this version of the app does not know", async () => {
    const { replica } = tab();
    await replica.open();
    const page: PullResponse = {
      cookie: "9",
      hasMore: false,
      lastMutationIDs: {},
      rejections: [],
      patch: [
        { op: "put", table: "future", row: { id: "f" } },
        {
          op: "put",
          table: "lists",
          row: { id: "l", name: "L", ownerId: "ada", extra: 1 },
        },
      ],
    };
    expect(await replica.applyPull(replica.pullState(), [page])).toBe("applied");
    expect(await readDb(testSchema, replica).select().from(lists)).toEqual([
      { id: "l", name: "L", ownerId: "ada" },
    ]);
  });

  it("refuses a row that does not fit the schema, and changes nothing", async () => {
    const { replica } = tab();
    await replica.open();
    const page: PullResponse = {
      cookie: "9",
      hasMore: false,
      lastMutationIDs: {},
      rejections: [],
      patch: [{ op: "put", table: "lists", row: { id: "l", name: 7 } }],
    };
    await expect(replica.applyPull(replica.pullState(), [page])).rejects.toMatchObject({
      kind: "invalid-response",
    });
    expect(replica.pullState().cookie).toBe(null);
  });

  it("gives its mutations a fresh client id when the server knows ids that this device never made", async () => {
    const { replica } = tab();
    const remote = server();
    await withList(replica);
    const old = replica.clientID;
    const made = replica.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    await made;
    const state = replica.pullState();
    const [page] = remote.pull(state);
    await replica.applyPull(state, [
      { ...(page as NonNullable<typeof page>), lastMutationIDs: { [old]: 7 } },
    ]);
    expect(replica.clientID).not.toBe(old);
    expect(replica.pendingPushes()).toMatchObject([
      { clientID: replica.clientID, mutations: [{ id: 1 }, { id: 2 }] },
    ]);
    await sync(replica, remote);
    await made.confirmed;
    expect(await titles(replica)).toEqual(["A"]);
  });
});

describe("a copy of the device that has pushed before this one", () => {
  it("settles nothing here: under its ids stand other mutations, which get a fresh client id and run", async () => {
    const { replica } = tab();
    const remote = server();
    await withList(replica);
    await sync(replica, remote);
    const old = replica.clientID;
    const made = replica.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    await made;
    const state = replica.pullState();
    const [page] = remote.pull(state);
    const copy = { lastMutationIDs: { [old]: 2 }, lastMutationUIDs: { [old]: "uid-of-the-copy" } };
    await replica.applyPull(state, [{ ...(page as NonNullable<typeof page>), ...copy }]);
    expect(replica.clientID).not.toBe(old);
    expect(replica.pendingPushes()).toMatchObject([
      { clientID: replica.clientID, mutations: [{ id: 1, uid: (await made).uid }] },
    ]);
    await sync(replica, remote);
    await made.confirmed;
    expect(await titles(replica)).toEqual(["A"]);
  });

  it("is none when the uid is our own, or when the server no longer has it", async () => {
    for (const uidOf of [(own: string) => ({ lastMutationUIDs: { c: own } }), () => ({})]) {
      const { replica } = tab();
      await withList(replica);
      const made = replica.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
      const { uid } = await made;
      const state = replica.pullState();
      const [page] = server().pull(state);
      const old = replica.clientID;
      const uids = Object.entries(uidOf(uid)).map(([key]) => [key, { [old]: uid }]);
      await replica.applyPull(state, [
        {
          ...(page as NonNullable<typeof page>),
          lastMutationIDs: { [old]: 2 },
          ...(Object.fromEntries(uids) as Partial<PullResponse>),
        },
      ]);
      expect(replica.clientID).toBe(old);
      expect(replica.state.pending).toBe(0);
    }
  });
});

describe("discardMutation", () => {
  it("takes the effect away at once, sends a no-op under the same id, and tells that it never ran", async () => {
    const { replica } = tab();
    const remote = server();
    await withList(replica);
    const made = replica.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    const { id } = await made;
    await replica.mutate("addTodo", { id: "t2", listId: "l1", title: "B" });
    const outcome = replica.discardMutation(id);
    const confirmed = expect(made.confirmed).rejects.toMatchObject({ kind: "mutation-discarded" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await titles(replica)).toEqual(["B"]);
    expect(replica.state.pending).toBe(2);
    expect(replica.pendingPushes()[0]?.mutations.map((mutation) => mutation.name)).toEqual([
      "addList",
      "__noop",
      "addTodo",
    ]);
    await sync(replica, remote);
    expect(await outcome).toBe("discarded");
    await confirmed;
    expect(remote.rows("todos").map((row) => row["id"])).toEqual(["t2"]);
    expect(replica.state.rejected).toEqual([]);
  });

  it("tells when the server had run it already", async () => {
    const { replica } = tab();
    const remote = server();
    const made = replica.mutate("addList", { id: "l1", name: "One" });
    const { id } = await made;
    for (const outbox of replica.pendingPushes()) await remote.push(outbox);
    const outcome = replica.discardMutation(id);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await sync(replica, remote);
    expect(await outcome).toBe("alreadyApplied");
    await made.confirmed;
    expect(await readDb(testSchema, replica).select().from(lists)).toHaveLength(1);
    expect(await replica.discardMutation(id)).toBe("alreadyApplied");
  });

  it("finds one by its receipt when it has another client id", async () => {
    const { replica } = tab();
    const remote = server();
    const made = replica.mutate("addList", { id: "l1", name: "One" });
    const confirmed = expect(made.confirmed).rejects.toMatchObject({ kind: "mutation-discarded" });
    const receipt = await made;
    await replica.renewClient(receipt.clientID);
    const outcome = replica.discardMutation(receipt);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(replica.pendingPushes()[0]?.mutations).toMatchObject([{ name: "__noop" }]);
    await sync(replica, remote);
    expect(await outcome).toBe("discarded");
    await confirmed;
  });

  it("tells that one never took effect which the server has refused", async () => {
    const { replica } = tab();
    const remote = server();
    await withList(replica);
    const made = replica.mutate("addForbidden", { id: "t1", listId: "l1", title: "X" });
    const refused = expect(made.confirmed).rejects.toMatchObject({ kind: "mutation-rejected" });
    const receipt = await made;
    await sync(replica, remote);
    await refused;
    expect(await replica.discardMutation(receipt)).toBe("discarded");
    const { clientID, id } = receipt;
    expect(await replica.discardMutation({ clientID, id })).toBe("discarded");
    await replica.dismissRejected(receipt.uid);
    expect(await replica.discardMutation(receipt)).toBe("discarded");
  });

  it("runs later mutations again without it", async () => {
    const { replica } = tab();
    await withList(replica);
    await replica.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    const { id } = await replica.mutate("appendTitle", { id: "t1", text: "1" });
    await replica.mutate("appendTitle", { id: "t1", text: "2" });
    void replica.discardMutation(id);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await titles(replica)).toEqual(["A2"]);
  });
});

describe("rejected mutations", () => {
  async function rejectedOne() {
    const { replica } = tab();
    const remote = server();
    await withList(replica);
    await replica.mutate("addForbidden", { id: "t1", listId: "l1", title: "X" });
    await sync(replica, remote);
    const [rejected] = replica.state.rejected;
    return { replica, remote, uid: rejected?.uid ?? "" };
  }

  it("are gone when they are dismissed", async () => {
    const { replica, uid } = await rejectedOne();
    await replica.dismissRejected(uid);
    expect(replica.state.rejected).toEqual([]);
  });

  it("are made anew with other args, and leave the list as that is durable", async () => {
    const { replica, remote, uid } = await rejectedOne();
    const again = replica.retryRejected(uid, { id: "t1", listId: "l1", title: "Y" });
    expect((await again).uid).not.toBe(uid);
    expect(replica.state.rejected).toEqual([]);
    await sync(replica, remote);
    expect(replica.state.rejected).toMatchObject([{ args: { title: "Y" } }]);
    await expect(again.confirmed).rejects.toMatchObject({ kind: "mutation-rejected" });
  });

  it("are made anew once, however often that is asked for", async () => {
    const { replica, uid } = await rejectedOne();
    const args = { id: "t9", listId: "l1", title: "Y" };
    const made = await Promise.allSettled([
      replica.retryRejected(uid, args),
      replica.mutate("addList", { id: "l2", name: "Two" }),
      replica.retryRejected(uid, args),
    ]);
    expect(made.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(replica.state).toMatchObject({ pending: 2, rejected: [] });
  });

  it("say so when there is nothing to retry", async () => {
    const { replica } = tab();
    await expect(replica.retryRejected("unknown")).rejects.toMatchObject({
      kind: "unknown-mutation",
    });
  });
});

describe("resetLocalState", () => {
  it("takes a fresh client id, under which what is in flight meanwhile neither blocks nor runs twice", async () => {
    const { replica } = tab();
    const remote = server();
    await withList(replica);
    await sync(replica, remote);
    const sent = await replica.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    const [inFlight] = replica.pendingPushes();
    const state = replica.pullState();
    await replica.resetLocalState({ discardOutbox: true });
    expect(replica.clientID).not.toBe(sent.clientID);
    await remote.push(inFlight!);
    expect(await replica.applyPull(state, remote.pull(state))).toBe("stale");
    expect((await replica.mutate("addList", { id: "l2", name: "Two" })).id).toBe(2);
    await sync(replica, remote);
    expect(remote.effects).toEqual(["addList", "addTodo", "addList"]);
    expect(await titles(replica)).toEqual(["A"]);
    expect(replica.state).toMatchObject({ pending: 0, rejected: [{ uid: sent.uid }] });
  });

  it("leaves the other tabs their client ids, and all go on", async () => {
    const world = tabsWorld();
    const remote = server();
    const [one, two] = [world.tab().replica, world.tab().replica];
    await sync(one, remote);
    await two.open();
    const former = one.clientID;
    await one.resetLocalState();
    const made = await two.mutate("addList", { id: "l1", name: "One" });
    await one.catchUp();
    await sync(one, remote);
    expect(remote.effects).toEqual(["addList"]);
    expect(one.clientID).not.toBe(former);
    expect(made.clientID).toBe(two.clientID);
  });

  it("refuses while mutations are unsent, and changes nothing", async () => {
    const { replica } = tab();
    await withList(replica);
    await expect(replica.resetLocalState()).rejects.toMatchObject({ kind: "unsent-mutations" });
    expect(await readDb(testSchema, replica).select().from(lists)).toHaveLength(1);
  });

  it("forgets the rows, and keeps given-up mutations to be retried; later ids are not blocked", async () => {
    const { replica } = tab();
    const remote = server();
    await withList(replica);
    await sync(replica, remote);
    const made = replica.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    await made;
    await replica.resetLocalState({ discardOutbox: true });
    await expect(made.confirmed).rejects.toMatchObject({ kind: "mutation-discarded" });
    expect(await readDb(testSchema, replica).select().from(lists)).toEqual([]);
    expect(replica.pullState().cookie).toBe(null);
    expect(replica.state).toMatchObject({ pending: 0, firstSync: "pending" });
    expect(replica.state.rejected).toMatchObject([{ name: "addTodo", code: "discarded" }]);
    await replica.mutate("addTodo", { id: "t2", listId: "l1", title: "B" });
    await sync(replica, remote);
    expect(await titles(replica)).toEqual(["B"]);
    expect(remote.rows("todos")).toHaveLength(1);
  });

  it("for a schema mismatch keeps rows in sight until the pull that replaces them", async () => {
    const { replica } = tab();
    const remote = server();
    await withList(replica);
    await sync(replica, remote);
    await replica.resetBase();
    expect(replica.pullState().cookie).toBe(null);
    expect(replica.state.firstSync).toBe("complete");
    expect(await readDb(testSchema, replica).select().from(lists)).toHaveLength(1);
    await sync(replica, remote);
    expect(await readDb(testSchema, replica).select().from(lists)).toHaveLength(1);
  });
});

describe("state", () => {
  it("stays the same object until something in it changes", async () => {
    const { replica } = tab();
    const remote = server();
    await withList(replica);
    await sync(replica, remote);
    const { state } = replica;
    await sync(replica, remote);
    expect(replica.state).toBe(state);
    await replica.mutate("renameList", { id: "nothing", name: "x" });
    expect(replica.state).not.toBe(state);
  });
});
