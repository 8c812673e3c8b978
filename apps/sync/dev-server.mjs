/**
 * The sync worker on this machine, for `npm start` and for the end-to-end tests.
 *
 *   node apps/sync/dev-server.mjs [--port 8787] [--persist .plasma] [--app-origins URL,URL] [--watch]
 *
 * The worker runs in a process group of its own (`dev-runtime.mjs`, and the workerd it starts), so
 * that it can be stopped, killed and started again on the same data.
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Complaint, runMain } from "../../tools/scripts/complaint.mjs";
import { assertPortsFree } from "../../tools/scripts/ports.mjs";
import { endGroupsOnSignal, startGroup } from "../../tools/scripts/process-group.mjs";
import { waitForHttp } from "../../tools/scripts/wait-for-http.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const START_TIMEOUT_MS = 60_000;

/**
 * Starts the worker and waits until it answers.
 *
 * @param {{
 *   port: number, persistDir: string, appOrigins: string[], watch?: boolean,
 *   onLine?: (line: string) => void,
 * }} options
 *   `persistDir` keeps the database and the session secret; `watch` reloads the worker when its
 *   source changes; `onLine` sees the worker's log.
 */
export async function startSyncServer({ port, persistDir, appOrigins, watch = false, onLine }) {
  await assertPortsFree([{ port, name: "the sync worker", envName: "PLASMA_SYNC_PORT" }]);
  const group = startGroup({
    name: "the sync worker",
    command: process.execPath,
    args: [
      join(here, "dev-runtime.mjs"),
      ...["--port", String(port)],
      ...["--persist", resolve(persistDir)],
      ...["--app-origins", appOrigins.join(",")],
      ...(watch ? ["--watch"] : []),
    ],
    cwd: here,
    onLine,
  });
  const url = `http://localhost:${port}`;
  const healthy = await waitForHttp(`${url}/health`, {
    timeoutMs: START_TIMEOUT_MS,
    accept: (response) => response.ok,
    isAlive: group.isRunning,
  });
  if (!healthy) {
    await group.kill();
    throw new Complaint(`The sync worker did not start. Its log ends with:\n${group.tail()}`);
  }
  return {
    url,
    group,
    /** Ends the worker in good order. */
    stop: () => group.stop(),
    /** Ends it at once, with SIGKILL, in the middle of whatever it does. */
    kill: () => group.kill(),
  };
}

async function main() {
  endGroupsOnSignal();
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8787" },
      persist: { type: "string", default: join(here, "..", "..", ".plasma") },
      "app-origins": { type: "string", default: "http://localhost:3000,http://127.0.0.1:3000" },
      watch: { type: "boolean", default: false },
    },
  });
  const server = await startSyncServer({
    port: Number(values.port),
    persistDir: values.persist,
    appOrigins: values["app-origins"].split(","),
    watch: values.watch,
    onLine: (line) => console.log(line),
  });
  console.log(`The sync worker is running: ${server.url}`);
  const { code } = await server.group.exited;
  process.exitCode = code ?? 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runMain(main);
