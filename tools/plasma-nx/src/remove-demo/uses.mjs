/** What somebody has made of the demo's parts: it would break, so the demo stays until they have seen to it. */

import { joinPathFragments, readJson } from "@nx/devkit";
import { dirname, posix } from "node:path";
import { importsIn } from "../removals.mjs";

const CODE = /\.(ts|tsx|mjs)$/;
const LEFT_OUT = new Set(["node_modules", "dist", "out", "test-results", "public"]);

/**
 * Throws with a list of files that import what is going.
 *
 * @param {object} options
 * @param {string[]} options.roots The projects to look through.
 * @param {Set<string>} options.gone Files that are going.
 * @param {string[]} options.mended Files that are taken care of.
 * @param {string} options.domain
 * @param {string[]} options.names What the domain will not export any more.
 */
export function refuseUsesOf(tree, { roots, gone, mended, domain, names }) {
  const domainPackage = readJson(tree, joinPathFragments(domain, "package.json")).name;
  const uses = [];
  for (const root of roots) {
    for (const path of filesIn(tree, root)) {
      if (gone.has(path) || mended.includes(path)) continue;
      const used = importsIn(tree.read(path, "utf8")).flatMap((imported) => {
        if (imported.module === domainPackage)
          return imported.names.filter((name) => names.includes(name));
        if (!gone.has(fileOf(tree, imported.module, { path, root }))) return [];
        // The table of people stays; it only moves.
        return imported.names.filter((name) => name !== "users");
      });
      if (used.length > 0) uses.push(`  ${path}: ${used.join(", ")}`);
    }
  }
  if (uses.length === 0) return;
  throw new Error(
    `Some files use what goes with the demo. Change or delete them first, then run this again:\n${uses.join("\n")}`,
  );
}

/** The code in a folder and below it. */
export function filesIn(tree, folder) {
  return tree.children(folder).flatMap((name) => {
    const path = joinPathFragments(folder, name);
    if (tree.isFile(path)) return CODE.test(name) ? [path] : [];
    return LEFT_OUT.has(name) || name.startsWith(".") ? [] : filesIn(tree, path);
  });
}

/** The file of the workspace that `./x.ts`, `./x` or `@/lib/x` means; undefined for a package. */
function fileOf(tree, module, { path, root }) {
  const target = module.startsWith("@/")
    ? joinPathFragments(root, module.slice(2))
    : module.startsWith(".")
      ? posix.join(dirname(path), module)
      : undefined;
  return (
    target &&
    [target, `${target}.ts`, `${target}.tsx`].find((file) => tree.exists(file) && tree.isFile(file))
  );
}
