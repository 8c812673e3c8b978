/**
 * Builds the app and serves it for the whole run (Playwright's global setup).
 *
 * It is the production build: only that one has the service worker, it does not compile pages while
 * a test waits for them, and React does not run its effects twice. It takes about as long to build
 * as the development server takes to compile the same pages.
 */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { startGroup } from "../../../tools/scripts/process-group.mjs";
import { waitForHttp } from "../../../tools/scripts/wait-for-http.mjs";
import { addresses, portOf } from "./addresses.ts";

const appDir = fileURLToPath(new URL("../../todo", import.meta.url));
const START_TIMEOUT_MS = 60_000;

export default async function serveApp(): Promise<() => Promise<void>> {
  const { appUrl, syncUrl } = addresses();
  const env = { NEXT_PUBLIC_PLASMA_SYNC_URL: syncUrl };
  const build = startGroup({
    name: "the build of the app",
    command: process.execPath,
    args: [`${appDir}/build.mjs`],
    cwd: appDir,
    env,
  });
  const { code } = await build.exited;
  if (code !== 0) throw new Error(`The app does not build. Its log ends with:\n${build.tail()}`);

  const port = String(portOf(appUrl));
  const server = next("the app", ["start", "--port", port, "--hostname", "127.0.0.1"], env);
  const response = await waitForHttp(appUrl, {
    timeoutMs: START_TIMEOUT_MS,
    accept: ({ ok }: Response) => ok,
    isAlive: server.isRunning,
  });
  if (!response) {
    await server.kill();
    throw new Error(`The app does not start. Its log ends with:\n${server.tail()}`);
  }
  await response.body?.cancel();
  return () => server.stop();
}

function next(name: string, args: string[], env: Record<string, string>) {
  const cli = createRequire(`${appDir}/package.json`).resolve("next/dist/bin/next");
  return startGroup({ name, command: process.execPath, args: [cli, ...args], cwd: appDir, env });
}
