/**
 * Bugs that the simulator must find: each takes one guard or one step out of the engine, by replacing text in its source.
 *
 * `file` is below `libs/`; each `find` is there exactly once. Plain JavaScript, because the command that plants them
 * reads it as well.
 *
 * @typedef {{ file: string, find: string, replace: string }} Edit
 * @typedef {{ name: string, edits: readonly Edit[] }} Bug
 */

import { clientBugs } from "./client-bugs.mjs";
import { serverBugs } from "./server-bugs.mjs";

/** @type {readonly Bug[]} */
export const bugs = [...serverBugs, ...clientBugs];
