/** The packages of this workspace that are published: what is in `libs` and `tools`, and is not private. */
import { readdirSync, readFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { Complaint } from "../scripts/complaint.mjs";
import { repoRoot } from "../scripts/setup.mjs";

/**
 * @typedef {object} WorkspacePackage
 * @property {string} name `@sh1n4ps/plasma-core`
 * @property {string} folder `plasma-core`
 * @property {string} directory
 * @property {any} manifest Its package.json.
 */

/** @returns {WorkspacePackage[]} Each comes after those that it depends on. */
export function publishedPackages() {
  const found = ["libs", "tools"]
    .flatMap((group) => readdirSync(join(repoRoot, group)).map((folder) => ({ group, folder })))
    .map(({ group, folder }) => ({ folder, directory: join(repoRoot, group, folder) }))
    .filter(({ directory }) => existsSync(join(directory, "package.json")))
    .map((found) => {
      const manifest = JSON.parse(readFileSync(join(found.directory, "package.json"), "utf8"));
      return { ...found, name: manifest.name, manifest };
    })
    .filter(({ manifest }) => manifest.private !== true);
  const versions = new Set(found.map(({ manifest }) => manifest.version));
  if (versions.size > 1) {
    throw new Complaint(
      `The packages have different versions (${[...versions].join(", ")}). They are released together: give all the same.`,
    );
  }
  return inOrder(found);
}

function inOrder(packages) {
  const ordered = [];
  const add = (one) => {
    if (ordered.includes(one)) return;
    for (const name of Object.keys(one.manifest.dependencies ?? {})) {
      const other = packages.find((candidate) => candidate.name === name);
      if (other) add(other);
    }
    ordered.push(one);
  };
  for (const one of packages) add(one);
  return ordered;
}
