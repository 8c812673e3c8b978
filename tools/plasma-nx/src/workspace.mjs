/** Where things are: the library that has the schema, and the app. They are found by their tags. */

import { getProjects, joinPathFragments } from "@nx/devkit";
import { argumentNames, exportsConstant } from "./edit.mjs";

export function domainOf(tree) {
  const root = rootOf(tree, "scope:domain");
  if (root) return root;
  throw new Error(
    'No library of this workspace has the tag "scope:domain", by which the one with the schema is found.',
  );
}

/** Undefined in a workspace without one. */
export function appOf(tree) {
  return rootOf(tree, "scope:web");
}

/** The file that exports the table, or undefined. */
export function fileOfTable(tree, domain, table) {
  const folder = joinPathFragments(domain, "src/tables");
  return tree
    .children(folder)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .find((file) => exportsConstant(tree.read(joinPathFragments(folder, file), "utf8"), table));
}

/** The names of all tables. */
export function tablesOf(tree, domain) {
  return argumentNames(
    tree.read(joinPathFragments(domain, "src/schema.ts"), "utf8"),
    "defineSchema",
  );
}

/** The root of the first project with the tag, or undefined. */
export function rootOf(tree, tag) {
  for (const project of getProjects(tree).values()) {
    if (project.tags?.includes(tag)) return project.root;
  }
  return undefined;
}
