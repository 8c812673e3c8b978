/** What the simulator has found once is planted again in the bug bank, and a test proves each by itself. */

import { readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { foundBugs } from "./found-seeds.ts";
import type { FoundBug } from "./found-seeds.ts";
import { runSeed } from "./run-seed.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
// Of the command that plants them, which is plain JavaScript.
const COMMAND = new URL("../../../../tools/scripts/bug-catches.mjs", import.meta.url);
const { controlsOf } = (await import(COMMAND.href)) as {
  controlsOf(seeds: FoundBug["foundBy"]): FoundBug["foundBy"];
};
const openDatabase = (content?: Buffer) => new Database(content ?? ":memory:");

const bank = read("bug-bank/server-bugs.mjs") + read("bug-bank/client-bugs.mjs");
const planted = [...bank.matchAll(/\bbug\(\s*"([^"]+)",/g)].map(([, name]) => name);
const catches = JSON.parse(read("bug-bank/catches.json")) as Readonly<Record<string, unknown>>;

describe.each(foundBugs)("$bug", ({ bug, test, foundBy }) => {
  it("is in the bug bank, with a seed that a replay of the bank runs", () => {
    expect(planted).toContain(bug);
    expect(Object.keys(catches)).toContain(bug);
  });

  it("has a test of its own", () => {
    const [file, title] = test;
    expect(read(`../../../${file}`)).toContain(title);
  });

  // Of most of these the course is another one by now: they are seeds like any other, which must find nothing. Those that
  // `npm test` runs anyway are left to it.
  it.each(controlsOf(foundBy))(
    "was found by seed $seed of $ops mutations at its time, which finds nothing today",
    async ({ seed, ops }) => {
      expect((await runSeed({ seed, ops, openDatabase })).violation).toBeNull();
    },
    60_000,
  );
});
