/** What each tool of `npm test` says of a failure, by the tool itself in a folder of its own, and what the summary makes of it. */

import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  cruiserFailures,
  eslintFailures,
  failureLines,
  playwrightFailures,
  prettierFailures,
  simulationFailures,
  vitestFailures,
} from "./failures.mjs";
import { repoRoot } from "./setup.mjs";

let folder = "";

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "plasma-failures-")));
  symlinkSync(join(repoRoot, "node_modules"), join(folder, "node_modules"));
  write("package.json", '{ "type": "module" }\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("failures are found in what is reported by", () => {
  it("vitest, by file and full name, and as a file when nothing of it could run", () => {
    write(
      "sums/sum.test.ts",
      `describe("a sum", () => {
        it("is right", () => expect(1 + 1).toBe(2));
        it("is wrong", () => expect(1 + 1).toBe(3));
      });`,
    );
    write("broken.test.ts", 'throw new Error("It has no floor.\\nNor a roof.");');
    write(
      "hook.test.ts",
      'beforeAll(() => { throw new Error("No hook."); }); it("runs", () => {});',
    );
    run("vitest", "vitest", ["run", "--globals", "--reporter=json", "--outputFile=report.json"]);
    const failures = vitestFailures(report(), folder);
    expect(failures.toSorted((a, b) => a.file.localeCompare(b.file))).toEqual([
      { file: "broken.test.ts", error: "It has no floor." },
      { file: "hook.test.ts", error: "No hook." },
      {
        file: "sums/sum.test.ts",
        name: "a sum > is wrong",
        error: "AssertionError: expected 2 to be 3 // Object.is equality",
      },
    ]);
  });

  it("playwright, by file and full name, and what belongs to no test", () => {
    write(
      "tests/sums.spec.ts",
      `import { expect, test } from "@playwright/test";
      test.describe("a sum", () => {
        test("is right", () => expect(1 + 1).toBe(2));
        test("is wrong", () => expect(1 + 1, "one and one").toBe(3));
      });`,
    );
    const args = ["test", "--reporter=json"];
    const env = { PLAYWRIGHT_JSON_OUTPUT_FILE: join(folder, "report.json") };
    run("@playwright/test", "playwright", args, env);
    expect(playwrightFailures(report(), folder)).toEqual([
      { file: "tests/sums.spec.ts", name: "a sum > is wrong", error: "Error: one and one" },
    ]);

    write("tests/broken.spec.ts", 'throw new Error("It has no floor.");');
    run("@playwright/test", "playwright", args, env);
    expect(playwrightFailures(report(), folder)).toContainEqual({
      file: "tests/broken.spec.ts",
      error: "Error: It has no floor.",
    });
  });

  it("prettier, by file", () => {
    write("one.ts", "let   one=1");
    write("two.ts", "let two = ;");
    const output = run("prettier", "prettier", ["--check", "one.ts", "two.ts"]);
    expect(prettierFailures(output)).toEqual([
      { file: "one.ts", error: "is formatted by `npm run format`" },
      { file: "two.ts", error: expect.stringContaining("SyntaxError: Expression expected.") },
    ]);
  });

  it("eslint, by file with its first error, and not for a warning", () => {
    write(
      "eslint.config.mjs",
      'export default [{ rules: { "no-undef": "error", "no-var": "warn" } }];',
    );
    write("lib/wrong.mjs", "var one = 1;\nexport default one + two + three;\n");
    write("lib/warned.mjs", "var one = 1;\nexport default one;\n");
    const output = run("eslint", "eslint", ["lib", "--color"]);
    expect(eslintFailures(output, folder)).toEqual([
      { file: "lib/wrong.mjs", error: "2:22 'two' is not defined no-undef" },
    ]);
  });

  it("dependency-cruiser, by file with the rule", () => {
    write("lib/one.mjs", 'import "./two.mjs";');
    write("lib/two.mjs", 'import "./one.mjs";');
    write(
      "rules.mjs",
      'export default { forbidden: [{ name: "no-cycles", severity: "error", from: {}, to: { circular: true } }] };',
    );
    const output = run("dependency-cruiser", "depcruise", ["--config", "rules.mjs", "lib"]);
    expect(cruiserFailures(output)).toContainEqual({
      file: "lib/one.mjs",
      error: "breaks the rule no-cycles",
    });
  });
});

it("a seed that fails and a planted bug that is not caught are found in what the simulator prints", () => {
  const output = [
    "\nseed 7 (--ops 500), course a1:\n  a row is missing\n    and so on",
    "seed 8: two courses, a1 and b2",
    "300 seeds from 1, 2 violations: seeds 7, 8",
    "seed 9 (--ops 100) with no bug planted:\n  C5: a sum of 500",
    "not caught: a pull that forgets",
    "not planted: a pull that remembers",
  ].join("\n");
  expect(simulationFailures(output, "simulate.mjs")).toEqual([
    { file: "simulate.mjs", name: "seed 7", error: "a row is missing" },
    { file: "simulate.mjs", name: "seed 8", error: "two courses, a1 and b2" },
    { file: "simulate.mjs", name: "seed 9", error: "C5: a sum of 500" },
    { file: "simulate.mjs", error: "not caught: a pull that forgets" },
    { file: "simulate.mjs", error: "not planted: a pull that remembers" },
  ]);
});

describe("the summary", () => {
  it("names each failure with its step and the first line of its error", () => {
    const failures = [
      { file: "a.test.ts", name: "a > b", error: "Error: no" },
      { file: "b.test.ts", name: "c" },
    ];
    expect(failureLines([{ name: "lint" }, { name: "vitest", failures }])).toEqual([
      "",
      "Failed",
      "  vitest     a.test.ts > a > b",
      "             Error: no",
      "  vitest     b.test.ts > c",
      "",
    ]);
  });

  it("says nothing when nothing failed", () => {
    expect(failureLines([{ name: "lint" }, { name: "vitest", failures: [] }])).toEqual([]);
  });

  it("names twenty, and counts the others", () => {
    const failures = Array.from({ length: 23 }, (_, at) => ({ file: `${at}.test.ts` }));
    const lines = failureLines([{ name: "vitest", failures }]);
    expect(lines.filter((line) => line.includes(".test.ts"))).toHaveLength(20);
    expect(lines).toContain("  … and 3 more, see above.");
  });
});

function write(path: string, text: string): void {
  mkdirSync(join(folder, dirname(path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** Runs a program of a package in the folder, and gives what it printed. */
function run(packageName: string, bin: string, args: string[], env = {}): string {
  const dir = join(repoRoot, "node_modules", packageName);
  const manifest = createRequire(import.meta.url)(join(dir, "package.json"));
  const program = join(dir, typeof manifest.bin === "string" ? manifest.bin : manifest.bin[bin]);
  const { NODE_OPTIONS: _options, VITEST: _vitest, ...own } = process.env;
  const { stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    env: { ...own, ...env },
    encoding: "utf8",
  });
  return stdout + stderr;
}

function report(): unknown {
  return JSON.parse(readFileSync(join(folder, "report.json"), "utf8"));
}
