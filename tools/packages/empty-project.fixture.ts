/** A project somewhere outside this workspace, which knows plasma by its tarballs alone. */

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { repoRoot } from "../scripts/setup.mjs";

export interface EmptyProject {
  readonly directory: string;
  write(files: Iterable<readonly [path: string, text: string]>): Promise<void>;
  /** Runs a program of the packages that it has installed. */
  run(program: string, ...args: string[]): Promise<string>;
  /** Runs a file of the project. */
  runNode(file: string): Promise<string>;
  remove(): Promise<void>;
}

export interface Installed {
  /** Where the package is, by its name. */
  readonly tarballs: Readonly<Record<string, string>>;
  /** Packages of the registry, in the versions that this workspace has. */
  readonly others: readonly string[];
}

export async function emptyProject(name: string, installed: Installed): Promise<EmptyProject> {
  const directory = await mkdtemp(join(tmpdir(), `plasma-${name}-`));
  const project: EmptyProject = {
    directory,
    async write(files) {
      for (const [path, text] of files) {
        await mkdir(dirname(join(directory, path)), { recursive: true });
        await writeFile(join(directory, path), text);
      }
    },
    run: (program, ...args) =>
      runIn(directory, join(directory, "node_modules", ".bin", program), args),
    runNode: (file) => runIn(directory, process.execPath, [file]),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
  await project.write([["package.json", JSON.stringify(await manifestOf(name, installed))]]);
  await runIn(directory, "npm", [
    "install",
    ...["--prefer-offline", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"],
  ]);
  return project;
}

async function manifestOf(name: string, { tarballs, others }: Installed) {
  const { packages } = await readJson(join(repoRoot, "package-lock.json"));
  const versionOf = (other: string): string => {
    const place = Object.keys(packages).find((path) => path.endsWith(`node_modules/${other}`));
    if (!place) throw new Error(`This workspace has no ${other}.`);
    return packages[place].version;
  };
  return {
    name,
    private: true,
    type: "module",
    dependencies: {
      ...Object.fromEntries(Object.entries(tarballs).map(([own, file]) => [own, `file:${file}`])),
      ...Object.fromEntries(others.map((other) => [other, versionOf(other)])),
    },
    // What must not be had newer here must not be there either.
    overrides: (await readJson(join(repoRoot, "package.json"))).overrides,
  };
}

async function readJson(file: string) {
  return JSON.parse(await readFile(file, "utf8"));
}

async function runIn(cwd: string, command: string, args: readonly string[]): Promise<string> {
  const { NODE_OPTIONS: _options, VITEST: _vitest, NODE_ENV: _env, ...env } = process.env;
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, {
      cwd,
      env: { ...env, NO_COLOR: "1", FORCE_COLOR: "0" },
      maxBuffer: 64 * 1024 * 1024,
      shell: process.platform === "win32",
    });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(" ")}:\n${stdout}\n${stderr}`, { cause: error });
  }
}
