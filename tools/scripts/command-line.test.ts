/** What the scripts say to `--help`, and to what they do not know. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repoRoot } from "./setup.mjs";

const commands = [
  { script: "start", command: "npm start", names: ["PLASMA_APP_PORT", "PLASMA_SYNC_PORT"] },
  { script: "test", command: "npm test", names: ["--only STEP,STEP", "vitest", "e2e"] },
  { script: "deploy", command: "npm run deploy", names: ["--dry-run", "--preview NAME"] },
  { script: "preview", command: "npm run preview", names: ["--e2e", "NAME …"] },
];

describe.each(commands)("$command", ({ script, command, names }) => {
  it("tells with --help what it does and what it takes, and does nothing", () => {
    const { status, stdout, stderr } = run(script, ["--help"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout.startsWith(command)).toBe(true);
    for (const name of [...names, "--help"]) expect(stdout).toContain(name);
  });

  it("refuses an option that there is not in one sentence, and names those that there are", () => {
    const { status, stdout, stderr } = run(script, ["--hurry"]);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr.trim().split("\n")).toEqual([
      expect.stringMatching(/^There is no option --hurry\. .* --help`\.$/),
    ]);
  });
});

it("a value that is missing, one too many, and a word too many are told in a sentence", () => {
  expect(run("test", ["--only"]).stderr).toContain("--only needs a value. `npm test` takes --only");
  expect(run("deploy", ["--demo=yes"]).stderr).toContain("--demo takes no value.");
  expect(run("start", ["now"]).stderr).toContain('"now" is one word too many.');
  expect(run("preview", ["offline"]).stderr).toContain('"offline" names tests');
});

it("a script with options of its own prints no stack either", () => {
  const { status, stderr } = run("fuzz", ["--hurry"]);
  expect([status, stderr.trim()]).toEqual([1, expect.stringMatching(/^Unknown option '--hurry'/)]);
  expect(stderr).not.toContain("    at ");
});

it("numbers that are none are told in a sentence, and by which option", () => {
  const stderrOf = (script: string, ...args: string[]) => run(script, args).stderr.trim();
  expect(stderrOf("fuzz", "--count", "many")).toBe('--count takes whole numbers, not "many".');
  expect(stderrOf("live-views", "--seed=-1")).toBe('--seed takes whole numbers, not "-1".');
  expect(stderrOf("simulate", "--seeds", "")).toBe('--seeds takes whole numbers, not "".');
  expect(stderrOf("bench-client", "--rounds", "0")).toBe(
    '--rounds takes whole numbers above 0, not "0".',
  );
});

function run(script: string, args: string[]) {
  const program = join(repoRoot, "tools/scripts", `${script}.mjs`);
  return spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
}
