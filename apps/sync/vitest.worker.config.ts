import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { workerProject } from "../../tools/vitest/projects.ts";

const configPath = fileURLToPath(new URL("./wrangler.jsonc", import.meta.url));

export default workerProject("sync-worker", {
  ...(existsSync(configPath) ? { wrangler: { configPath } } : {}),
  miniflare: {
    compatibilityDate: "2026-04-01",
    compatibilityFlags: ["nodejs_compat"],
    bindings: { SESSION_SECRET: "a-secret-that-only-the-tests-know" },
  },
});
