/** What the generator takes out of this very workspace; nothing is kept. */

import type { Tree } from "@nx/devkit";
import { FsTree } from "nx/src/generators/tree.js";
import { beforeEach, describe, expect, it } from "vitest";
import { isAsCloned, ROOT } from "../as-cloned.fixture.ts";
import plasmaColumn from "../column/generator.mjs";
import plasmaQuery from "../query/generator.mjs";
import plasmaTable from "../table/generator.mjs";
import { demoFiles, demoPackages, demoRootFiles, demoWords } from "./demo.mjs";
import removeDemo from "./generator.mjs";

const DOMAIN = "libs/todo-domain/src";
const ROOTS: Record<string, string> = {
  domain: "libs/todo-domain",
  app: "apps/todo",
  worker: "apps/sync",
  e2e: "apps/todo-e2e",
};

let tree: Tree;
beforeEach(() => {
  tree = new FsTree(ROOT, false);
});
const text = (path: string) => tree.read(path, "utf8") ?? expect.fail(`There is no ${path}.`);

describe.runIf(isAsCloned)("remove-demo", () => {
  it("knows the demo as it is: each file and word that it takes out is there", () => {
    for (const [project, files] of Object.entries(demoFiles))
      for (const file of files)
        expect(tree.exists(`${ROOTS[project]}/${file}`), `${project}: ${file}`).toBe(true);
    for (const file of demoRootFiles) expect(tree.exists(file), file).toBe(true);
    for (const [project, files] of Object.entries<Record<string, string[][]>>(demoWords))
      for (const [file, replacements] of Object.entries(files))
        for (const [from] of replacements)
          expect(text(`${ROOTS[project]}/${file}`)).toContain(from);
    for (const [project, names] of Object.entries(demoPackages))
      for (const name of names)
        expect(text(`${ROOTS[project]}/package.json`)).toContain(`"${name}"`);
  });

  it("leaves the people, and nothing else, in the schema", async () => {
    await removeDemo(tree);
    expect(text(`${DOMAIN}/schema.ts`)).toContain("defineSchema({ users })");
    expect(text(`${DOMAIN}/mutators.ts`)).toContain("export const mutators = {};");
    expect(tree.children(`${DOMAIN}/tables`).sort()).toEqual(["users.test.ts", "users.ts"]);
    expect(text("README.md")).toContain("# An app on plasma");
  });

  it("takes packages that nobody needs any more out of the lockfile, and no others", async () => {
    await removeDemo(tree);
    const { packages } = JSON.parse(text("package-lock.json"));
    const names = Object.keys(packages);
    expect(names.filter((name) => /dnd-kit|fractional-indexing/.test(name))).toEqual([]);
    expect(names).toContain("node_modules/better-sqlite3");
    expect(names).toContain("node_modules/tslib");
    for (const root of Object.values(ROOTS)) {
      const manifest = JSON.parse(text(`${root}/package.json`));
      expect(packages[root].dependencies).toEqual(manifest.dependencies);
      expect(packages[root].devDependencies).toEqual(manifest.devDependencies);
    }
  });

  it("keeps tables of one's own, and takes out queries that ask for those of the demo", async () => {
    await plasmaTable(tree, { name: "projects", columns: ["name:text", "owner:ref:users"] });
    await plasmaColumn(tree, { table: "todos", column: "helper:ref:users:nullable" });
    await plasmaQuery(tree, { name: "todosOfHelper", by: "helper" });
    await removeDemo(tree);
    expect(text(`${DOMAIN}/schema.ts`)).toContain("defineSchema({ users, projects })");
    expect(text(`${DOMAIN}/tables/projects.ts`)).toContain('import { users } from "./users.ts"');
    expect(text(`${DOMAIN}/mutators.ts`)).toContain("{ ...projectMutators }");
    expect(text(`${DOMAIN}/index.ts`)).toContain("export { allProjects, people }");
    expect(text(`${DOMAIN}/queries.ts`)).not.toContain("todos");
    expect(text("apps/todo/lib/describe-mutation.ts")).toContain("addProject:");
  });

  it("refuses, and changes nothing, where something of one's own uses a part of the demo", async () => {
    await plasmaTable(tree, { name: "comments", columns: ["listId:ref:lists", "body:text"] });
    tree.write(
      "apps/todo/components/mine.tsx",
      'import { myLists } from "@plasma-starter/todo-domain";\nimport { Dialog } from "./dialog";\nexport { myLists, Dialog };\n',
    );
    const before = tree.listChanges().length;
    const refused = expect(removeDemo(tree)).rejects;
    await refused.toThrow(`${DOMAIN}/tables/comments.ts: isMember, lists`);
    await expect(removeDemo(tree)).rejects.toThrow("components/mine.tsx: myLists, Dialog");
    expect(tree.listChanges()).toHaveLength(before);
  });

  it("refuses when it was done before", async () => {
    await removeDemo(tree);
    await expect(removeDemo(tree)).rejects.toThrow("The demo is gone already");
  });
});
