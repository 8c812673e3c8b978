/**
 * The package.json that is published. In the workspace `exports` names the sources, so that nothing has to be built to run
 * or test anything; here it names what they were compiled to.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Complaint } from "../scripts/complaint.mjs";
import { repoRoot } from "../scripts/setup.mjs";

const SOURCE = /^\.\/src\/(.*)\.tsx?$/;

/** @param {import("./workspace-packages.mjs").WorkspacePackage} workspacePackage */
export function publishedManifest({ name, folder, directory, manifest }) {
  const { scripts: _s, devDependencies: _d, nx: _n, exports, dependencies, ...kept } = manifest;
  for (const field of ["description", "license"]) {
    if (!manifest[field]) throw new Complaint(`${name} has no "${field}" in its package.json.`);
  }
  return {
    ...kept,
    engines: JSON.parse(readFileSync(join(repoRoot, "package.json"), "utf8")).engines,
    ...repositoryOf(directory),
    publishConfig: { access: "public" },
    exports: Object.fromEntries([
      ...Object.entries(exports).map(([path, target]) => [path, compiled(target)]),
      ["./package.json", "./package.json"],
    ]),
    ...(dependencies && { dependencies: pinned(dependencies, manifest.version) }),
    files: manifest.files ?? ["dist", "src", "CHANGELOG.md"],
  };

  function compiled(target) {
    const source = SOURCE.exec(target);
    if (source) return { types: `./dist/${source[1]}.d.ts`, default: `./dist/${source[1]}.js` };
    if (target.endsWith(".json")) return target;
    throw new Complaint(`${folder} exports ${target}, which is neither a source nor JSON.`);
  }
}

/** The packages know each other's insides, so each asks for the others in its own version. */
function pinned(dependencies, version) {
  return Object.fromEntries(
    Object.entries(dependencies).map(([name, range]) => [name, range === "*" ? version : range]),
  );
}

/** Where it comes from, as far as that is known: npm wants it to be the place that a release is made in. */
function repositoryOf(directory) {
  const repository = process.env.GITHUB_REPOSITORY;
  if (!repository) return {};
  const url = `https://github.com/${repository}`;
  return {
    homepage: `${url}#readme`,
    bugs: { url: `${url}/issues` },
    repository: {
      type: "git",
      url: `git+${url}.git`,
      directory: directory.slice(repoRoot.length + 1).replaceAll("\\", "/"),
    },
  };
}
