/** A copy of this workspace from which the demo was taken is an app that runs, and to which tables can be added. */

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAsCloned } from "./as-cloned.fixture.ts";
import { copyWorkspace, MINUTES } from "./workspace-copy.fixture.ts";
import type { WorkspaceCopy } from "./workspace-copy.fixture.ts";

/** The first table of somebody's own, in two windows. */
const END_TO_END = `
import { expect, test } from "../support/test.ts";

test("a note is in step in two windows of its owner", async ({ openWindow }) => {
  const windows = [await openWindow("ada"), await openWindow("ada")];
  for (const { page } of windows) await page.goto("/notes");
  const [laptop, phone] = windows.map(({ page }) => page);
  await laptop.getByRole("textbox", { name: "New note" }).fill("Call the bank");
  await laptop.getByRole("button", { name: "Add" }).click();
  await expect(phone.getByRole("listitem").filter({ hasText: "Call the bank" })).toBeVisible();
});
`;

let copy: WorkspaceCopy;
const run: WorkspaceCopy["run"] = (...command) => copy.run(...command);

describe.runIf(isAsCloned)("a workspace without the demo", () => {
  beforeAll(async () => {
    copy = await copyWorkspace();
  }, 2 * MINUTES);
  afterAll(() => copy.remove());

  it(
    "is made by one command, which shows beforehand what it does, and once only",
    { timeout: 3 * MINUTES },
    async () => {
      expect(await run("nx", "g", "remove-demo", "--help")).toContain("Takes the todo demo out");
      const shown = await run("nx", "g", "remove-demo", "--dry-run");
      expect(shown).toContain("DELETE libs/todo-domain/src/tables/todos.ts");
      expect(shown).toContain("no changes were made");
      expect(await run("nx", "g", "remove-demo")).toContain("The demo is gone.");
      await expect(run("nx", "g", "remove-demo")).rejects.toThrow("The demo is gone already");
    },
  );

  it("can be installed from its lockfile", { timeout: 2 * MINUTES }, async () => {
    // Compares the lockfile with all manifests, and installs nothing.
    const check = ["ci", "--dry-run", "--ignore-scripts", "--offline"];
    await promisify(execFile)("npm", check, { cwd: copy.directory });
  });

  it(
    "is formatted, has types that fit, and nothing to be linted",
    { timeout: 5 * MINUTES },
    async () => {
      const projects = ["libs/todo-domain", "apps/todo", "apps/sync", "apps/todo-e2e"];
      await run("prettier", "--check", ...projects, "README.md");
      for (const project of projects) await run("tsc", "--noEmit", "-p", project);
      await run("eslint", "--max-warnings", "0", ...projects);
    },
  );

  it("passes the tests that it has", { timeout: 5 * MINUTES }, async () => {
    const projects = ["todo-domain", "todo", "sync", "sync-worker", "plasma-nx"];
    const told = await run("vitest", "run", ...projects.flatMap((name) => ["--project", name]));
    for (const file of ["users.test.ts", "people-to-wake.test.ts", "demo-rows.worker.test.ts"])
      expect(told).toContain(file);
    expect(told).not.toContain("failed");
  });

  it("opens, is online, and takes a table with a page", { timeout: 8 * MINUTES }, async () => {
    await run("nx", "g", "plasma-table", "notes", "--page");
    await writeFile(join(copy.directory, "apps/todo-e2e/tests/notes.spec.ts"), END_TO_END);
    expect(await run("playwright", "test", "--config", "apps/todo-e2e")).toContain("5 passed");
  });
});
