/** Bundles the simulator with a bug planted in the engine (`libs/plasma-testing/src/simulator/bug-bank/bugs.mjs`). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repoRoot } from "./setup.mjs";

const LIBS = join(repoRoot, "libs");

/** An esbuild plugin that replaces text in sources as they are read. Throws where the text is not there exactly once. */
export function plant({ name, edits }) {
  const pending = new Set(edits.map(({ file }) => file));
  return {
    name: "planted-bug",
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const own = edits.filter(({ file }) => path === join(LIBS, file));
        if (own.length === 0) return undefined;
        pending.delete(own[0].file);
        return { contents: edited(readFileSync(path, "utf8"), own, name), loader: "ts" };
      });
      build.onEnd(() => {
        if (pending.size === 0) return;
        throw new Error(`"${name}" is in files that are not used: ${[...pending].join(", ")}.`);
      });
    },
  };
}

function edited(source, edits, name) {
  return edits.reduce((text, { file, find, replace }) => {
    const places = text.split(find).length - 1;
    if (places === 1) return text.replace(find, () => replace);
    throw new Error(`"${name}" replaces text that is ${places} times in ${file}:\n${find}`);
  }, source);
}
