/** What a pull makes run again: the mutations that have looked at what it changed, in every tab, and no others. */

import { readDb } from "@sh1n4ps/plasma-core";
import type { AnyMutators, Mutator } from "@sh1n4ps/plasma-core";
import { expect, it, vi } from "vitest";
import { modelServer } from "../testing/model-server.ts";
import type { ModelServer } from "../testing/model-server.ts";
import { tabsWorld } from "../testing/tabs-world.ts";
import { SERVER_USER, testMutators, testSchema, todos } from "../testing/test-app.ts";
import type { Replica } from "./replica.ts";

const PENDING = 20;

/** The names of the mutators that ran in a tab since it was asked last. */
function counted() {
  let ran: string[] = [];
  const mutators: AnyMutators = Object.fromEntries(
    Object.entries(testMutators as AnyMutators).map(([name, mutator]): [string, Mutator] => [
      name,
      {
        ...mutator,
        run: async (input) => {
          ran.push(name);
          await mutator.run(input);
        },
      },
    ]),
  );
  return {
    mutators,
    take(): string[] {
      const taken = ran;
      ran = [];
      return taken;
    },
  };
}

async function pull(replica: Replica, remote: ModelServer) {
  const state = replica.pullState();
  expect(await replica.applyPull(state, remote.pull(state))).toBe("applied");
}

const ranks = async (replica: Replica) => {
  const rows = await readDb(testSchema, replica).select().from(todos).orderBy(todos.id);
  return Object.fromEntries(rows.map(({ id, rank, title }) => [id, `${title} ${rank}`]));
};

/** Two tabs, and in the first one a pending mutation for each of the todos. */
async function pendingInTwoTabs() {
  const remote = modelServer({
    schema: testSchema,
    mutators: testMutators,
    ctx: { userId: SERVER_USER },
  });
  await remote.run("addList", { id: "l1", name: "One" });
  for (let at = 0; at < PENDING + 1; at++) {
    await remote.run("addTodo", { id: `t${at}`, listId: "l1", title: "A" });
  }
  const world = tabsWorld();
  const [mine, others] = [counted(), counted()];
  const [one, other] = [world.tab(mine).replica, world.tab(others).replica];
  await one.open();
  await pull(one, remote);
  await other.open();
  for (let at = 0; at < PENDING; at++) await one.mutate("bumpRank", { id: `t${at}`, by: 1 });
  const bothShow = (expected: Record<string, string>) =>
    vi.waitFor(async () => {
      for (const replica of [one, other]) expect(await ranks(replica)).toMatchObject(expected);
    });
  await bothShow({ t0: "A 1", [`t${PENDING - 1}`]: "A 1" });
  mine.take();
  others.take();
  return { remote, one, other, mine, others, bothShow };
}

it("is nothing where it concerns no pending mutation", async () => {
  const { remote, one, mine, others, bothShow } = await pendingInTwoTabs();
  await remote.run("setTitle", { id: `t${PENDING}`, title: "B" });
  await pull(one, remote);
  await bothShow({ t0: "A 1", [`t${PENDING}`]: "B 0" });
  expect([mine.take(), others.take()]).toEqual([[], []]);
});

it("is the one that has read what was changed, in the tab that pulls", async () => {
  const { remote, one, mine, others, bothShow } = await pendingInTwoTabs();
  await remote.run("bumpRank", { id: "t3", by: 10 });
  await pull(one, remote);
  await bothShow({ t2: "A 1", t3: "A 11", t4: "A 1" });
  expect([mine.take(), others.take()]).toEqual([["bumpRank"], []]);
});

it("is nothing where mutations are settled as they were shown", async () => {
  const { remote, one, mine, others, bothShow } = await pendingInTwoTabs();
  const [outbox] = one.pendingPushes();
  if (!outbox) throw new Error("Nothing is pending.");
  await remote.push(outbox, PENDING / 2);
  await pull(one, remote);
  await bothShow({ t0: "A 1", [`t${PENDING - 1}`]: "A 1" });
  expect(one.pendingPushes()[0]?.mutations).toHaveLength(PENDING / 2);
  expect([mine.take(), others.take()]).toEqual([[], []]);
});

it("is everything once the context is another one", async () => {
  const { remote, one, mine } = await pendingInTwoTabs();
  await one.refreshContext();
  await remote.run("setTitle", { id: `t${PENDING}`, title: "B" });
  await pull(one, remote);
  expect(mine.take()).toHaveLength(PENDING);
});
