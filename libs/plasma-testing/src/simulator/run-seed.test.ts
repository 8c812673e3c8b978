/** A few seeds of the simulator; `npx nx run plasma-testing:simulate` runs as many as one likes. */

import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { runSeed } from "./run-seed.ts";

const SEEDS = 12;
const OPS = 150;
const openDatabase = (content?: Buffer) => new Database(content ?? ":memory:");

it(`keeps its promises under ${SEEDS} seeds of faults`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violation } = await runSeed({ seed, ops: OPS, openDatabase });
    expect({ seed, violation }).toEqual({ seed, violation: null });
  }
});

it("has one course for each seed", async () => {
  const run = () => runSeed({ seed: 1, ops: OPS, openDatabase });
  const [first, second] = [await run(), await run()];
  expect(second.hash).toBe(first.hash);
  expect(second.steps).toBe(first.steps);
  const other = await runSeed({ seed: 2, ops: OPS, openDatabase });
  expect(other.hash).not.toBe(first.hash);
});
