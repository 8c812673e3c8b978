/** The published generators have all that they read, and what they write goes with the published libraries. */

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { isAsCloned } from "../plasma-nx/src/as-cloned.fixture.ts";
import { copyWorkspace, MINUTES, runIn } from "../plasma-nx/src/workspace-copy.fixture.ts";
import type { WorkspaceCopy } from "../plasma-nx/src/workspace-copy.fixture.ts";
import { repoRoot } from "../scripts/setup.mjs";

const GENERATORS = "@sh1n4ps/plasma-nx";
const packed = inject("packed");

/** Puts a package in place of whatever is there, as npm would. */
async function unpack(name: string, packages: string): Promise<void> {
  const installed = join(packages, name);
  await rm(installed, { recursive: true, force: true });
  await mkdir(installed, { recursive: true });
  const { tarball = "" } = packed.find((one) => one.name === name) ?? {};
  const extract = ["-xzf", tarball, "--strip-components=1", "-C", installed];
  await promisify(execFile)("tar", extract);
}

describe.runIf(isAsCloned)("the published generators", () => {
  let copy: WorkspaceCopy;
  beforeAll(async () => {
    copy = await copyWorkspace();
    await rm(join(copy.directory, "tools", "plasma-nx"), { recursive: true });
    await unpack(GENERATORS, join(copy.directory, "node_modules"));
  }, 2 * MINUTES);
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

describe("a workspace that has plasma from npm alone", () => {
  let directory: string;
  const run = (...command: [string, ...string[]]) => runIn(directory, command);
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "plasma-init-"));
    const files = {
      "package.json": { name: "acme", private: true, type: "module", dependencies: {} },
      "nx.json": { useDaemonProcess: false, neverConnectToCloud: true, analytics: false },
      "tsconfig.base.json": { compilerOptions: { strict: true } },
    };
    for (const [file, content] of Object.entries(files)) {
      await writeFile(join(directory, file), JSON.stringify(content));
    }
    const packages = join(directory, "node_modules");
    await mkdir(packages);
    for (const name of await readdir(join(repoRoot, "node_modules"))) {
      if (name === "@sh1n4ps" || name === "zod") continue;
      await symlink(join(repoRoot, "node_modules", name), join(packages, name));
    }
    // The version that this workspace's own domain has.
    await symlink(join(repoRoot, "libs/todo-domain/node_modules/zod"), join(packages, "zod"));
    for (const { name } of packed) await unpack(name, packages);
  }, 2 * MINUTES);
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it("gets a domain and a worker with types that fit", { timeout: 4 * MINUTES }, async () => {
    await run("nx", "g", `${GENERATORS}:plasma-init`, "--skipInstall");
    await run("nx", "g", `${GENERATORS}:plasma-table`, "projects", "name:text");
    for (const project of ["libs/domain", "apps/sync"]) await run("tsc", "-p", project);
    expect(await run("nx", "test", "domain")).toContain("3 passed");
  });
});
