/** `nx g remove-demo`: the todo demo is taken out, and an app that runs stays. */

import {
  formatFiles,
  generateFiles,
  joinPathFragments,
  logger,
  readJson,
  writeJson,
} from "@nx/devkit";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { argumentNames, edit, withExport } from "../edit.mjs";
import {
  declarationsThatUse,
  withImportsFrom,
  withoutArguments,
  withoutDeclarations,
  withoutExports,
  withoutProperties,
  withoutUnusedImports,
} from "../removals.mjs";
import { refuseUnknownOptions } from "../options.mjs";
import { domainOf, rootOf, tablesOf } from "../workspace.mjs";
import {
  demoArgs,
  demoFiles,
  demoPackages,
  demoQueries,
  demoRootFiles,
  demoTables,
  demoWords,
} from "./demo.mjs";
import { withoutDependencies } from "./lockfile.mjs";
import { filesIn, refuseUsesOf } from "./uses.mjs";

const MEMBERSHIP = "tables/membership.ts";

export default async function removeDemo(tree, options = {}) {
  refuseUnknownOptions("remove-demo", options);
  const domain = domainOf(tree);
  if (!tablesOf(tree, domain).some((table) => demoTables.includes(table))) {
    throw new Error(
      "The demo is gone already: none of its tables is in the schema. A table of your own: npx nx g plasma-table notes title:text --page",
    );
  }
  const roots = {
    domain,
    app: rootOf(tree, "scope:web"),
    worker: rootOf(tree, "scope:worker"),
    e2e: rootOf(tree, "scope:e2e"),
  };
  const present = Object.entries(roots).filter(([, root]) => root !== undefined);
  const gone = new Set(
    present.flatMap(([project, root]) =>
      demoFiles[project].map((path) => joinPathFragments(root, path)),
    ),
  );
  const mutators = [...gone]
    .filter((path) => path.includes("/mutators/") && tree.exists(path))
    .flatMap((path) => argumentNames(tree.read(path, "utf8"), "defineMutators"));
  const queries = queriesToRemove(tree, domain);
  refuseUsesOf(tree, {
    roots: present.map(([, root]) => root),
    gone,
    // These are mended below, or have new text.
    mended: mendedFiles(roots),
    domain,
    names: [...demoTables, ...queries, "demoLists"],
  });

  for (const path of gone) tree.delete(path);
  mendDomain(tree, domain, queries);
  mendDescriptions(tree, roots.app, mutators);
  for (const [project, root] of present) {
    replaceWords(tree, root, demoWords[project]);
    const folder = fileURLToPath(new URL(`./starter/${project}`, import.meta.url));
    if (existsSync(folder)) generateFiles(tree, folder, root, {});
  }
  if (tree.read("README.md", "utf8")?.startsWith("# plasma\n")) {
    generateFiles(tree, fileURLToPath(new URL("./starter/root", import.meta.url)), ".", {});
    for (const path of demoRootFiles) tree.delete(path);
  }
  removePackages(tree, present);
  await formatFiles(tree);
  return () =>
    logger.info(
      "\nThe demo is gone. `npm start` shows what is left; rows of the demo stay in .plasma/ until you delete that folder.\nA first table of your own: npx nx g plasma-table notes title:text --page\n",
    );
}

/** Those of the demo, and those that ask for its tables. */
function queriesToRemove(tree, domain) {
  const text = tree.read(joinPathFragments(domain, "src/queries.ts"), "utf8");
  return [...new Set([...demoQueries, ...declarationsThatUse(text, demoTables)])];
}

function mendedFiles({ domain, app, worker, e2e }) {
  const files = {
    [domain]: ["src/index.ts", "src/schema.ts", "src/mutators.ts", "src/queries.ts"],
    [app]: ["app/page.tsx", "components/person-select.tsx"],
    [worker]: ["src/demo-rows.ts", "src/demo-rows.worker.test.ts", "src/people-to-wake.ts"],
    [e2e]: ["tests/offline-reload.spec.ts", "support/test.ts"],
  };
  return Object.entries(files).flatMap(([root, paths]) =>
    paths.map((path) => joinPathFragments(root, path)),
  );
}

function mendDomain(tree, domain, queries) {
  const at = (path) => joinPathFragments(domain, "src", path);
  const mend = (path, change) => edit(tree, at(path), (text) => withoutUnusedImports(change(text)));
  mend("schema.ts", (text) =>
    withoutArguments(
      withImportsFrom(text, `./${MEMBERSHIP}`, "./tables/users.ts"),
      "defineSchema",
      demoTables,
    ),
  );
  mend("mutators.ts", (text) =>
    withoutProperties(text, "mutators", ["listMutators", "memberMutators", "todoMutators"]),
  );
  mend("queries.ts", (text) =>
    withoutDeclarations(withImportsFrom(text, `./${MEMBERSHIP}`, "./tables/users.ts"), queries),
  );
  edit(tree, at("index.ts"), (text) => {
    const modules = [
      "./demo-lists.ts",
      `./${MEMBERSHIP}`,
      "./tables/invites.ts",
      "./tables/todos.ts",
    ];
    const edited = modules.reduce((left, module) => withoutExports(left, module), text);
    return withExport(
      withoutExports(edited, "./queries.ts", queries),
      ["users"],
      "./tables/users.ts",
    );
  });
  for (const path of filesIn(tree, at("tables"))) {
    edit(tree, path, (text) => withImportsFrom(text, "./membership.ts", "./users.ts"));
  }
  const inUse = filesIn(tree, at("mutators"))
    .filter((path) => path !== at("mutators/args.ts"))
    .map((path) => tree.read(path, "utf8"));
  const unused = demoArgs.filter(
    (name) => !inUse.some((text) => new RegExp(`\\b${name}\\b`).test(text)),
  );
  mend("mutators/args.ts", (text) => withoutDeclarations(text, unused));
}

function mendDescriptions(tree, app, mutators) {
  const path = app && joinPathFragments(app, "lib/describe-mutation.ts");
  if (!path || !tree.exists(path)) return;
  edit(tree, path, (text) =>
    withoutUnusedImports(withoutProperties(text, "DESCRIPTIONS", mutators)),
  );
}

function replaceWords(tree, root, words) {
  for (const [file, replacements] of Object.entries(words)) {
    const path = joinPathFragments(root, file);
    if (!tree.exists(path)) continue;
    edit(tree, path, (text) =>
      replacements.reduce((edited, [from, to]) => edited.replace(from, () => to), text),
    );
  }
}

function removePackages(tree, present) {
  const removed = {};
  for (const [project, root] of present) {
    const path = joinPathFragments(root, "package.json");
    const manifest = readJson(tree, path);
    for (const name of demoPackages[project]) {
      delete manifest.dependencies?.[name];
      delete manifest.devDependencies?.[name];
    }
    writeJson(tree, path, manifest);
    removed[root] = demoPackages[project];
  }
  if (!tree.exists("package-lock.json")) return;
  writeJson(
    tree,
    "package-lock.json",
    withoutDependencies(readJson(tree, "package-lock.json"), removed),
  );
}
