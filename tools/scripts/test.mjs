/**
 * `npm test`: everything that must hold before a change lands.
 *
 *   npm test                              all steps; one that fails does not stop the others
 *   npm test -- --only vitest,lint        some of them: format, typecheck, lint, vitest, simulate, e2e
 *
 * The last line counts the tests, those that failed are named before it, and the exit code is 0 only when none did.
 */
import { ensureChromium } from "./chromium.mjs";
import { runCommand } from "./command-line.mjs";
import { Complaint } from "./complaint.mjs";
import { failureLines } from "./failures.mjs";
import { ensureBetterSqlite3, ensureInstalled } from "./setup.mjs";
import { steps } from "./steps.mjs";

const spec = {
  command: "npm test",
  does: "Runs everything that must hold before a change lands. One step that fails does not stop the others.",
  options: {
    only: {
      type: "string",
      takes: "STEP,STEP",
      does: `Some of the steps: ${steps.map(({ name }) => name).join(", ")}.`,
    },
  },
  notes: ["The last line counts the tests; those that failed are named before it."],
};

await runCommand(spec, async ({ values }) => {
  const chosen = chosenSteps(values.only);
  ensureInstalled();
  const unready = prepare(chosen);

  const checks = chosen.filter(({ isStatic }) => isStatic);
  const results = await Promise.all(checks.map(runStep));
  for (const step of chosen.filter(({ isStatic }) => !isStatic)) results.push(await runStep(step));

  const passed = sum(results, "passed");
  const failed = sum(results, "failed") + unready.length;
  printSummary(results, unready);
  for (const line of failureLines(results)) console.log(line);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
});

function chosenSteps(only) {
  if (only === undefined) return steps;
  const names = only.split(",");
  const known = steps.map((step) => step.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Complaint(`There is no step "${unknown}". The steps are: ${known.join(", ")}.`);
  }
  return steps.filter((step) => names.includes(step.name));
}

/** Gets what the tests need beyond the packages. What is not to be had counts as a failure. */
function prepare(chosen) {
  const runsTests = chosen.some(({ name }) => name === "vitest" || name === "e2e");
  if (!runsTests) return [];
  const unready = [];
  for (const ensure of [ensureBetterSqlite3, ensureChromium]) {
    try {
      ensure();
    } catch (error) {
      if (!(error instanceof Complaint)) throw error;
      console.error(error.message);
      unready.push(error.message);
    }
  }
  return unready;
}

async function runStep({ name, run }) {
  console.log(`\n== ${name} (${new Date().toLocaleTimeString("en-GB")})`);
  const startedAt = Date.now();
  let result;
  try {
    result = await run();
  } catch (error) {
    console.error(error);
    const failures = [{ file: `the step ${name}`, error: String(error).split("\n")[0] }];
    result = { passed: 0, failed: 1, note: "could not run", failures };
  }
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  console.log(`== ${name}: ${describe(result)} in ${seconds} s`);
  return { name, seconds, ...result };
}

function printSummary(results, unready) {
  console.log("\nSummary");
  for (const message of unready) console.log(`  not ready: ${message}`);
  for (const result of results) {
    console.log(
      `  ${result.name.padEnd(10)} ${String(result.seconds).padStart(4)} s  ${describe(result)}`,
    );
  }
}

function describe({ passed, failed, skipped = 0, note }) {
  const counts = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
  return note ? `${counts} (${note})` : counts;
}

function sum(results, key) {
  return results.reduce((total, result) => total + result[key], 0);
}
