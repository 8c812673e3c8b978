/** No flicker: what a person has seen never goes away, or back, because of how it travels. */

import { eq, readDb } from "@sh1n4ps/plasma-core";
import type { LiveQuery, Row } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { LiveQueries } from "../live/live-queries.ts";
import type { Engine } from "../storage/engine.ts";
import { createMemoryEngine } from "../storage/memory-engine.ts";
import { modelServer } from "../testing/model-server.ts";
import { pick, seededRandom } from "../testing/seeded-random.ts";
import { tabsWorld } from "../testing/tabs-world.ts";
import { SERVER_USER, testMutators, testSchema, todos } from "../testing/test-app.ts";

const SEEDS = 60;
const STEPS = 80;

/** Storage that takes its time: a random number of turns before and after each commit. */
function slow(engine: Engine, random: () => number): Engine {
  const linger = async () => {
    for (let turns = Math.floor(random() * 12); turns > 0; turns--) await Promise.resolve();
    if (random() < 0.2) await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return {
    ...engine,
    append: async (...args) => {
      await linger();
      const seqs = await engine.append(...args);
      await linger();
      return seqs;
    },
    applyPull: async (commit) => {
      await linger();
      const outcome = await engine.applyPull(commit);
      await linger();
      return outcome;
    },
  };
}

describe("no flicker", () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    it(`no delivery lacks a row that was shown, or shows an older one (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const remote = modelServer({
        schema: testSchema,
        mutators: testMutators,
        ctx: { userId: SERVER_USER },
      });
      await remote.run("addList", { id: "l1", name: "One" });
      const { replica } = tabsWorld().tab({
        engine: createMemoryEngine(),
        wrap: (engine) => slow(engine, random),
      });
      const failures: unknown[] = [];
      const live = new LiveQueries({ source: replica, onFailure: (cause) => failures.push(cause) });
      await replica.open();

      // Rows of this person alone: the last version that was seen of each.
      const seen = new Map<string, number>();
      const deleted = new Set<string>();
      let deliveries = 0;
      const watch = (query: LiveQuery<Row>) =>
        query.subscribe((rows) => {
          deliveries++;
          const shown = new Map(rows.map((row) => [row["id"] as string, versionOf(row)]));
          for (const [id, version] of seen) {
            if (deleted.has(id)) continue;
            expect(shown.has(id), `${id} has vanished`).toBe(true);
            expect(shown.get(id), `${id} went back`).toBeGreaterThanOrEqual(version);
          }
          for (const [id, version] of shown) if (id.startsWith("mine")) seen.set(id, version);
        });
      const db = readDb(testSchema, {
        select: (query) => replica.select(query),
        live: (query) => live.watch(query),
      });
      watch(db.select().from(todos).where(eq(todos.listId, "l1")).live() as LiveQuery<Row>);
      watch(db.select().from(todos).orderBy(todos.rank).live() as LiveQuery<Row>);

      const work: Promise<unknown>[] = [];
      const versions = new Map<string, number>();
      let pulling: Promise<unknown> = Promise.resolve();
      for (let step = 0; step < STEPS; step++) {
        const roll = random();
        const ids = [...versions.keys()];
        if (roll < 0.3 || ids.length === 0) {
          const id = `mine${versions.size}`;
          versions.set(id, 0);
          work.push(replica.mutate("addTodo", { id, listId: "l1", title: "v0" }));
        } else if (roll < 0.55) {
          const id = pick(random, ids);
          const version = (versions.get(id) ?? 0) + 1;
          versions.set(id, version);
          work.push(replica.mutate("setTitle", { id, title: `v${version}` }));
        } else if (roll < 0.6) {
          const id = pick(random, ids);
          deleted.add(id);
          work.push(replica.mutate("deleteTodo", { id }));
        } else if (roll < 0.7) {
          await remote.run("addTodo", { id: `theirs${step}`, listId: "l1", title: "v0" });
        } else if (roll < 0.75) {
          await remote.run("bumpRank", { id: pick(random, ids), by: 1 });
        } else if (roll < 0.85) {
          for (const outbox of replica.pendingPushes()) {
            await remote.push(outbox, 1 + Math.floor(random() * 4));
          }
        } else {
          pulling = pulling.then(async () => {
            const state = replica.pullState();
            await replica.applyPull(state, remote.pull(state, 1 + Math.floor(random() * 5)));
          });
          work.push(pulling);
        }
        if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, 0));
      }
      await Promise.all(work);
      for (const outbox of replica.pendingPushes()) await remote.push(outbox);
      const state = replica.pullState();
      await replica.applyPull(state, remote.pull(state));
      expect(failures).toEqual([]);
      expect(deliveries).toBeGreaterThan(STEPS / 4);
      const mine = await db.select().from(todos).orderBy(todos.id);
      const theirs = remote
        .rows("todos")
        .toSorted((a, b) => ((a["id"] as string) < (b["id"] as string) ? -1 : 1));
      expect(mine).toEqual(theirs);
    });
  }
});

function versionOf(row: Row): number {
  return Number((row["title"] as string).slice(1));
}
