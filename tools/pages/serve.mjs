/** Serves what `build.mjs` has built, as Cloudflare Pages does: with wrangler, on this machine. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { Complaint } from "../scripts/complaint.mjs";
import { startGroup } from "../scripts/process-group.mjs";
import { repoRoot } from "../scripts/setup.mjs";
import { waitForHttp } from "../scripts/wait-for-http.mjs";

const START_TIMEOUT_MS = 60_000;

/** @param {{ port: number, onLine?: (line: string) => void }} options */
export async function servePages({ port, onLine }) {
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
    timeoutMs: START_TIMEOUT_MS,
    accept: ({ ok }) => ok,
    isAlive: group.isRunning,
  });
  if (!response) {
    await group.kill();
    throw new Complaint(`Pages did not start. Its log ends with:\n${group.tail()}`);
  }
  await response.body?.cancel();
  return { url, group };
}
