import { defineConfig } from "vitest/config";

// A package has one config for each kind of test it has: `npx vitest run --project plasma-client`
// runs its Node tests, `--project 'plasma-client*'` all of them.
export default defineConfig({
  test: {
    projects: ["{libs,apps,tools}/*/vitest{,.browser,.worker}.config.ts"],
  },
});
