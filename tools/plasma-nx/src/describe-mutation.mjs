/** The app's words for its mutators, which it shows where one is refused. */

import { joinPathFragments } from "@nx/devkit";
import { edit, withImport, withProperty } from "./edit.mjs";
import { appOf } from "./workspace.mjs";

/**
 * Adds entries such as `deleteProject: () => "Delete a project"`, in a workspace whose app has such words.
 * @returns {string | undefined} the file that has them.
 */
export function describeMutations(tree, entries) {
  const app = appOf(tree);
  const path = app && joinPathFragments(app, "lib/describe-mutation.ts");
  if (!path || !tree.exists(path)) return undefined;
  edit(tree, path, (text) => {
    const quotes = entries.some((entry) => entry.includes("quoted("));
    const imported = quotes ? withImport(text, ["quoted"], "./mutation-args.ts") : text;
    return entries.reduce((edited, entry) => withProperty(edited, "DESCRIPTIONS", entry), imported);
  });
  return path;
}
