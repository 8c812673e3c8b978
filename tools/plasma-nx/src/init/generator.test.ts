/** What the generator writes into a workspace that has no plasma, and what it refuses. */

import { addProjectConfiguration, readJson, readProjectConfiguration } from "@nx/devkit";
import type { Tree } from "@nx/devkit";
import { createTreeWithEmptyWorkspace } from "@nx/devkit/testing";
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import plasmaTable from "../table/generator.mjs";
import plasmaInit from "./generator.mjs";
import { dependencies, devDependencies } from "./packages.mjs";

/** Formatted by Prettier, which is installed here. */
function emptyWorkspace(): Tree {
  const empty = createTreeWithEmptyWorkspace({ formatter: "prettier" });
  empty.write(".prettierrc", "{}");
  return empty;
}

let tree: Tree;
beforeEach(() => {
  tree = emptyWorkspace();
  tree.write("package.json", JSON.stringify({ name: "@acme/source", dependencies: {} }));
  tree.write(
    "tsconfig.base.json",
    `{
  "compilerOptions": {
    // Ours, and it stays.
    "strict": true
  }
}
`,
  );
  tree.write(".gitignore", "node_modules");
  addProjectConfiguration(tree, "web", { root: "apps/web" });
  tree.write("apps/web/tsconfig.json", `{ "compilerOptions": { "noEmit": true } }`);
  tree.write("apps/web/src/app/page.tsx", "export default () => null;\n");
});
const text = (path: string) => tree.read(path, "utf8") ?? expect.fail(`There is no ${path}.`);
const changed = () =>
  tree
    .listChanges()
    .map(({ path }) => path)
    .sort();

describe("plasma-init", () => {
  it("writes a library, a worker and a provider, and what makes them be found", async () => {
    const before = changed();
    await plasmaInit(tree, { app: "web" });
    expect(changed().filter((path) => !before.includes(path))).toEqual([
      "apps/sync/project.json",
      "apps/sync/src/auth.test.ts",
      "apps/sync/src/auth.ts",
      "apps/sync/src/env.ts",
      "apps/sync/src/index.ts",
      "apps/sync/src/people-to-wake.test.ts",
      "apps/sync/src/people-to-wake.ts",
      "apps/sync/tsconfig.json",
      "apps/sync/vitest.config.mts",
      "apps/sync/wrangler.jsonc",
      "apps/web/src/plasma/app-plasma.tsx",
      "libs/domain/project.json",
      "libs/domain/src/context.ts",
      "libs/domain/src/index.ts",
      "libs/domain/src/mutators.ts",
      "libs/domain/src/mutators/args.ts",
      "libs/domain/src/mutators/notes.ts",
      "libs/domain/src/queries.ts",
      "libs/domain/src/schema.ts",
      "libs/domain/src/tables/notes.test.ts",
      "libs/domain/src/tables/notes.ts",
      "libs/domain/src/tables/users.test.ts",
      "libs/domain/src/tables/users.ts",
      "libs/domain/tsconfig.json",
      "libs/domain/vitest.config.mts",
    ]);
    expect(text("tsconfig.base.json")).toBe(`{
  "compilerOptions": {
    // Ours, and it stays.
    "strict": true,
    "paths": {
      "@acme/domain": ["./libs/domain/src/index.ts"]
    }
  }
}
`);
    expect(text(".gitignore")).toBe("node_modules\n.wrangler\n");
    expect(text("libs/domain/src/schema.ts")).toContain("defineSchema({ users, notes })");
    expect(readProjectConfiguration(tree, "sync").targets).toMatchObject({
      serve: { command: "wrangler dev --var DEVELOPMENT:true", options: { cwd: "apps/sync" } },
    });
    expect(readJson(tree, "apps/web/tsconfig.json").compilerOptions).toEqual({
      noEmit: true,
      allowImportingTsExtensions: true,
    });
    const manifest = readJson(tree, "package.json");
    expect(Object.keys(manifest.dependencies)).toEqual([
      "@sh1n4ps/plasma-client",
      "@sh1n4ps/plasma-core",
      "@sh1n4ps/plasma-react",
      "@sh1n4ps/plasma-server",
      "zod",
    ]);
    expect(manifest.devDependencies).toMatchObject(devDependencies);
  });

  it("puts things where it is told, asks for no React without an app, and then takes tables", async () => {
    await plasmaInit(tree, { domain: "packages/model", worker: "services/backend" });
    expect(text("services/backend/src/index.ts")).toContain('from "@acme/model"');
    expect(text("services/backend/vitest.config.mts")).toContain(
      "../../packages/model/src/index.ts",
    );
    expect(readJson(tree, "package.json").dependencies).toEqual(dependencies);
    await plasmaTable(tree, { name: "projects", columns: ["name:text"] });
    expect(text("packages/model/src/schema.ts")).toContain("{ users, notes, projects }");
  });

  it("reads the worker's address as the app's tool has it, and lets an app that is emitted name endings", async () => {
    tree.write("apps/web/tsconfig.app.json", `{ "compilerOptions": {} }`);
    await plasmaInit(tree, { app: "web" });
    expect(text("apps/web/src/plasma/app-plasma.tsx")).toContain("import.meta.env.VITE_PLASMA");
    expect(readJson(tree, "apps/web/tsconfig.app.json").compilerOptions).toEqual({
      rewriteRelativeImportExtensions: true,
    });
    tree = emptyWorkspace();
    addProjectConfiguration(tree, "shop", { root: "shop" });
    tree.write("shop/next.config.mjs", "export default {};\n");
    tree.write("shop/tsconfig.json", `{ "compilerOptions": { "noEmit": true } }`);
    await plasmaInit(tree, { app: "shop" });
    expect(text("shop/plasma/app-plasma.tsx")).toContain("process.env.NEXT_PUBLIC_PLASMA");
  });

  it("keeps the versions that the workspace has", async () => {
    tree.write("package.json", JSON.stringify({ name: "acme", dependencies: { zod: "4.1.0" } }));
    await plasmaInit(tree);
    expect(readJson(tree, "package.json").dependencies.zod).toBe("4.1.0");
    expect(readJson(tree, "tsconfig.base.json").compilerOptions.paths).toHaveProperty([
      "@acme/domain",
    ]);
  });

  it.each<[string, () => unknown, object, string]>([
    [
      "a workspace that has it",
      () => plasmaInit(tree),
      {},
      'has a library with the tag "scope:domain" already: libs/domain',
    ],
    ["a folder that is there", () => tree.write("apps/sync/x", ""), {}, "There is a apps/sync"],
    [
      "a project that is there",
      () => addProjectConfiguration(tree, "domain", { root: "elsewhere" }),
      {},
      'There is a project "domain" already',
    ],
    ["an app that is not there", () => undefined, { app: "nope" }, 'There is no project "nope"'],
    [
      "an app without TypeScript",
      () => tree.delete("apps/web/tsconfig.json"),
      { app: "web" },
      'The app "web" has no tsconfig.json',
    ],
    [
      "a provider that is there",
      () => tree.write("apps/web/src/plasma/app-plasma.tsx", "mine"),
      { app: "web" },
      "There is a apps/web/src/plasma/app-plasma.tsx already",
    ],
    [
      "a workspace without TypeScript",
      () => tree.delete("tsconfig.base.json"),
      {},
      "There is no tsconfig.base.json",
    ],
    [
      "an import path that is taken",
      () =>
        tree.write("tsconfig.base.json", `{"compilerOptions":{"paths":{"@acme/domain":["x"]}}}`),
      {},
      'has a path for "@acme/domain" already',
    ],
  ])("refuses %s, and writes nothing", async (_what, prepare, options, message) => {
    await prepare();
    const before = changed();
    await expect(plasmaInit(tree, options)).rejects.toThrow(message);
    expect(changed()).toEqual(before);
  });
});

it("asks for the versions with which this workspace was tried", () => {
  const tried = ["", "libs/todo-domain/"].flatMap((folder) => {
    const path = new URL(`../../../../${folder}package.json`, import.meta.url);
    const manifest = JSON.parse(readFileSync(path, "utf8")) as Record<string, object>;
    return [manifest["dependencies"], manifest["devDependencies"]];
  });
  const versions = Object.assign({}, ...tried) as Record<string, string>;
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    if (!name.startsWith("@sh1n4ps/")) expect(version, name).toBe(versions[name]);
  }
});
