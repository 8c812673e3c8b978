/** The published generators have all that they read: in a workspace that has them from their tarball, they work. */

import { execFile } from "node:child_process";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { isAsCloned } from "../plasma-nx/src/as-cloned.fixture.ts";
import { copyWorkspace, MINUTES } from "../plasma-nx/src/workspace-copy.fixture.ts";
import type { WorkspaceCopy } from "../plasma-nx/src/workspace-copy.fixture.ts";

const GENERATORS = "@sh1n4ps/plasma-nx";

describe.runIf(isAsCloned)("the published generators", () => {
  let copy: WorkspaceCopy;
  beforeAll(async () => {
    const packed = inject("packed").find(({ name }) => name === GENERATORS);
    copy = await copyWorkspace();
    const installed = join(copy.directory, "node_modules", GENERATORS);
    await rm(join(copy.directory, "tools", "plasma-nx"), { recursive: true });
    await rm(installed);
    await mkdir(installed);
    const extract = ["-xzf", packed?.tarball ?? "", "--strip-components=1", "-C", installed];
    await promisify(execFile)("tar", extract);
  }, 3 * MINUTES);
  afterAll(() => copy.remove());

  it("make a table with a page", { timeout: 3 * MINUTES }, async () => {
    await copy.run("nx", "g", `${GENERATORS}:plasma-table`, "notes", "body:text", "--page");
    const tables = await readdir(join(copy.directory, "libs", "todo-domain", "src", "tables"));
    expect(tables).toEqual(expect.arrayContaining(["notes.ts", "notes.test.ts"]));
  });

  it("have what they put in the place of the demo", { timeout: 3 * MINUTES }, async () => {
    const told = await copy.run("nx", "g", `${GENERATORS}:remove-demo`);
    expect(told).toContain("The demo is gone.");
  });
});
