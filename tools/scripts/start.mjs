/**
 * `npm start`: the sync worker and the app on this machine, installed first if need be.
 *
 * PLASMA_APP_PORT and PLASMA_SYNC_PORT choose other ports. The data is kept in `.plasma/`.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { runCommand } from "./command-line.mjs";
import { Complaint } from "./complaint.mjs";
import { complainWhenItEnds, createOutput, startSeededSyncServer } from "./local-servers.mjs";
import { claimFolder } from "./one-at-a-time.mjs";
import { assertPortsFree, defaultPorts, portFromEnv } from "./ports.mjs";
import { endGroupsOnSignal, startGroup, stopAllGroups } from "./process-group.mjs";
import { checkNode, ensureInstalled, repoRoot } from "./setup.mjs";
import { waitForHttp } from "./wait-for-http.mjs";

const APP_TIMEOUT_MS = 180_000;

const spec = {
  command: "npm start",
  does: "Runs the sync worker and the app on this machine, installed first if need be. The data is kept in `.plasma/`.",
  notes: [
    `PLASMA_APP_PORT (${defaultPorts.app}) and PLASMA_SYNC_PORT (${defaultPorts.sync}) choose other ports.`,
  ],
};

await runCommand(spec, async () => {
  checkNode();
  // Before the installation, so that nobody waits for it to be told of a port.
  const appPort = portFromEnv("PLASMA_APP_PORT", defaultPorts.app);
  const syncPort = portFromEnv("PLASMA_SYNC_PORT", defaultPorts.sync);
  await claimFolder(repoRoot, { command: spec.command, url: `http://localhost:${appPort}` });
  await assertPortsFree([
    { port: appPort, name: "the app", envName: "PLASMA_APP_PORT" },
    { port: syncPort, name: "the sync worker", envName: "PLASMA_SYNC_PORT" },
  ]);
  ensureInstalled();
  endGroupsOnSignal();
  try {
    await run(appPort, syncPort);
  } finally {
    await stopAllGroups();
  }
});

async function run(appPort, syncPort) {
  console.log("Starting the sync worker and the app …");
  const output = createOutput();
  const [sync, app] = await Promise.all([
    startSeededSyncServer({
      port: syncPort,
      appPort,
      persistDir: join(repoRoot, ".plasma"),
      watch: true,
      onLine: output.from("sync"),
    }),
    startApp(appPort, syncPort, output.from("app")),
  ]);
  console.log(`plasma is running: ${app.url}`);
  console.log("Press Ctrl-C to end it.");
  output.show();
  await Promise.race([complainWhenItEnds(sync.group), complainWhenItEnds(app.group)]);
}

async function startApp(port, syncPort, onLine) {
  const appDir = join(repoRoot, "apps", "todo");
  const nextCli = createRequire(join(appDir, "package.json")).resolve("next/dist/bin/next");
  const group = startGroup({
    name: "the app",
    command: process.execPath,
    args: [nextCli, "dev", "--turbopack", "--port", String(port), "--hostname", "127.0.0.1"],
    cwd: appDir,
    env: { NEXT_PUBLIC_PLASMA_SYNC_URL: `http://localhost:${syncPort}` },
    onLine,
    // Asked politely, Next starts a process for its telemetry that outlives it, even when that is
    // switched off. A development server has nothing to save.
    stopSignal: "SIGKILL",
  });
  const url = `http://localhost:${port}`;
  const response = await waitForHttp(url, {
    timeoutMs: APP_TIMEOUT_MS,
    isAlive: group.isRunning,
  });
  if (!response) throw new Complaint(`The app did not start. Its log ends with:\n${group.tail()}`);
  if (response.status >= 500) {
    console.log(`The app answers with status ${response.status}. Its log:\n${group.tail()}`);
  }
  await response.body?.cancel();
  return { url, group };
}
