/**
 * The three kinds of test project. The suffix of a test file tells where it runs:
 * `.test.ts` in Node, `.browser.test.ts` in a real Chromium, `.worker.test.ts` in workerd.
 */
import { fileURLToPath } from "node:url";
import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumArgs, findChromium } from "../scripts/chromium.mjs";

type WorkerOptions = Parameters<typeof cloudflareTest>[0];

const BROWSER_TESTS = ["**/*.browser.test.{ts,tsx}"];
const WORKER_TESTS = ["**/*.worker.test.ts"];
const NOT_OURS = ["**/node_modules/**", "**/dist/**", "**/.next*/**"];

interface NodeOptions {
  setupFiles?: string[];
  /** Whether its tests need a Postgres: `inject("postgres")`. */
  postgres?: boolean;
  /** Whether its tests start browsers by themselves: `inject("chromium")`. */
  chromium?: boolean;
}

export function nodeProject(name: string, options: NodeOptions = {}) {
  return defineConfig({
    test: {
      name,
      environment: "node",
      include: ["**/*.test.{ts,tsx}"],
      exclude: [...NOT_OURS, ...BROWSER_TESTS, ...WORKER_TESTS],
      passWithNoTests: true,
      // A hang is what it guards against: seeded runs may take many seconds where cores are few and busy.
      testTimeout: 60_000,
      hookTimeout: 60_000,
      setupFiles: options.setupFiles ?? [],
      globalSetup: (["postgres", "chromium"] as const)
        .filter((service) => options[service])
        .map((service) => fileURLToPath(new URL(`./${service}.ts`, import.meta.url))),
    },
  });
}

export function browserProject(name: string, options: { optimizeDeps?: string[] } = {}) {
  const executablePath = findChromium();
  return defineConfig({
    // Vite would otherwise find these while the tests run, and reload the page under them.
    optimizeDeps: { include: options.optimizeDeps ?? [] },
    test: {
      name,
      include: BROWSER_TESTS,
      exclude: NOT_OURS,
      passWithNoTests: true,
      testTimeout: 60_000,
      hookTimeout: 60_000,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({
          launchOptions: { args: chromiumArgs, ...(executablePath ? { executablePath } : {}) },
        }),
        instances: [{ browser: "chromium" }],
      },
    },
  });
}

export function workerProject(name: string, options: WorkerOptions) {
  return defineConfig({
    plugins: [cloudflareTest(options)],
    test: {
      name,
      include: WORKER_TESTS,
      exclude: NOT_OURS,
      passWithNoTests: true,
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  });
}
