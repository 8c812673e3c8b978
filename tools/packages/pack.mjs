/**
 * `npm run build:packages`: everything that is published, as npm gets it.
 *
 * Each package is put together in `dist/packages/NAME` and packed to `dist/packages/*.tgz`. A package with TypeScript is
 * compiled to `dist`; one without (the generators) is copied.
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Complaint, runMain } from "../scripts/complaint.mjs";
import { ensureInstalled, repoRoot } from "../scripts/setup.mjs";
import { publishedManifest } from "./manifest.mjs";
import { publishedPackages } from "./workspace-packages.mjs";

export const packagesDirectory = join(repoRoot, "dist", "packages");

/** Not published, wherever they lie. */
const ONLY_OURS = /(\.test\.\w+|\.test-d\.\w+|\.fixture\.\w+|vitest.*\.config\.ts)$/;

/** @returns {Promise<{ name: string, folder: string, stage: string, tarball: string }[]>} */
export async function packAll({ output = packagesDirectory } = {}) {
  // What they import is installed only now.
  const { compile } = await import("./compile.mjs");
  const { checkImports } = await import("./imports.mjs");
  rmSync(output, { recursive: true, force: true });
  const stagedTypes = {};
  const packed = [];
  for (const one of publishedPackages()) {
    const stage = join(output, one.folder);
    const manifest = publishedManifest(one);
    mkdirSync(stage, { recursive: true });
    const sources = Object.values(one.manifest.exports).filter((target) => /\.tsx?$/.test(target));
    if (sources.length > 0) {
      const entries = sources.map((source) => resolve(one.directory, source));
      compile({ directory: one.directory, entries, stagedTypes, stage });
    }
    copyOthers({ ...one, manifest }, stage);
    writeFileSync(join(stage, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    checkImports(stage, manifest);
    for (const [path, { types }] of Object.entries(manifest.exports)) {
      if (types) stagedTypes[one.name + path.slice(1)] = join(stage, types);
    }
    packed.push({ name: one.name, folder: one.folder, stage });
  }
  return npmPack(packed, output);
}

/** README, license and changelog, and of a package without TypeScript what its `files` name. */
function copyOthers({ name, directory, manifest }, stage) {
  cpSync(join(repoRoot, "LICENSE"), join(stage, "LICENSE"));
  if (!existsSync(join(directory, "README.md"))) {
    throw new Complaint(`${name} has no README.md, and every published package needs one.`);
  }
  cpSync(join(directory, "README.md"), join(stage, "README.md"));
  // The changelog comes with the first release that a package is a part of.
  for (const file of manifest.files) {
    if (existsSync(join(stage, file)) || !existsSync(join(directory, file))) continue;
    cpSync(join(directory, file), join(stage, file), {
      recursive: true,
      filter: (path) => !ONLY_OURS.test(path),
    });
  }
}

function npmPack(packages, output) {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", output];
  const { status, stdout, stderr } = spawnSync(
    "npm",
    [...args, ...packages.map(({ stage }) => stage)],
    { cwd: output, encoding: "utf8", shell: process.platform === "win32" },
  );
  if (status !== 0) throw new Complaint(`\`npm pack\` failed:\n${stderr}`);
  const made = JSON.parse(stdout);
  return packages.map((one) => {
    const { filename } = Object.values(made).find(({ name }) => name === one.name);
    return { ...one, tarball: join(output, filename) };
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    ensureInstalled();
    for (const { name, stage, tarball } of await packAll()) {
      const files = readdirSync(stage, { recursive: true }).length;
      const size = `${Math.round(statSync(tarball).size / 1024)} kB`;
      console.log(
        `${name.padEnd(26)} ${String(files).padStart(4)} files ${size.padStart(8)}  ${tarball}`,
      );
    }
  });
}
