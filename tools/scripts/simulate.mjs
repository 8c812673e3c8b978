/**
 * The simulator: the real client and server under virtual time and seeded faults, for as many seeds as you like. The
 * first violation of each seed is printed, and the exit code is 1; as it is when a long run has not reached all named states.
 *
 *   npx nx run plasma-testing:simulate -- --seeds 3000
 *
 *   --seeds 100     how many
 *   --from 1        the first one
 *   --ops 500       mutations a seed
 *   --workers 2     how many at once; default: one for each processor
 *   --trail         prints the whole course of each seed that fails; with --seeds 1 also of one that does not
 *   --twice         runs each seed twice, and compares their courses; without it the first 1 % of them
 *   --write         adds the figures to libs/plasma-testing/simulator-results.json
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { QUIET } from "./bug-catches.mjs";
import { importBundled } from "./bundle.mjs";
import { naturalNumber } from "./command-line.mjs";
import { runMain } from "./complaint.mjs";
import { addResult } from "./results.mjs";

const ENTRY = "libs/plasma-testing/src/simulator/entry.ts";
const RESULTS = "libs/plasma-testing/simulator-results.json";
const PROGRESS_MS = 10_000;
/** How many of the seeds always run twice: the first ones, because what differs does so in each. */
const TWICE = 0.01;

await runMain(async () => {
  const options = readOptions();
  const { seeds, from, ops, trail, twice, write } = options;
  const { STATES } = await importBundled(ENTRY);
  const startedAt = Date.now();
  let reportedAt = startedAt;
  let done = 0;
  const reached = new Map(Object.keys(STATES).map((state) => [state, { seeds: 0, times: 0 }]));
  const total = { ops: 0, steps: 0, faults: 0, commits: 0, virtualMs: 0 };
  const failed = [];
  const hashes = new Map();
  const take = (result) => {
    const { seed, hash, violation } = result;
    if (hashes.has(seed) && hashes.get(seed) !== hash) {
      failed.push(seed);
      console.log(`\nseed ${seed}: two courses, ${hashes.get(seed)} and ${hash}`);
    }
    if (hashes.has(seed)) return;
    hashes.set(seed, hash);
    done++;
    for (const key of Object.keys(total)) total[key] += result[key];
    for (const [state, times] of result.states) {
      const counted = reached.get(state);
      counted.seeds++;
      counted.times += times;
    }
    if (violation !== null) {
      failed.push(seed);
      console.log(`\nseed ${seed} (--ops ${ops}), course ${hash}:\n  ${violation}`);
    }
    if (trail && result.trail.length > 0) {
      console.log(`\nthe course ${hash} of seed ${seed}:`);
      for (const line of result.trail) console.log(`    ${line}`);
    }
    if (Date.now() - reportedAt < PROGRESS_MS) return;
    reportedAt = Date.now();
    console.log(`${done} seeds, ${total.ops} mutations, ${failed.length} violations`);
  };
  const queue = Array.from({ length: seeds }, (_, at) => ({ seed: from + at, ops }));
  queue.push(...queue.slice(0, twice ? seeds : Math.floor(seeds * TWICE)));
  await runAll(queue, take, options);

  const seconds = Math.round((Date.now() - startedAt) / 1000);
  for (const [state, counts] of reached) {
    if (counts.seeds === 0) continue;
    const [inSeeds, times] = [counts.seeds, counts.times].map((count) => String(count).padStart(8));
    console.log(`${inSeeds} seeds ${times} times  ${state}`);
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
  // A run of as many seeds and mutations that does not reach all states proves less than it says.
  const isLong = seeds >= QUIET.seeds && ops >= QUIET.ops;
  process.exitCode = failed.length > 0 || (isLong && unreached.length > 0) ? 1 : 0;
});

/** Hands the jobs to threads, and their results to `take`. */
function runAll(queue, take, { workers, trail, seeds }) {
  const jobs = [...queue];
  // Of thousands that do not fail nobody reads the courses.
  const workerData = { entry: ENTRY, trails: trail && seeds === 1 };
  const running = Array.from({ length: Math.min(workers, jobs.length) }, () => {
    const worker = new Worker(new URL("./simulate-worker.mjs", import.meta.url), {
      workerData,
      // Most of what a step makes is gone after it.
      resourceLimits: { maxYoungGenerationSizeMb: 128 },
    });
    return new Promise((resolve, reject) => {
      worker.on("error", reject);
      worker.on("message", (result) => {
        if (result) take(result);
        const job = jobs.shift();
        if (job) worker.postMessage(job);
        else resolve(worker.terminate());
      });
    });
  });
  return Promise.all(running);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "100" },
      from: { type: "string", default: "1" },
      ops: { type: "string", default: "500" },
      workers: { type: "string", default: String(availableParallelism()) },
      trail: { type: "boolean", default: false },
      twice: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
    },
  });
  const whole = (name) => naturalNumber(values[name], `--${name}`);
  const numbers = ["seeds", "from", "ops", "workers"].map((name) => [name, whole(name)]);
  return { ...values, ...Object.fromEntries(numbers) };
}
