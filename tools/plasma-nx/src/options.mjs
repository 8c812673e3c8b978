/** Options that a generator does not have. Its schema cannot refuse them: then Nx refuses the words behind the name, too. */

import { readFileSync } from "node:fs";

/** What some versions of Nx leave among the options of a generator. */
const OF_NX = ["defaults", "dryRun", "dry-run", "interactive", "quiet", "verbose"];

/**
 * Throws a sentence that names the first one that there is not.
 *
 * @param {string} folder The generator's, which has its `schema.json`.
 * @param {Record<string, unknown>} options As Nx gives them: `_` has the words that stand for no option.
 */
export function refuseUnknownOptions(folder, options, { takesMoreWords = false } = {}) {
  const schema = JSON.parse(readFileSync(new URL(`./${folder}/schema.json`, import.meta.url)));
  const known = Object.keys(schema.properties);
  const { _: words = [], ...named } = options;
  const unknown = Object.keys(named).find((name) => !known.includes(name) && !OF_NX.includes(name));
  if (unknown !== undefined) {
    throw new Error(`${schema.$id} has no option --${dashed(unknown)}. ${listOf(known)}`);
  }
  if (words.length > 0 && !takesMoreWords) {
    throw new Error(`"${words[0]}" is one word too many for ${schema.$id}. ${listOf(known)}`);
  }
}

function listOf(known) {
  const own =
    known.length === 0 ? "none of its own" : known.map((name) => `--${dashed(name)}`).join(", ");
  return `Its options are: ${own}; and Nx's --dry-run and --help.`;
}

function dashed(name) {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
