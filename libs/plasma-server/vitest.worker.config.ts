import { workerProject } from "../../tools/vitest/projects.ts";

export default workerProject("plasma-server-worker", {
  // The Durable Object's class is looked up here; the tests run in the same isolate.
  main: "./src/coordinator/index.ts",
  miniflare: {
    compatibilityDate: "2026-04-01",
    compatibilityFlags: ["nodejs_compat"],
    d1Databases: ["DB"],
    durableObjects: { COORDINATOR: { className: "SyncCoordinator", useSQLite: true } },
  },
});
