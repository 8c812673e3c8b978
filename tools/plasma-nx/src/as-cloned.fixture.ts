/**
 * Whether this workspace still has what the tests of the generators begin with. They make their tables in the very
 * workspace: where somebody has taken the demo out, or has a table of the same name, there is nothing to try.
 */

import { fileURLToPath } from "node:url";
import { FsTree } from "nx/src/generators/tree.js";
import { domainOf, tablesOf } from "./workspace.mjs";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

const BEGUN_WITH = ["users", "lists", "members", "invites", "todos"];
const MADE = ["projects", "notes", "categories", "tasks", "fish", "comments"];

const tree = new FsTree(ROOT, false);
const tables: string[] = tablesOf(tree, domainOf(tree));

export const isAsCloned =
  BEGUN_WITH.every((table) => tables.includes(table)) &&
  !MADE.some((table) => tables.includes(table));
