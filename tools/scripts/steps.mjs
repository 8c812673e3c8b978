/** The steps of `npm test`: each runs one tool and tells how many tests passed and failed. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { findChromium } from "./chromium.mjs";
import { quietEnv } from "./env.mjs";
import { repoRoot } from "./setup.mjs";

/** @typedef {{ passed: number, failed: number, skipped?: number, note?: string }} StepResult */

const require = createRequire(import.meta.url);
const reportDir = join(repoRoot, "node_modules", ".cache", "plasma-test");

/** In the order in which they run: what finds most in the least time comes first. */
export const steps = [
  { name: "format", run: () => asOneTest(runBin("prettier", ["--check", "."])) },
  { name: "typecheck", run: typecheck },
  { name: "lint", run: lint },
  { name: "vitest", run: vitest },
  { name: "simulate", run: simulate },
  { name: "e2e", run: e2e },
];

/** `tsc` in each package, two at a time: that is how many cores there are at least. */
async function typecheck() {
  const waiting = packagesWith("tsconfig.json");
  const failed = [];
  const worker = async () => {
    for (let dir = waiting.shift(); dir; dir = waiting.shift()) {
      const { code, output } = await capture("typescript", "tsc", ["--noEmit", "--pretty"], dir);
      console.log(`${code === 0 ? "  ok  " : "FAILED"} ${relative(repoRoot, dir)}`);
      if (code === 0) continue;
      failed.push(dir);
      console.log(output);
    }
  };
  await Promise.all([worker(), worker()]);
  return { passed: failed.length === 0 ? 1 : 0, failed: failed.length === 0 ? 0 : 1 };
}

async function lint() {
  const eslint = await asOneTest(runBin("eslint", ["."]));
  const cruise = await asOneTest(
    runBin("dependency-cruiser", ["--config", ".dependency-cruiser.mjs", "apps", "libs", "tools"], {
      bin: "depcruise",
    }),
  );
  return { passed: eslint.passed + cruise.passed, failed: eslint.failed + cruise.failed };
}

async function vitest() {
  const report = freshReport("vitest.json");
  const code = await runBin("vitest", [
    "run",
    // Vitest would leave one processor idle, and often there are only two.
    `--maxWorkers=${availableParallelism()}`,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ]);
  const json = readReport(report);
  return withExitCode(code, {
    passed: json?.numPassedTests ?? 0,
    failed: json?.numFailedTests ?? 0,
    skipped: (json?.numPendingTests ?? 0) + (json?.numTodoTests ?? 0),
  });
}

/** The simulator: as many seeds as a push can wait for, and the bugs that it must find. */
async function simulate() {
  const seeds = 300;
  const runs = [
    ["tools/scripts/bug-bank.mjs", "--replay"],
    ["tools/scripts/simulate.mjs", "--seeds", String(seeds)],
  ];
  let failed = 0;
  for (const args of runs) if ((await runNode(args)) !== 0) failed++;
  return { passed: runs.length - failed, failed, note: `${seeds} seeds, and the bug bank` };
}

/** Against what Cloudflare Pages serves, because that is what people get. */
async function e2e() {
  const cwd = join(repoRoot, "apps", "todo-e2e");
  if (!existsSync(join(cwd, "playwright.config.ts"))) {
    return { passed: 0, failed: 0, note: "there are no end-to-end tests" };
  }
  const report = freshReport("playwright.json");
  const code = await runBin("@playwright/test", ["test", "--reporter=list,json"], {
    bin: "playwright",
    cwd,
    env: {
      PLASMA_E2E_BUILD: "pages",
      PLAYWRIGHT_JSON_OUTPUT_FILE: report,
      PLASMA_CHROMIUM: findChromium(),
    },
  });
  const stats = readReport(report)?.stats;
  return withExitCode(code, {
    passed: (stats?.expected ?? 0) + (stats?.flaky ?? 0),
    failed: stats?.unexpected ?? 0,
    skipped: stats?.skipped ?? 0,
  });
}

/** A tool that fails with no failed test (it crashed, say) has failed as well. */
function withExitCode(code, counts) {
  if (code === 0 || counts.failed > 0) return counts;
  return { ...counts, failed: 1, note: `ended with code ${code} and no failed test` };
}

async function asOneTest(run) {
  const code = await run;
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

/** Every package with that file, and the tools. */
function packagesWith(file) {
  return ["libs", "apps"]
    .flatMap((group) => readdirSync(join(repoRoot, group)).map((name) => join(group, name)))
    .concat("tools")
    .map((dir) => join(repoRoot, dir))
    .filter((dir) => existsSync(join(dir, file)));
}

function runBin(packageName, args, { bin = packageName, ...options } = {}) {
  return runNode([binOf(packageName, bin), ...args], options);
}

function runNode(args, { cwd = repoRoot, env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: quietEnv(env),
      stdio: ["ignore", "inherit", "inherit"],
    });
    child.once("error", () => resolve(1));
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

function capture(packageName, bin, args, cwd) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [binOf(packageName, bin), ...args], {
      cwd,
      env: quietEnv(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk) => {
        output += chunk;
      });
    }
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** The program of a package. Read from its manifest, which not every package exports. */
function binOf(packageName, bin) {
  const dir = join(repoRoot, "node_modules", packageName);
  const manifest = require(join(dir, "package.json"));
  return join(dir, typeof manifest.bin === "string" ? manifest.bin : manifest.bin[bin]);
}

function freshReport(name) {
  mkdirSync(reportDir, { recursive: true });
  const path = join(reportDir, name);
  rmSync(path, { force: true });
  return path;
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
