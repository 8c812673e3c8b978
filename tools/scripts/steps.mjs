/** The steps of `npm test`: each runs one tool and tells how many tests passed and failed, and which those were. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { QUIET } from "./bug-catches.mjs";
import { findChromium } from "./chromium.mjs";
import { quietEnv } from "./env.mjs";
import {
  cruiserFailures,
  eslintFailures,
  playwrightFailures,
  prettierFailures,
  simulationFailures,
  vitestFailures,
} from "./failures.mjs";
import { repoRoot } from "./setup.mjs";

/**
 * @typedef {object} StepResult
 * @property {number} passed
 * @property {number} failed
 * @property {number} [skipped]
 * @property {string} [note]
 * @property {import("./failures.mjs").Failure[]} [failures]
 */

const require = createRequire(import.meta.url);
const reportDir = join(repoRoot, "node_modules", ".cache", "plasma-test");

/**
 * In the order in which they run: what finds most in the least time comes first. Those that only look at the sources run
 * beside each other, since most of them are one process, and what they say is shown when they are over.
 */
export const steps = [
  { name: "format", run: format, isStatic: true },
  { name: "typecheck", run: typecheck, isStatic: true },
  { name: "lint", run: lint, isStatic: true },
  { name: "vitest", run: vitest },
  { name: "simulate", run: simulate },
  { name: "e2e", run: e2e },
];

async function format() {
  const { code, output } = await keepAndShow(binOf("prettier"), ["--check", "."]);
  return asOneTest(code, { file: "prettier --check .", failures: prettierFailures(output) });
}

/** `tsc` in each package, two at a time: that is how many cores there are at least. */
async function typecheck() {
  const waiting = packagesWith("tsconfig.json");
  const total = waiting.length;
  const failures = [];
  const worker = async () => {
    for (let dir = waiting.shift(); dir; dir = waiting.shift()) {
      const tsc = binOf("typescript", "tsc");
      const { code, output } = await keep(tsc, ["--noEmit", "--pretty"], { cwd: dir });
      const name = relative(repoRoot, dir);
      console.log(`${code === 0 ? "  ok  " : "FAILED"} ${name}`);
      if (code === 0) continue;
      failures.push({ file: name, error: firstTypeError(output) });
      console.log(output);
    }
  };
  await Promise.all([worker(), worker()]);
  return { passed: total - failures.length, failed: failures.length, failures };
}

async function lint() {
  const eslint = await keepAndShow(binOf("eslint"), ["."]);
  const folders = ["apps", "libs", "tools"];
  const cruise = await keepAndShow(binOf("dependency-cruiser", "depcruise"), [
    ...["--config", ".dependency-cruiser.mjs", ...folders],
  ]);
  return together([
    asOneTest(eslint.code, { file: "eslint .", failures: eslintFailures(eslint.output, repoRoot) }),
    asOneTest(cruise.code, { file: "depcruise", failures: cruiserFailures(cruise.output) }),
  ]);
}

async function vitest() {
  const report = freshReport("vitest.json");
  const code = await show(binOf("vitest"), [
    "run",
    // Vitest would leave one processor idle, and often there are only two.
    `--maxWorkers=${availableParallelism()}`,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ]);
  const json = readReport(report);
  const failures = vitestFailures(json, repoRoot);
  return withExitCode(code, {
    passed: json?.numPassedTests ?? 0,
    failed: failures.length,
    skipped: (json?.numPendingTests ?? 0) + (json?.numTodoTests ?? 0),
    failures,
  });
}

/** The simulator: as many seeds as a push can wait for, and the bugs that it must find. */
async function simulate() {
  const { seeds, ops } = QUIET;
  const runs = [
    ["tools/scripts/bug-bank.mjs", "--replay"],
    ["tools/scripts/simulate.mjs", "--seeds", String(seeds), "--ops", String(ops)],
  ];
  const results = [];
  for (const [script, ...args] of runs) {
    const { code, output } = await showAndKeep(join(repoRoot, script), args);
    results.push(asOneTest(code, { file: script, failures: simulationFailures(output, script) }));
  }
  return { ...together(results), note: `${seeds} seeds, and the bug bank` };
}

/** Against what Cloudflare Pages serves, because that is what people get. */
async function e2e() {
  const cwd = join(repoRoot, "apps", "todo-e2e");
  if (!existsSync(join(cwd, "playwright.config.ts"))) {
    return { passed: 0, failed: 0, note: "there are no end-to-end tests" };
  }
  const report = freshReport("playwright.json");
  const code = await show(
    binOf("@playwright/test", "playwright"),
    ["test", "--reporter=list,json"],
    {
      cwd,
      env: {
        PLASMA_E2E_BUILD: "pages",
        PLAYWRIGHT_JSON_OUTPUT_FILE: report,
        PLASMA_CHROMIUM: findChromium(),
      },
    },
  );
  const json = readReport(report);
  const failures = playwrightFailures(json, repoRoot);
  return withExitCode(code, {
    passed: (json?.stats?.expected ?? 0) + (json?.stats?.flaky ?? 0),
    failed: failures.length,
    skipped: json?.stats?.skipped ?? 0,
    failures,
  });
}

/** A tool that fails with no failed test (it crashed, say) has failed as well. */
function withExitCode(code, counts) {
  if (code === 0 || counts.failed > 0) return counts;
  const note = `ended with code ${code} and no failed test`;
  return { ...counts, failed: 1, note, failures: [{ file: "the whole run", error: note }] };
}

/** @returns {StepResult} with at least one failure listed when the tool ended with another code than 0. */
function asOneTest(code, { file, failures }) {
  if (code === 0) return { passed: 1, failed: 0 };
  const unnamed = [{ file, error: `ended with code ${code}, see above` }];
  return { passed: 0, failed: 1, failures: failures.length > 0 ? failures : unnamed };
}

/** @param {StepResult[]} results */
function together(results) {
  return {
    passed: results.reduce((total, { passed }) => total + passed, 0),
    failed: results.reduce((total, { failed }) => total + failed, 0),
    failures: results.flatMap(({ failures = [] }) => failures),
  };
}

function firstTypeError(output) {
  const line = stripVTControlCharacters(output)
    .split("\n")
    .find((text) => text.includes("error TS"));
  return line?.trim();
}

/** Every package with that file, and the tools. */
function packagesWith(file) {
  return ["libs", "apps"]
    .flatMap((group) => readdirSync(join(repoRoot, group)).map((name) => join(group, name)))
    .concat("tools")
    .map((dir) => join(repoRoot, dir))
    .filter((dir) => existsSync(join(dir, file)));
}

/** Runs a program with our terminal as its own, and gives its exit code. */
function show(program, args, { cwd = repoRoot, env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd,
      env: quietEnv(env),
      stdio: ["ignore", "inherit", "inherit"],
    });
    child.once("error", () => resolve(1));
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

/** Shows what a program prints while it prints it, and keeps it. */
function showAndKeep(program, args) {
  return keep(program, args, { env: inColour(), isShown: true });
}

/** Keeps what a program prints, and shows it in one piece. */
async function keepAndShow(program, args) {
  const kept = await keep(program, args, { env: inColour() });
  process.stdout.write(kept.output);
  return kept;
}

/** To a pipe they would write without colours. */
function inColour() {
  return process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
}

function keep(program, args, { cwd = repoRoot, env = {}, isShown = false }) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd,
      env: quietEnv(env),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const name of ["stdout", "stderr"]) {
      child[name].setEncoding("utf8").on("data", (chunk) => {
        output += chunk;
        if (isShown) process[name].write(chunk);
      });
    }
    child.once("error", (error) => resolve({ code: 1, output: error.message }));
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** The program of a package. Read from its manifest, which not every package exports. */
function binOf(packageName, bin = packageName) {
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
