/**
 * `npm run preview`: the production build as Cloudflare Pages serves it, with the sync worker, on
 * this machine.
 *
 *   npm run preview               PLASMA_PREVIEW_PORT and PLASMA_SYNC_PORT choose other ports
 *   npm run preview -- --smoke    tests it in a browser instead (fresh data, free ports), and ends
 *
 * It has a port of its own, because its service worker would otherwise answer for the development
 * server. Its data is that of `npm start`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildPages } from "../pages/build.mjs";
import { Complaint, runMain } from "./complaint.mjs";
import { complainWhenItEnds, createOutput, startSeededSyncServer } from "./local-servers.mjs";
import { anyFreePort, assertPortFree, portFromEnv } from "./ports.mjs";
import { endGroupsOnSignal, isStopping, startGroup, stopAllGroups } from "./process-group.mjs";
import { ensureInstalled, repoRoot } from "./setup.mjs";
import { waitForHttp } from "./wait-for-http.mjs";

const PAGES_TIMEOUT_MS = 60_000;

await runMain(async () => {
  const { values } = parseArgs({ options: { smoke: { type: "boolean", default: false } } });
  ensureInstalled();
  endGroupsOnSignal();
  try {
    await (values.smoke ? smoke() : preview());
  } finally {
    await stopAllGroups();
  }
});

async function preview() {
  const output = createOutput();
  const { app, sync } = await startServers({
    appPort: portFromEnv("PLASMA_PREVIEW_PORT", 8788),
    syncPort: portFromEnv("PLASMA_SYNC_PORT", 8787),
    persistDir: join(repoRoot, ".plasma"),
    output,
  });
  console.log(`The preview is running: ${app.url}`);
  console.log("Press Ctrl-C to end it.");
  output.show();
  await Promise.race([complainWhenItEnds(sync.group), complainWhenItEnds(app.group)]);
}

async function smoke() {
  const persistDir = mkdtempSync(join(tmpdir(), "plasma-preview-"));
  try {
    const { app, sync } = await startServers({
      appPort: await anyFreePort(),
      syncPort: await anyFreePort(),
      persistDir,
      output: createOutput(),
    });
    const e2eDir = join(repoRoot, "apps", "todo-e2e");
    const playwright = createRequire(join(e2eDir, "package.json")).resolve("@playwright/test/cli");
    const tests = startGroup({
      name: "the smoke test",
      command: process.execPath,
      args: [playwright, "test", "--config", "playwright.preview.config.ts"],
      cwd: e2eDir,
      env: { PLASMA_E2E_APP_URL: app.url, PLASMA_E2E_SYNC_URL: sync.url },
      onLine: (line) => console.log(line),
    });
    const { code } = await tests.exited;
    if (code !== 0 && !isStopping()) throw new Complaint("The smoke test of the preview failed.");
    await stopAllGroups();
  } finally {
    rmSync(persistDir, { recursive: true, force: true });
  }
}

async function startServers({ appPort, syncPort, persistDir, output }) {
  await assertPortFree(appPort, { name: "the preview", envName: "PLASMA_PREVIEW_PORT" });
  await assertPortFree(syncPort, { name: "the sync worker", envName: "PLASMA_SYNC_PORT" });
  console.log("Building the app for Cloudflare Pages …");
  await buildPages({ syncUrl: `http://localhost:${syncPort}` });
  console.log("Starting the sync worker and Pages …");
  const [sync, app] = await Promise.all([
    startSeededSyncServer({ port: syncPort, appPort, persistDir, onLine: output.from("sync") }),
    startPages(appPort, output.from("app")),
  ]);
  return { sync, app };
}

async function startPages(port, onLine) {
  const wrangler = createRequire(import.meta.url).resolve("wrangler/package.json");
  const group = startGroup({
    name: "`wrangler pages dev`",
    command: process.execPath,
    args: [
      join(wrangler, "..", "bin", "wrangler.js"),
      // What it serves, and with which date and flags, is in the app's wrangler.jsonc.
      ...["pages", "dev", "--ip", "127.0.0.1", "--port", String(port)],
    ],
    cwd: join(repoRoot, "apps", "todo"),
    onLine,
  });
  const url = `http://localhost:${port}`;
  const response = await waitForHttp(url, {
    timeoutMs: PAGES_TIMEOUT_MS,
    accept: ({ ok }) => ok,
    isAlive: group.isRunning,
  });
  if (!response) throw new Complaint(`Pages did not start. Its log ends with:\n${group.tail()}`);
  await response.body?.cancel();
  return { url, group };
}
