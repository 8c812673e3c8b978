/** What the simulator has found once stays mended: its seeds run to their ends, and a test proves each by itself. */

import { readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { foundBugs } from "./found-seeds.ts";
import { runSeed } from "./run-seed.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const openDatabase = (content?: Buffer) => new Database(content ?? ":memory:");

describe.each(foundBugs)("seed $seed of $ops mutations: $bug", ({ seed, ops, bug, test }) => {
  it("finds it no more", async () => {
    expect((await runSeed({ seed, ops, openDatabase })).violation).toBeNull();
  }, 60_000);

  it("is planted again in the bug bank, and has a test of its own", () => {
    const planted = read("bug-bank/server-bugs.mjs") + read("bug-bank/client-bugs.mjs");
    expect(planted).toContain(`"${bug}"`);
    const [file, title] = test;
    expect(read(`../../../${file}`)).toContain(title);
  });
});
