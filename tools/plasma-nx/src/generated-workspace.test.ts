/** A copy of this workspace in which tables and mutators are generated, as a person would, is as good as the original. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAsCloned } from "./as-cloned.fixture.ts";
import { copyWorkspace, MINUTES } from "./workspace-copy.fixture.ts";
import type { WorkspaceCopy } from "./workspace-copy.fixture.ts";

/** Two windows of one person, in two browsers, at the page that was generated. */
const END_TO_END = `
import { expect, test } from "../support/test.ts";

test("a project is in step in two windows of its owner, and in nobody else's", async ({ openWindow }) => {
  const windows = [await openWindow("ada"), await openWindow("ada"), await openWindow("grace")];
  for (const { page } of windows) await page.goto("/projects");
  const [laptop, phone, grace] = windows.map(({ page }) => page);
  const project = (page) => page.getByRole("listitem").filter({ hasText: "Moon base" });
  await laptop.getByRole("textbox", { name: "New project" }).fill("Moon base");
  await laptop.getByLabel("Due").fill("2026-07-20T20:17");
  await laptop.getByRole("button", { name: "Add" }).click();
  await expect(project(laptop)).toContainText(/Due:.*2026/);
  await expect(project(phone)).toBeVisible();
  await windows[0].expectControlledByServiceWorker();
  await expect.poll(() => laptop.evaluate(() => caches.match("/projects").then(Boolean))).toBe(true);
  await windows[0].cutNetwork();
  await laptop.reload();
  await expect(project(laptop)).toBeVisible();
  await windows[0].restoreNetwork();
  await phone.getByRole("button", { name: "Delete Moon base" }).click();
  await expect(project(laptop)).toHaveCount(0);
  await expect(grace.getByText("There are none yet.")).toBeVisible();
  await expect(project(grace)).toHaveCount(0);
});
`;

let copy: WorkspaceCopy;
const run: WorkspaceCopy["run"] = (...command) => copy.run(...command);

describe.runIf(isAsCloned)("a workspace with a generated table", () => {
  beforeAll(async () => {
    copy = await copyWorkspace();
  }, 2 * MINUTES);
  afterAll(() => copy.remove());

  it("is written by a few commands", { timeout: 3 * MINUTES }, async () => {
    const columns = ["name:text", "due:timestamp:nullable", "owner:ref:users"];
    const written = await run("nx", "g", "plasma-table", "projects", ...columns, "--page");
    expect(written).toContain("open http://localhost:3000/projects");
    const unknown = run("nx", "g", "plasma-table", "notes", "--pages");
    await expect(unknown).rejects.toThrow("plasma-table has no option --pages.");
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
    await writeFile(join(copy.directory, "apps/todo-e2e/tests/generated.spec.ts"), END_TO_END);
    const told = await run("playwright", "test", "--config", "apps/todo-e2e", "generated.spec");
    expect(told).toContain("1 passed");
  });
});
