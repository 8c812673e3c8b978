/**
 * What plasma weighs in a browser: the smallest app (`minimal-app.fixture.tsx`), minified and gzipped, React left out, and
 * how much of it each folder is. (A part's share of the gzipped size is about its share of the minified one.) What is
 * imported only when it is first needed is left out as well, and counted by itself.
 *
 *   npx nx run plasma-react:size
 *
 *   --limit 60.0    in kB gzipped; more than that is a failure. Lower it when the weight goes down
 */
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { Complaint, runMain } from "./complaint.mjs";

const ROOT = join(import.meta.dirname, "../..");
const ENTRY = join(ROOT, "libs/plasma-react/src/minimal-app.fixture.tsx");
const LIMIT_KB = "66.2";

await runMain(async () => {
  const { values } = parseArgs({ options: { limit: { type: "string", default: LIMIT_KB } } });
  const limit = Number(values.limit);
  if (!(limit > 0)) throw new Complaint(`--limit takes kB, such as ${LIMIT_KB}.`);

  const { atOnce, later, parts } = await measure();
  const width = Math.max(...parts.map(({ part }) => part.length));
  console.log(`${"part".padEnd(width)}   minified`);
  for (const { part, bytes } of parts) console.log(`${part.padEnd(width)} ${kilobytes(bytes)}`);
  console.log(
    `\n${kilobytes(atOnce.minified).trim()} minified, ${kilobytes(atOnce.gzipped).trim()} gzipped`,
  );
  if (later.gzipped > 0)
    console.log(`${kilobytes(later.gzipped).trim()} gzipped more when first needed`);

  if (atOnce.gzipped <= limit * 1000) return;
  throw new Complaint(
    `That is more than ${values.limit} kB. See what has come in, and whether the smallest app needs it; if it does, raise LIMIT_KB.`,
  );
});

async function measure() {
  const { outputFiles, metafile } = await build({
    entryPoints: [ENTRY],
    bundle: true,
    splitting: true,
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
  const files = Object.entries(metafile.outputs).map(([path, { inputs }]) => ({
    path,
    inputs,
    contents: outputFiles.find((file) => relative(process.cwd(), file.path) === path).contents,
  }));
  const first = startedWith(metafile.outputs);
  const isFirst = ({ path }) => first.has(path);
  return {
    atOnce: weight(files.filter(isFirst)),
    later: weight(files.filter((file) => !isFirst(file))),
    parts: partsOf(files.filter(isFirst)),
  };
}

/** The paths of the entry and of all that it imports without waiting for a need. */
function startedWith(outputs) {
  const [entry] = Object.entries(outputs).find(([, { entryPoint }]) =>
    entryPoint?.endsWith("app.fixture.tsx"),
  );
  const paths = new Set([entry]);
  for (const path of paths) {
    for (const { path: imported, kind } of outputs[path].imports) {
      if (kind === "import-statement" && outputs[imported]) paths.add(imported);
    }
  }
  return paths;
}

function weight(files) {
  const sum = (bytesOf) => files.reduce((total, { contents }) => total + bytesOf(contents), 0);
  return {
    minified: sum((contents) => contents.byteLength),
    gzipped: sum((contents) => gzipSync(contents, { level: 9 }).byteLength),
  };
}

function partsOf(files) {
  const byPart = new Map();
  for (const [file, { bytesInOutput }] of files.flatMap(({ inputs }) => Object.entries(inputs))) {
    const part = partOf(relative(ROOT, join(process.cwd(), file)));
    byPart.set(part, (byPart.get(part) ?? 0) + bytesInOutput);
  }
  return [...byPart]
    .map(([part, bytes]) => ({ part, bytes }))
    .sort((left, right) => right.bytes - left.bytes);
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
