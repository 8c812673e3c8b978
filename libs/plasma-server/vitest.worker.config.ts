import { workerProject } from "../../tools/vitest/projects.ts";

export default workerProject("plasma-server-worker", {
  miniflare: {
    compatibilityDate: "2026-04-01",
    compatibilityFlags: ["nodejs_compat"],
    d1Databases: ["DB"],
  },
});
