/** `nx g plasma-init`: plasma in a workspace that has none yet. */

import {
  addDependenciesToPackageJson,
  addProjectConfiguration,
  formatFiles,
  generateFiles,
  getProjects,
  installPackagesTask,
  joinPathFragments,
  logger,
  offsetFromRoot,
  readJson,
  readProjectConfiguration,
} from "@nx/devkit";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { edit } from "../edit.mjs";
import { refuseUnknownOptions } from "../options.mjs";
import plasmaTable from "../table/generator.mjs";
import { rootOf } from "../workspace.mjs";
import { readJsonText, withJsonValue } from "./json-text.mjs";
import { nextSteps } from "./next-steps.mjs";
import { appDependencies, dependencies, devDependencies } from "./packages.mjs";

/** The table with which one sees how it goes. */
const SAMPLE = { name: "notes", columns: ["title:text"] };

export default async function plasmaInit(tree, options = {}) {
  refuseUnknownOptions("init", options);
  const { app, domain = "libs/domain", worker = "apps/sync", skipInstall = false } = options;
  const names = { domain: basename(domain), worker: basename(worker) };
  const baseConfig = ["tsconfig.base.json", "tsconfig.json"].find((path) => tree.exists(path));
  const importPath = `${scopeOf(tree)}/${names.domain}`;
  refuseWhatExists(tree, { domain, worker, names, baseConfig, importPath });
  const target = app === undefined ? undefined : appOf(tree, app);

  const facts = { importPath, names, app: target, domain, worker, template: "" };
  addDomain(tree, { ...facts, baseConfig });
  addWorker(tree, { ...facts, baseConfig });
  if (target) addProvider(tree, { ...facts, app: target });
  addDependenciesToPackageJson(
    tree,
    { ...dependencies, ...(target && appDependencies) },
    devDependencies,
    undefined,
    // What the workspace has already is the version that it wants.
    true,
  );
  ignore(tree, ".wrangler");
  await plasmaTable(tree, SAMPLE);
  await formatFiles(tree);
  return () => {
    if (!skipInstall) installPackagesTask(tree);
    logger.info(nextSteps({ ...facts, skipInstall }));
  };
}

function refuseWhatExists(tree, { domain, worker, names, baseConfig, importPath }) {
  const there = rootOf(tree, "scope:domain");
  if (there) {
    throw new Error(
      `This workspace has a library with the tag "scope:domain" already: ${there}. A further table: npx nx g @sh1n4ps/plasma-nx:plasma-table projects name:text`,
    );
  }
  if (!baseConfig) {
    throw new Error(
      "There is no tsconfig.base.json here, by which the app finds the library. Run this in the root of an Nx workspace with TypeScript.",
    );
  }
  const projects = getProjects(tree);
  for (const [option, folder] of Object.entries({ domain, worker })) {
    if (tree.exists(folder)) {
      throw new Error(`There is a ${folder} already. Choose another folder: --${option}=…`);
    }
    if (projects.has(names[option])) {
      throw new Error(
        `There is a project "${names[option]}" already. Choose another folder: --${option}=…`,
      );
    }
  }
  const { paths = {} } = readJsonText(tree.read(baseConfig, "utf8")).compilerOptions ?? {};
  if (Object.hasOwn(paths, importPath)) {
    throw new Error(
      `${baseConfig} has a path for "${importPath}" already. Choose another folder: --domain=…`,
    );
  }
}

/** `@acme` for the workspace `acme`, and for `@acme/source`. */
function scopeOf(tree) {
  const { name = "app" } = tree.exists("package.json") ? readJson(tree, "package.json") : {};
  return name.startsWith("@") ? name.split("/")[0] : `@${name}`;
}

/** The app that gets a provider: where its code is, and how it reads the address of the worker. */
function appOf(tree, name) {
  if (!getProjects(tree).has(name)) {
    throw new Error(
      `There is no project "${name}" in this workspace. \`npx nx show projects\` lists them.`,
    );
  }
  const { root } = readProjectConfiguration(tree, name);
  const file = (...choices) =>
    choices.map((path) => joinPathFragments(root, path)).find((path) => tree.exists(path));
  const config = file("tsconfig.app.json", "tsconfig.json");
  if (!config) {
    throw new Error(
      `The app "${name}" has no tsconfig.json in ${root}. Is it written in TypeScript?`,
    );
  }
  const source = tree.exists(joinPathFragments(root, "src"))
    ? joinPathFragments(root, "src")
    : root;
  const provider = joinPathFragments(source, "plasma/app-plasma.tsx");
  if (tree.exists(provider)) {
    throw new Error(`There is a ${provider} already. Move it, or leave --app out.`);
  }
  const isNext = file("next.config.js", "next.config.mjs", "next.config.ts") !== undefined;
  return { name, root, config, folder: joinPathFragments(source, "plasma"), isNext };
}

function addDomain(tree, { domain, names, importPath, baseConfig }) {
  addProjectConfiguration(tree, names.domain, {
    root: domain,
    projectType: "library",
    sourceRoot: joinPathFragments(domain, "src"),
    tags: ["scope:domain"],
    targets: targetsOf(domain),
  });
  write(tree, "domain", { folder: domain, facts: { names, baseConfig } });
  edit(tree, baseConfig, (text) => {
    const { baseUrl } = readJsonText(text).compilerOptions ?? {};
    const path = joinPathFragments(domain, "src/index.ts");
    // Without a base only relative paths are allowed.
    const value = [baseUrl === undefined ? `./${path}` : path];
    return withJsonValue(text, ["compilerOptions", "paths", importPath], value);
  });
}

function addWorker(tree, { worker, domain, names, importPath, baseConfig }) {
  addProjectConfiguration(tree, names.worker, {
    root: worker,
    projectType: "application",
    sourceRoot: joinPathFragments(worker, "src"),
    tags: ["scope:worker"],
    targets: {
      serve: {
        command: "wrangler dev --var DEVELOPMENT:true",
        options: { cwd: worker },
      },
      deploy: { command: "wrangler deploy", options: { cwd: worker } },
      ...targetsOf(worker),
    },
  });
  const domainIndex = joinPathFragments(offsetFromRoot(worker), domain, "src/index.ts");
  write(tree, "worker", { folder: worker, facts: { names, importPath, baseConfig, domainIndex } });
}

function targetsOf(root) {
  return {
    typecheck: { command: "tsc --noEmit", options: { cwd: root } },
    test: { command: "vitest run", options: { cwd: root } },
  };
}

function addProvider(tree, { app, importPath }) {
  const syncUrl = app.isNext
    ? "process.env.NEXT_PUBLIC_PLASMA_SYNC_URL"
    : "import.meta.env.VITE_PLASMA_SYNC_URL";
  write(tree, "app", { folder: app.folder, facts: { importPath, syncUrl } });
  // The library names its files with their ending.
  edit(tree, app.config, (text) => {
    const { noEmit, emitDeclarationOnly } = readJsonText(text).compilerOptions ?? {};
    const option =
      noEmit || emitDeclarationOnly
        ? "allowImportingTsExtensions"
        : "rewriteRelativeImportExtensions";
    return withJsonValue(text, ["compilerOptions", option], true);
  });
}

function write(tree, what, { folder, facts }) {
  const templates = fileURLToPath(new URL(`./files/${what}`, import.meta.url));
  generateFiles(tree, templates, folder, { ...facts, offset: offsetFromRoot(folder) });
}

function ignore(tree, line) {
  if (!tree.exists(".gitignore")) return;
  const text = tree.read(".gitignore", "utf8");
  if (text.split(/\r?\n/).includes(line)) return;
  tree.write(".gitignore", `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`);
}
