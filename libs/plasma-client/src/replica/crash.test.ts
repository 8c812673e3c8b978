/** Storage that fails, or a page that is killed, at every step: nothing acknowledged is lost, nothing runs twice. */

import { readDb } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { SyncClientError } from "../errors.ts";
import type { Engine } from "../storage/engine.ts";
import { modelServer } from "../testing/model-server.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { tabsWorld } from "../testing/tabs-world.ts";
import { drafts, SERVER_USER, testMutators, testSchema, todos } from "../testing/test-app.ts";
import type { Replica } from "./replica.ts";

const OPERATIONS = [
  "open",
  "load",
  "append",
  "keepLocal",
  "applyPull",
  "addClient",
  "discard",
  "resetBase",
] as const;
type Operation = (typeof OPERATIONS)[number];

/** Fails an operation when `decide` says so: before it does anything, or after it is committed. */
function failing(
  engine: Engine,
  decide: (operation: Operation) => "before" | "after" | null,
): Engine {
  const wrapped: Record<string, unknown> = { ...engine };
  for (const operation of OPERATIONS) {
    const run = engine[operation] as (...args: unknown[]) => Promise<unknown>;
    wrapped[operation] = async (...args: unknown[]) => {
      const fault = decide(operation);
      if (fault === "before") throw new SyncClientError("storage", `${operation} failed`);
      const result = await run(...args);
      if (fault === "after") throw new SyncClientError("storage", `${operation} failed late`);
      return result;
    };
  }
  return wrapped as unknown as Engine;
}

const server = () =>
  modelServer({ schema: testSchema, mutators: testMutators, ctx: { userId: SERVER_USER } });

const titles = async (replica: Replica) =>
  (await readDb(testSchema, replica).select().from(todos).orderBy(todos.title)).map(
    ({ title }) => title,
  );

describe("storage that fails", () => {
  for (const operation of ["open", "load", "addClient"] as const) {
    it(`while it opens (${operation}) rejects with a typed error, and works when asked again`, async () => {
      let fails = true;
      const { replica } = tabsWorld().tab({
        wrap: (engine) =>
          failing(engine, (name) => (fails && name === operation ? "before" : null)),
      });
      await expect(replica.mutate("addList", { id: "l1", name: "One" })).rejects.toMatchObject({
        kind: "storage",
      });
      await expect(replica.open()).rejects.toMatchObject({ kind: "storage" });
      fails = false;
      await replica.mutate("addList", { id: "l1", name: "One" });
      expect(replica.state).toMatchObject({ isOpen: true, pending: 1 });
    });
  }

  it("while a pull is written leaves everything as it was, and the next pull works", async () => {
    let fails = false;
    const { replica } = tabsWorld().tab({
      wrap: (engine) =>
        failing(engine, (name) => (fails && name === "applyPull" ? "before" : null)),
    });
    const remote = server();
    await replica.mutate("addList", { id: "l1", name: "One" });
    for (const outbox of replica.pendingPushes()) await remote.push(outbox);
    fails = true;
    const state = replica.pullState();
    await expect(replica.applyPull(state, remote.pull(state))).rejects.toMatchObject({
      kind: "storage",
    });
    expect(replica.state.pending).toBe(1);
    fails = false;
    await replica.applyPull(state, remote.pull(state));
    expect(replica.state.pending).toBe(0);
  });

  it("after a pull was written finds out that it was", async () => {
    let fails = false;
    const { replica } = tabsWorld().tab({
      wrap: (engine) => failing(engine, (name) => (fails && name === "applyPull" ? "after" : null)),
    });
    const remote = server();
    const made = replica.mutate("addList", { id: "l1", name: "One" });
    await made;
    for (const outbox of replica.pendingPushes()) await remote.push(outbox);
    fails = true;
    const state = replica.pullState();
    await expect(replica.applyPull(state, remote.pull(state))).rejects.toMatchObject({
      kind: "storage",
    });
    fails = false;
    expect(await replica.applyPull(replica.pullState(), remote.pull(replica.pullState()))).toBe(
      "stale",
    );
    await made.confirmed;
    expect(replica.state.pending).toBe(0);
  });
});

describe("a page that is killed at random steps", () => {
  for (let seed = 1; seed <= 40; seed++) {
    it(`loses nothing that it acknowledged, and nothing runs twice (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const world = tabsWorld();
      const remote = server();
      const acknowledged: string[] = [];
      let made = 0;
      await remote.run("addList", { id: "l1", name: "One" });

      for (let life = 0; life < 4; life++) {
        let isKilled = false;
        const tab = world.tab({
          wrap: (engine) =>
            failing(engine, () => {
              if (isKilled) return "before";
              if (random() < 0.08) isKilled = true;
              return isKilled ? (random() < 0.5 ? "before" : "after") : null;
            }),
        });
        const { replica } = tab;
        for (let step = 0; step < 12 && !isKilled; step++) {
          try {
            if (random() < 0.6) {
              const id = `t${made++}`;
              await replica.mutate("addTodo", { id, listId: "l1", title: id });
              acknowledged.push(id);
            } else {
              await replica.open();
              for (const outbox of replica.pendingPushes()) {
                await remote.push(outbox, 1 + Math.floor(random() * 3));
              }
              const state = replica.pullState();
              if (random() < 0.8) await replica.applyPull(state, remote.pull(state));
            }
          } catch (error) {
            expect(error).toBeInstanceOf(SyncClientError);
          }
        }
        await tab.kill();
      }

      const { replica } = world.tab();
      await replica.open();
      expect(await titles(replica)).toEqual(expect.arrayContaining(acknowledged));
      for (const outbox of replica.pendingPushes()) await remote.push(outbox);
      const state = replica.pullState();
      await replica.applyPull(state, remote.pull(state));
      expect(replica.state).toMatchObject({ pending: 0, rejected: [] });
      const stored = remote.rows("todos").map((row) => row["id"]);
      expect(stored).toEqual(expect.arrayContaining(acknowledged));
      expect(new Set(stored).size).toBe(stored.length);
      expect((await titles(replica)).toSorted()).toEqual(stored.toSorted());
    });
  }
});

/** Null: there is none. */
type DraftText = string | null;

describe("local-only rows of a page that is killed at random steps (changeLogSuppressed)", () => {
  for (let seed = 1; seed <= 30; seed++) {
    it(`are as the last acknowledged mutation left them, or one that was tried after it (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const world = tabsWorld();
      const remote = server();
      await remote.run("addList", { id: "l1", name: "One" });
      await remote.run("addTodo", { id: "t1", listId: "l1", title: "A" });
      let possible: DraftText[] = [null];
      let count = 0;
      const textOf = async (replica: Replica): Promise<DraftText> => {
        const [draft] = await readDb(testSchema, replica).select().from(drafts);
        return draft?.text ?? null;
      };

      for (let life = 0; life < 4; life++) {
        let isKilled = false;
        const tab = world.tab({
          wrap: (engine) =>
            failing(engine, () => {
              if (isKilled) return "before";
              if (random() < 0.08) isKilled = true;
              return isKilled ? (random() < 0.5 ? "before" : "after") : null;
            }),
        });
        const { replica } = tab;
        const attempt = async (text: DraftText) => {
          possible.push(text);
          await (text === null
            ? replica.mutate("publishDraft", { draftId: "d", id: "t1", title: `t${count}` })
            : replica.mutate("saveDraft", { id: "d", text }));
          possible = [text];
          expect(await textOf(replica)).toBe(text);
        };
        for (let step = 0; step < 12 && !isKilled; step++) {
          try {
            const dice = random();
            if (dice < 0.4) await attempt(`text ${count++}`);
            else if (dice < 0.6) await attempt(null);
            else {
              await replica.open();
              for (const outbox of replica.pendingPushes()) {
                await remote.push(outbox, 1 + Math.floor(random() * 3));
              }
              if (random() < 0.1) await replica.resetBase();
              const state = replica.pullState();
              if (random() < 0.8) await replica.applyPull(state, remote.pull(state));
            }
          } catch (error) {
            expect(error).toBeInstanceOf(SyncClientError);
          }
        }
        await tab.kill();
      }

      const { replica } = world.tab();
      const shown = await textOf(replica);
      expect(possible).toContain(shown);
      for (const outbox of replica.pendingPushes()) await remote.push(outbox);
      const state = replica.pullState();
      await replica.applyPull(state, remote.pull(state));
      expect(await textOf(replica)).toBe(shown);
      expect(replica.state).toMatchObject({ pending: 0, rejected: [] });
    });
  }
});
