/** SQL of somebody else fires triggers that draw nonces and look at the clock: in the simulator both are the seed's. */

import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { appMutators, schema } from "../workload/app.ts";
import { appModel } from "../workload/model.ts";
import { seededDatabase } from "./first-database.ts";
import { Random } from "./random.ts";
import { newOwner } from "./scheduler.ts";
import { World } from "./world.ts";

const openDatabase = (content?: Buffer) => new Database(content ?? ":memory:");
const OTHER_SQL = "UPDATE counters SET count = count + 7 WHERE id = 'n0'";

async function openWorld() {
  const first = await seededDatabase({ schema, rows: appModel.initial, openDatabase });
  return new World({
    random: new Random(1),
    schema,
    mutators: appMutators({ meet: () => Promise.resolve() }),
    model: appModel,
    ctxOf: (userId) => ({ userId, role: "member" as const }),
    queries: () => ({}),
    checkers: [],
    openDatabase: (content) => openDatabase(content ?? first),
  });
}

async function versionsOfOneRun() {
  const world = await openWorld();
  const write = () => world.server.database.prepare(OTHER_SQL).run();
  write();
  const backup = world.backUp();
  void world.scheduler.pause(newOwner("somebody"), "later", 1234);
  await world.step();
  write();
  const versions = () =>
    world.server.database.prepare("SELECT version, nonce, time FROM _plasma_versions").all() as {
      version: number;
      nonce: string;
      time: number;
    }[];
  const undone = versions();
  world.restore(backup);
  write();
  const { now } = world.scheduler;
  const restored = versions();
  world.close();
  return { undone, restored, now };
}

it("other SQL takes the same nonces and times in two runs of a seed", async () => {
  expect(await versionsOfOneRun()).toEqual(await versionsOfOneRun());
});

it("other SQL takes its time from the virtual clock", async () => {
  const { undone, now } = await versionsOfOneRun();
  expect(undone.at(-1)!.time).toBeCloseTo(now, -1);
  expect(undone.at(-1)!.time - undone.at(-2)!.time).toBeCloseTo(1234, -1);
});

it("a version that is taken again after a restore has another nonce", async () => {
  const { undone, restored } = await versionsOfOneRun();
  expect(restored.at(-1)!.version).toBe(undone.at(-1)!.version);
  expect(restored.at(-1)!.nonce).not.toBe(undone.at(-1)!.nonce);
});
