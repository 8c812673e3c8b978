/**
 * Builds the app for Cloudflare Pages: `apps/todo/.vercel/output/static`, with its `_worker.js`.
 *
 *   NEXT_PUBLIC_PLASMA_SYNC_URL=https://sync.example.workers.dev node tools/pages/build.mjs
 *
 * next-on-pages turns the output of `vercel build` into a Pages project. Both run here without a
 * login and without the network. Their packages are many, and only this needs them: they have a
 * package.json of their own beside this file, outside the workspace, and are installed when asked
 * for.
 */
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { securityHeaders } from "../../apps/todo/security-headers.mjs";
import { Complaint, runMain } from "../scripts/complaint.mjs";
import { endGroupsOnSignal, isStopping, startGroup } from "../scripts/process-group.mjs";
import { ensureInstalled, repoRoot } from "../scripts/setup.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const appDir = join(repoRoot, "apps", "todo");
const outputDir = join(appDir, ".vercel", "output");

/** What `wrangler pages deploy` uploads and `wrangler pages dev` serves. */
export const pagesDir = join(outputDir, "static");

/**
 * @param {{ syncUrl: string, onLine?: (line: string) => void }} options
 *   `syncUrl` is the address of the sync worker: it becomes a part of the app's code.
 */
export async function buildPages({ syncUrl, onLine }) {
  ensureInstalled();
  ensureInstalled(console.log, here);
  rmSync(outputDir, { recursive: true, force: true });
  writeProjectSettings();
  const env = {
    NEXT_PUBLIC_PLASMA_SYNC_URL: syncUrl,
    VERCEL_TELEMETRY_DISABLED: "1",
    NO_UPDATE_NOTIFIER: "1",
  };
  const globalConfig = join(appDir, ".vercel", "global");
  await run({
    name: "`vercel build`",
    args: [inPages("vercel"), "build", "--yes", "--global-config", globalConfig],
    env,
    onLine,
  });
  await run({
    name: "`next-on-pages`",
    args: [inPages("@cloudflare/next-on-pages"), "--skip-build"],
    env,
    onLine,
  });
  if (!existsSync(join(pagesDir, "_worker.js", "index.js"))) {
    throw new Complaint(`next-on-pages wrote no worker to ${pagesDir}.`);
  }
  writeHeaders(syncUrl);
}

/** The headers of the app, also for what Pages sends past the worker, and in place of Pages' own where it has one. */
function writeHeaders(syncUrl) {
  const lines = securityHeaders(syncUrl).map(({ key, value }) => `  ${key}: ${value}\n`);
  appendFileSync(join(pagesDir, "_headers"), `\n/*\n${lines.join("")}`);
}

/**
 * Stands in for the settings that `vercel link` would fetch: build with the workspace's own Next,
 * and install nothing, because everything is installed.
 */
function writeProjectSettings() {
  const settings = {
    framework: "nextjs",
    installCommand: "echo skip install",
    buildCommand: `node "${join(appDir, "build.mjs")}"`,
  };
  mkdirSync(join(appDir, ".vercel"), { recursive: true });
  writeFileSync(
    join(appDir, ".vercel", "project.json"),
    JSON.stringify({ projectId: "plasma", orgId: "plasma", settings }),
  );
}

/** The program of a package that is installed beside this file. */
function inPages(packageName) {
  const require = createRequire(import.meta.url);
  const manifestPath = join(here, "node_modules", packageName, "package.json");
  const { bin, name } = require(manifestPath);
  const program = typeof bin === "string" ? bin : bin[name.split("/").at(-1)];
  return join(manifestPath, "..", program);
}

async function run({ name, args, env, onLine }) {
  const group = startGroup({ name, command: process.execPath, args, cwd: appDir, env, onLine });
  const { code } = await group.exited;
  if (code === 0 || isStopping()) return;
  throw new Complaint(`${name} failed. Its log ends with:\n${group.tail()}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    const syncUrl = process.env.NEXT_PUBLIC_PLASMA_SYNC_URL;
    if (!syncUrl) {
      throw new Complaint("Set NEXT_PUBLIC_PLASMA_SYNC_URL to the address of the sync worker.");
    }
    endGroupsOnSignal();
    await buildPages({ syncUrl, onLine: (line) => console.log(line) });
    console.log(`Built for Cloudflare Pages: ${pagesDir}`);
  });
}
