/** What the bug bank takes for a catch, and when a replay of the bank fails. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  controlsOf,
  differenceFrom,
  gapsOf,
  huntingOrder,
  isCatch,
  QUIET,
} from "./bug-catches.mjs";
import { runScript } from "./run-script.fixture.ts";
import { repoRoot } from "./setup.mjs";

const CATCHES = "libs/plasma-testing/src/simulator/bug-bank/catches.json";

const caught = (seed: number, ops: number) => ({ seed, ops, seeds: 1, violation: "C5: a sum" });

it("a hunt has one order, however long it is", () => {
  const order = huntingOrder({ seeds: 500, few: 100, many: 500 });
  expect(order.slice(0, 2)).toEqual([
    { seed: 1, ops: 100 },
    { seed: 2, ops: 100 },
  ]);
  expect(order.slice(49, 51)).toEqual([
    { seed: 50, ops: 100 },
    { seed: 1, ops: 500 },
  ]);
  expect(huntingOrder({ seeds: 60, few: 100, many: 500 })).toEqual(order.slice(0, 60));
});

it("the catches that are kept are counted in that order", () => {
  const catches: ReturnType<typeof caught>[] = Object.values(
    JSON.parse(readFileSync(join(repoRoot, CATCHES), "utf8")),
  );
  for (const { seed, ops, seeds } of catches) {
    const last = huntingOrder({ seeds, few: 100, many: 500 }).at(-1);
    expect(last).toEqual({ seed, ops });
  }
});

it("a bug that was never caught is told, and so is a catch of a bug that there is not", () => {
  const catches = { "an old bug": caught(1, 100), "a bug": caught(2, 100) };
  expect(gapsOf(["a bug"], { "a bug": caught(2, 100) })).toEqual([]);
  expect(gapsOf(["a bug", "a new bug"], catches)).toEqual([
    expect.stringMatching(/^not caught: a new bug: .*--write/),
    expect.stringMatching(/^not planted: an old bug: /),
  ]);
});

it("a seed catches its bug again only by the checker that caught it before", () => {
  const before = caught(1, 100);
  expect(differenceFrom(before, "C5: bob shows a sum of 300")).toBeNull();
  expect(differenceFrom(before, "C11: nobody handled it")).toBe("by C11 instead of C5");
  expect(differenceFrom(before, null)).toBe("its seed finds nothing any more");
});

it("a failure of the simulator catches nothing, not even what it is said to have caught before", () => {
  const failure = "The simulator failed: TypeError: no\n    at x";
  expect([isCatch(failure), isCatch(null), isCatch("C1: no")]).toEqual([false, false, true]);
  expect(differenceFrom({ ...caught(1, 100), violation: failure }, failure)).toBe(
    "The simulator failed: TypeError: no",
  );
});

it("each seed is tried once without a bug, if npm test does not do so anyway", () => {
  const { seeds, ops } = QUIET;
  const catches = [caught(2, 100), caught(2, 100), caught(seeds, ops), caught(seeds + 1, ops)];
  expect(controlsOf(catches)).toEqual([
    { seed: 2, ops: 100 },
    { seed: seeds + 1, ops },
  ]);
});

it("a replay keeps nothing, because it does not count how many seeds it takes", async () => {
  const { failed, output } = await runScript("bug-bank", ["--replay", "--write"]);
  expect(failed).toBe(true);
  expect(output).toMatch(/^\n--replay tries one seed for each bug/);
});
