/**
 * The acceptance tests: people in real browser windows, the production build of the app, and the
 * real worker on a database on disk.
 *
 * One test at a time: all of them talk to one worker, which some of them kill, and two browsers at
 * once are enough for two cores.
 */
import { defineConfig } from "@playwright/test";
import { chooseAddresses } from "./support/addresses.ts";
import { chromiumOptions } from "./support/chromium-options.ts";

const { appUrl } = await chooseAddresses();

export default defineConfig({
  testDir: "tests",
  globalSetup: "./support/app-server.ts",
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    baseURL: appUrl,
    launchOptions: chromiumOptions(),
    trace: "retain-on-failure",
  },
});
