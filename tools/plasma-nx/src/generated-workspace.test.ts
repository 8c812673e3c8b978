/** A copy of this workspace in which tables and mutators are generated, as a person would, is as good as the original. */

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findChromium } from "../../scripts/chromium.mjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const LEFT_OUT = new Set([
  "node_modules",
  ".git",
  ".nx",
  ".plasma",
  ".next",
  ".wrangler",
  "dist",
  "out",
  "test-results",
]);
/** Packages of the workspace, which have to be those of the copy. */
const OWN_SCOPES = ["@sh1n4ps", "@plasma-starter"];
const MINUTES = 60_000;

/** Two windows of one person, in two browsers, at the page that was generated. */
const END_TO_END = `
import { expect, test } from "../support/test.ts";

test("a project is in step in two windows of its owner, and in nobody else's", async ({ openWindow }) => {
  const windows = [await openWindow("ada"), await openWindow("ada"), await openWindow("grace")];
  for (const { page } of windows) await page.goto("/projects");
  const [laptop, phone, grace] = windows.map(({ page }) => page);
  const project = (page) => page.getByRole("listitem").filter({ hasText: "Moon base" });
  await laptop.getByRole("textbox", { name: "New project" }).fill("Moon base");
  await laptop.getByRole("button", { name: "Add" }).click();
  await expect(project(laptop)).toBeVisible();
  await expect(project(phone)).toBeVisible();
  await phone.getByRole("button", { name: "Delete Moon base" }).click();
  await expect(project(laptop)).toHaveCount(0);
  await expect(grace.getByText("There are none yet.")).toBeVisible();
  await expect(project(grace)).toHaveCount(0);
});
`;

let copy: string;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "plasma-generated-"));
  await cp(ROOT, copy, {
    recursive: true,
    filter: (source) => !LEFT_OUT.has(basename(source)) && !basename(source).startsWith(".next"),
  });
  await linkPackages(join(ROOT, "node_modules"), join(copy, "node_modules"));
  for (const folder of ["apps", "libs"]) {
    for (const name of await readdir(join(ROOT, folder))) {
      const own = join(ROOT, folder, name, "node_modules");
      await readdir(own).then(
        () => symlink(own, join(copy, folder, name, "node_modules")),
        () => undefined,
      );
    }
  }
}, 2 * MINUTES);
afterAll(() => rm(copy, { recursive: true, force: true }));

async function linkPackages(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const name of await readdir(from)) {
    if (name.startsWith(".") && name !== ".bin") continue;
    if (!OWN_SCOPES.includes(name)) {
      await symlink(join(from, name), join(to, name));
      continue;
    }
    await mkdir(join(to, name));
    for (const own of await readdir(join(from, name))) {
      await cp(join(from, name, own), join(to, name, own), { verbatimSymlinks: true });
    }
  }
}

/** What it printed, or an error that has it. */
async function run(...[command, ...args]: [string, ...string[]]): Promise<string> {
  const { NODE_OPTIONS: _options, VITEST: _vitest, ...env } = process.env;
  try {
    const { stdout, stderr } = await promisify(execFile)("npx", [command, ...args], {
      cwd: copy,
      env: {
        PLASMA_CHROMIUM: findChromium(),
        ...env,
        NX_DAEMON: "false",
        NX_TUI: "false",
        CI: "true",
        NO_COLOR: "1",
        FORCE_COLOR: "0",
      },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(" ")}:\n${stdout}\n${stderr}`, { cause: error });
  }
}

describe("a workspace with a generated table", () => {
  it("is written by a few commands", { timeout: 3 * MINUTES }, async () => {
    const columns = ["name:text", "due:timestamp:nullable", "owner:ref:users"];
    const written = await run("nx", "g", "plasma-table", "projects", ...columns, "--page");
    expect(written).toContain("CREATE apps/todo/app/projects/page.tsx");
    expect(await run("nx", "g", "plasma-mutator", "archiveProject")).toContain(
      "UPDATE libs/todo-domain/src/mutators/projects.ts",
    );
    await run("nx", "g", "plasma-table", "tasks", "title:text", "parent:ref:tasks:nullable");
    await run("nx", "g", "plasma-column", "todos", "helper:ref:users:nullable:index");
    await run("nx", "g", "plasma-query", "todosOfHelper", "--by", "helper");
  });

  it(
    "is formatted, has types that fit, and nothing to be linted",
    { timeout: 5 * MINUTES },
    async () => {
      const touched = [
        "libs/todo-domain",
        "apps/todo/app",
        "apps/todo/components",
        "apps/todo/lib",
      ];
      await run("prettier", "--check", ...touched);
      for (const project of ["libs/todo-domain", "apps/todo", "apps/sync"]) {
        await run("tsc", "--noEmit", "-p", project);
      }
      await run(
        "eslint",
        "libs/todo-domain/src",
        "apps/todo/app/projects",
        "apps/todo/components/projects-view.tsx",
      );
    },
  );

  it(
    "passes the tests of what was touched, its own among them",
    { timeout: 5 * MINUTES },
    async () => {
      const told = await run("vitest", "run", "--project", "todo-domain", "--project", "todo");
      expect(told).toContain("src/tables/projects.test.ts");
      expect(told).not.toContain("failed");
    },
  );

  it("runs, and keeps two windows in step", { timeout: 6 * MINUTES }, async () => {
    await writeFile(join(copy, "apps/todo-e2e/tests/generated.spec.ts"), END_TO_END);
    const told = await run("playwright", "test", "--config", "apps/todo-e2e", "generated.spec");
    expect(told).toContain("1 passed");
  });
});
