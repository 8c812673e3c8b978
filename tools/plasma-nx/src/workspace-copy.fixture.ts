/** Copies of this workspace, for tests that change one as a person would. */

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findChromium } from "../../scripts/chromium.mjs";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const LEFT_OUT = new Set([
  "node_modules",
  ".git",
  ".nx",
  ".plasma",
  ".next",
  ".vercel",
  ".wrangler",
  "dist",
  "out",
  "test-results",
]);
/** Packages of the workspace, which have to be those of the copy. */
const OWN_SCOPES = ["@sh1n4ps", "@plasma-starter"];

export const MINUTES = 60_000;

export interface WorkspaceCopy {
  readonly directory: string;
  /** Runs a program of the workspace's packages. What it printed, or an error that has it. */
  run(...command: [string, ...string[]]): Promise<string>;
  remove(): Promise<void>;
}

export async function copyWorkspace(): Promise<WorkspaceCopy> {
  const directory = await mkdtemp(join(tmpdir(), "plasma-copy-"));
  await cp(ROOT, directory, {
    recursive: true,
    filter: (source) => !LEFT_OUT.has(basename(source)) && !basename(source).startsWith(".next"),
  });
  await linkPackages(join(ROOT, "node_modules"), join(directory, "node_modules"));
  for (const folder of ["apps", "libs"]) {
    for (const name of await readdir(join(ROOT, folder))) {
      const own = join(ROOT, folder, name, "node_modules");
      await readdir(own).then(
        () => symlink(own, join(directory, folder, name, "node_modules")),
        () => undefined,
      );
    }
  }
  return {
    directory,
    run: (...command) => runIn(directory, command),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

async function linkPackages(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const name of await readdir(from)) {
    if (name.startsWith(".") && name !== ".bin") continue;
    if (!OWN_SCOPES.includes(name)) {
      await symlink(join(from, name), join(to, name));
      continue;
    }
    await mkdir(join(to, name));
    for (const own of await readdir(join(from, name))) {
      await cp(join(from, name, own), join(to, name, own), { verbatimSymlinks: true });
    }
  }
}

/** Runs a program of the packages in a folder. What it printed, or an error that has it. */
export async function runIn(directory: string, command: readonly string[]): Promise<string> {
  const { NODE_OPTIONS: _options, VITEST: _vitest, ...env } = process.env;
  try {
    const { stdout, stderr } = await promisify(execFile)("npx", [...command], {
      cwd: directory,
      env: {
        PLASMA_CHROMIUM: findChromium(),
        ...env,
        NX_DAEMON: "false",
        NX_TUI: "false",
        CI: "true",
        NO_COLOR: "1",
        FORCE_COLOR: "0",
      },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command.join(" ")}:\n${stdout}\n${stderr}`, { cause: error });
  }
}
