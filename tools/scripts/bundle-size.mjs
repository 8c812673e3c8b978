/**
 * What plasma weighs in a browser: the smallest app (`minimal-app.fixture.tsx`), minified and gzipped, React left out, and
 * how much of it each folder is. (A part's share of the gzipped size is about its share of the minified one.)
 *
 *   npx nx run plasma-react:size
 */
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { runMain } from "./complaint.mjs";

const ROOT = join(import.meta.dirname, "../..");
const ENTRY = join(ROOT, "libs/plasma-react/src/minimal-app.fixture.tsx");

await runMain(async () => {
  const { total, minified, parts } = await measure();
  const width = Math.max(...parts.map(({ part }) => part.length));
  console.log(`${"part".padEnd(width)}   minified`);
  for (const { part, bytes } of parts) console.log(`${part.padEnd(width)} ${kilobytes(bytes)}`);
  console.log(`\n${kilobytes(minified).trim()} minified, ${kilobytes(total).trim()} gzipped`);
});

async function measure() {
  const { outputFiles, metafile } = await build({
    entryPoints: [ENTRY],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    external: ["react", "react/jsx-runtime", "react-dom"],
    metafile: true,
    write: false,
    logLevel: "error",
    outdir: "out",
  });
  const [{ contents }] = outputFiles;
  const [output] = Object.values(metafile.outputs);
  const byPart = new Map();
  for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) {
    const part = partOf(relative(ROOT, join(process.cwd(), file)));
    byPart.set(part, (byPart.get(part) ?? 0) + bytesInOutput);
  }
  const parts = [...byPart]
    .map(([part, bytes]) => ({ part, bytes }))
    .sort((left, right) => right.bytes - left.bytes);
  return { total: gzipSync(contents, { level: 9 }).byteLength, minified: contents.length, parts };
}

/** A package's folder, or a package from npm. */
function partOf(file) {
  const npm = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file);
  if (npm) return npm[1];
  const own = /^libs\/(plasma-[a-z]+)\/src\/(?:([^/]+)\/)?/.exec(file);
  return own ? [own[1], own[2]].filter(Boolean).join("/") : file;
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1).padStart(7)} kB`;
}
