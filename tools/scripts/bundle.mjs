/** The workspace's TypeScript as JavaScript, since Node 20 cannot run it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "../..");

/** One module with everything that `entry` imports, a file of this workspace; `platform` and `plugins` are esbuild's. */
export async function bundle(entry, platform, plugins = []) {
  const { outputFiles } = await build({
    entryPoints: [resolve(ROOT, entry)],
    write: false,
    bundle: true,
    platform,
    plugins,
    format: "esm",
    logLevel: "error",
  });
  return outputFiles[0].text;
}

/** What `entry` exports, for Node. */
export async function importBundled(entry, plugins) {
  const directory = mkdtempSync(join(ROOT, "node_modules/.bundled-"));
  const outfile = join(directory, "entry.mjs");
  try {
    writeFileSync(outfile, await bundle(entry, "node", plugins));
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
