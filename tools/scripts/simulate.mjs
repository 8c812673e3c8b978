/**
 * The simulator: the real client and server under virtual time and seeded faults, for as many seeds as you like. The
 * first violation of each seed is printed, and the exit code is 1.
 *
 *   npx nx run plasma-testing:simulate -- --seeds 3000
 *
 *   --seeds 100     how many
 *   --from 1        the first one
 *   --ops 500       mutations a seed
 *   --trail         prints the last steps of a seed that fails
 *   --twice         runs each seed twice, and compares their courses
 *   --write         adds the figures to libs/plasma-testing/simulator-results.json
 */
import { parseArgs } from "node:util";
import Database from "better-sqlite3";
import { importBundled } from "./bundle.mjs";
import { Complaint, runMain } from "./complaint.mjs";
import { addResult } from "./results.mjs";

const ENTRY = "libs/plasma-testing/src/simulator/entry.ts";
const RESULTS = "libs/plasma-testing/simulator-results.json";
const PROGRESS_MS = 10_000;
const openDatabase = (content) => new Database(content ?? ":memory:");

await runMain(async () => {
  const { seeds, from, ops, trail, twice, write } = readOptions();
  const { runSeed, STATES } = await importBundled(ENTRY);
  const startedAt = Date.now();
  let reportedAt = startedAt;
  const reached = new Map(Object.keys(STATES).map((state) => [state, { seeds: 0, times: 0 }]));
  const total = { ops: 0, steps: 0, faults: 0, commits: 0, virtualMs: 0 };
  const failed = [];
  for (let seed = from; seed < from + seeds; seed++) {
    const result = await runSeed({ seed, ops, openDatabase });
    if (twice) {
      const again = await runSeed({ seed, ops, openDatabase });
      if (again.hash !== result.hash) {
        failed.push(seed);
        console.log(`seed ${seed}: two courses, ${result.hash} and ${again.hash}`);
      }
    }
    for (const key of Object.keys(total)) total[key] += result[key];
    for (const [state, times] of result.states) {
      const counted = reached.get(state);
      counted.seeds++;
      counted.times += times;
    }
    if (result.violation !== null) {
      failed.push(seed);
      console.log(`\nseed ${seed} (--ops ${ops}), course ${result.hash}:\n  ${result.violation}`);
      if (trail) console.log(result.trail.map((line) => `    ${line}`).join("\n"));
    }
    if (Date.now() - reportedAt > PROGRESS_MS) {
      reportedAt = Date.now();
      console.log(`${seed - from + 1} seeds, ${total.ops} mutations, ${failed.length} violations`);
    }
  }
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  for (const [state, counts] of reached) {
    if (counts.seeds === 0) continue;
    console.log(
      `${String(counts.seeds).padStart(6)} seeds ${String(counts.times).padStart(8)} times  ${state}`,
    );
  }
  const unreached = [...reached].filter(([, counts]) => counts.seeds === 0).map(([state]) => state);
  if (unreached.length > 0) console.log(`never reached: ${unreached.join("; ")}`);
  const hours = Math.round(total.virtualMs / 3_600_000);
  console.log(
    `\n${seeds} seeds from ${from}, ${total.ops} mutations, ${total.commits} commits, ${total.steps} steps, ${total.faults} disturbances, ${hours} virtual hours, ${seconds} s; ${reached.size - unreached.length} of ${reached.size} states; ${failed.length} violations${failed.length > 0 ? `: seeds ${failed.join(", ")}` : ""}`,
  );
  if (write) {
    const states = Object.fromEntries([...reached].map(([state, counts]) => [state, counts.seeds]));
    addResult(RESULTS, { from, seeds, seconds, ...total, violations: failed.length, states });
  }
  process.exitCode = failed.length === 0 ? 0 : 1;
});

function readOptions() {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "100" },
      from: { type: "string", default: "1" },
      ops: { type: "string", default: "500" },
      trail: { type: "boolean", default: false },
      twice: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
    },
  });
  const whole = (name) => {
    const number = Number(values[name]);
    if (Number.isSafeInteger(number) && number >= 0) return number;
    throw new Complaint(`--${name} takes a whole number, not "${values[name]}".`);
  };
  return { ...values, seeds: whole("seeds"), from: whole("from"), ops: whole("ops") };
}
