/**
 * Builds the app and serves it for the whole run (Playwright's global setup): with `next start`, or,
 * if PLASMA_E2E_BUILD is "pages", as Cloudflare Pages does.
 *
 * It is a production build: only that one has the service worker, it does not compile pages while
 * a test waits for them, and React does not run its effects twice.
 */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { buildPages } from "../../../tools/pages/build.mjs";
import { servePages } from "../../../tools/pages/serve.mjs";
import { startGroup } from "../../../tools/scripts/process-group.mjs";
import { waitForHttp } from "../../../tools/scripts/wait-for-http.mjs";
import { addresses, portOf } from "./addresses.ts";

const appDir = fileURLToPath(new URL("../../todo", import.meta.url));
const START_TIMEOUT_MS = 60_000;

export default async function serveApp(): Promise<() => Promise<void>> {
  const { appUrl, syncUrl } = addresses();
  const wanted = { port: portOf(appUrl), syncUrl };
  const build = process.env.PLASMA_E2E_BUILD ?? "next";
  if (build === "pages") return await servePagesBuild(wanted);
  if (build === "next") return await serveNextBuild(wanted);
  throw new Error(`PLASMA_E2E_BUILD is "next" or "pages", not "${build}".`);
}

interface Wanted {
  readonly port: number;
  readonly syncUrl: string;
}

async function servePagesBuild({ port, syncUrl }: Wanted): Promise<() => Promise<void>> {
  await buildPages({ syncUrl });
  const { group } = await servePages({ port });
  return () => group.stop();
}

async function serveNextBuild({ port, syncUrl }: Wanted): Promise<() => Promise<void>> {
  const env = { NEXT_PUBLIC_PLASMA_SYNC_URL: syncUrl };
  const run = (name: string, args: string[]) =>
    startGroup({ name, command: process.execPath, args, cwd: appDir, env });
  const build = run("the build of the app", [`${appDir}/build.mjs`]);
  const { code } = await build.exited;
  if (code !== 0) throw new Error(`The app does not build. Its log ends with:\n${build.tail()}`);

  const cli = createRequire(`${appDir}/package.json`).resolve("next/dist/bin/next");
  const address = ["--port", String(port), "--hostname", "127.0.0.1"];
  const server = run("the app", [cli, "start", ...address]);
  const response = await waitForHttp(`http://localhost:${port}`, {
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
