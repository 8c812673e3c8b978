/**
 * `npm run preview`: the production build as Cloudflare Pages serves it, with the sync worker, on
 * this machine.
 *
 *   npm run preview                     PLASMA_PREVIEW_PORT and PLASMA_SYNC_PORT choose other ports
 *   npm run preview -- --e2e            runs the end-to-end tests against it instead, and ends
 *   npm run preview -- --e2e offline    … those whose file is named like that
 *
 * It has a port of its own, because its service worker would otherwise answer for the development
 * server. Its data is that of `npm start`; the tests have free ports and data of their own.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { buildPages } from "../pages/build.mjs";
import { servePages } from "../pages/serve.mjs";
import { ensureChromium, findChromium } from "./chromium.mjs";
import { runCommand } from "./command-line.mjs";
import { Complaint } from "./complaint.mjs";
import { complainWhenItEnds, createOutput, startSeededSyncServer } from "./local-servers.mjs";
import { claimFolder } from "./one-at-a-time.mjs";
import { assertPortsFree, defaultPorts, portFromEnv } from "./ports.mjs";
import { endGroupsOnSignal, isStopping, startGroup, stopAllGroups } from "./process-group.mjs";
import { ensureBetterSqlite3, ensureInstalled, repoRoot } from "./setup.mjs";

const spec = {
  command: "npm run preview",
  does: "Runs the production build as Cloudflare Pages serves it, with the sync worker, on this machine.",
  options: {
    e2e: {
      type: "boolean",
      default: false,
      does: "Runs the end-to-end tests against it instead, and ends.",
    },
  },
  positionals: {
    takes: "NAME …",
    does: "With --e2e: the tests whose file is named like that, such as `--e2e offline`.",
  },
  notes: [
    `PLASMA_PREVIEW_PORT (${defaultPorts.preview}) and PLASMA_SYNC_PORT (${defaultPorts.sync}) choose other ports.`,
  ],
};

await runCommand(spec, async ({ values, positionals }) => {
  if (!values.e2e && positionals.length > 0) {
    throw new Complaint(`"${positionals[0]}" names tests, and those run with --e2e alone.`);
  }
  ensureInstalled();
  endGroupsOnSignal();
  try {
    await (values.e2e ? endToEnd(positionals) : preview());
  } finally {
    await stopAllGroups();
  }
});

async function preview() {
  const appPort = portFromEnv("PLASMA_PREVIEW_PORT", defaultPorts.preview);
  const syncPort = portFromEnv("PLASMA_SYNC_PORT", defaultPorts.sync);
  await claimFolder(repoRoot, { command: spec.command, url: `http://localhost:${appPort}` });
  await assertPortsFree([
    { port: appPort, name: "the preview", envName: "PLASMA_PREVIEW_PORT" },
    { port: syncPort, name: "the sync worker", envName: "PLASMA_SYNC_PORT" },
  ]);
  console.log("Building the app for Cloudflare Pages …");
  await buildPages({ syncUrl: `http://localhost:${syncPort}` });
  console.log("Starting the sync worker and Pages …");
  const output = createOutput();
  const [sync, app] = await Promise.all([
    startSeededSyncServer({
      port: syncPort,
      appPort,
      persistDir: join(repoRoot, ".plasma"),
      onLine: output.from("sync"),
    }),
    servePages({ port: appPort, onLine: output.from("app") }),
  ]);
  console.log(`The preview is running: ${app.url}`);
  console.log("Press Ctrl-C to end it.");
  output.show();
  await Promise.race([complainWhenItEnds(sync.group), complainWhenItEnds(app.group)]);
}

/** The tests build and serve the app themselves, once they know their ports. */
async function endToEnd(filters) {
  ensureBetterSqlite3();
  ensureChromium();
  const e2eDir = join(repoRoot, "apps", "todo-e2e");
  const playwright = createRequire(join(e2eDir, "package.json")).resolve("@playwright/test/cli");
  const tests = startGroup({
    name: "the end-to-end tests",
    command: process.execPath,
    args: [playwright, "test", ...filters],
    cwd: e2eDir,
    env: { PLASMA_E2E_BUILD: "pages", PLASMA_CHROMIUM: findChromium() ?? "" },
    onLine: (line) => console.log(line),
  });
  const { code } = await tests.exited;
  if (code === 0 || isStopping()) return;
  throw new Complaint("Some end-to-end tests failed against the build for Pages, see above.");
}
