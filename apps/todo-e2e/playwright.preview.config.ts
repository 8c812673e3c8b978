/** The smoke test of what Pages serves: `npm run preview -- --smoke` starts the servers. */
import { defineConfig } from "@playwright/test";
import { addresses } from "./support/addresses.ts";
import { chromiumOptions } from "./support/chromium-options.ts";

export default defineConfig({
  testDir: "smoke",
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: { baseURL: addresses().appUrl, launchOptions: chromiumOptions() },
});
