import { fileURLToPath } from "node:url";
import { workerProject } from "../../tools/vitest/projects.ts";

export default workerProject("sync-worker", {
  wrangler: { configPath: fileURLToPath(new URL("./wrangler.jsonc", import.meta.url)) },
  miniflare: {
    d1Databases: ["OTHER_DB"],
    bindings: {
      APP_ORIGINS: "https://todo.test",
      DEMO: "true",
      SESSION_SECRET: "a-secret-that-only-the-tests-know",
    },
  },
});
