/**
 * The property test of live views, for as long as you like: random change sets under random queries. What fails is made
 * small and printed, and the exit code is 1.
 *
 *   npx nx run plasma-client:ivm -- --count 100000 --seed 7
 *
 *   --count 2000   how many sequences, of 50 change sets each under 4 queries
 *   --seed 1       the seed of the first one; the others follow it
 *   --write        adds the result to libs/plasma-client/live-views-results.json
 */
import { parseArgs } from "node:util";
import { importBundled } from "./bundle.mjs";
import { naturalNumber } from "./command-line.mjs";
import { runMain } from "./complaint.mjs";
import { addResult } from "./results.mjs";

const ENTRY = "libs/plasma-client/src/testing/live-sequences.ts";
const RESULTS = "libs/plasma-client/live-views-results.json";
const CHANGE_SETS = 50;
const MAX_FAILURES = 3;
const PROGRESS_MS = 10_000;

await runMain(async () => {
  const { count, seed, write } = readOptions();
  const { failureOf, randomSequence, showSteps, shrink } = await importBundled(ENTRY);
  const startedAt = Date.now();
  let reportedAt = startedAt;
  let failures = 0;
  let done = 0;
  for (; done < count && failures < MAX_FAILURES; done++) {
    const sequence = randomSequence(seed + done, CHANGE_SETS);
    if ((await failureOf(sequence)) !== undefined) {
      failures++;
      const smallest = await shrink(sequence);
      console.log(`seed ${seed + done}: ${await failureOf(smallest)}`);
      console.log(showSteps(smallest));
    }
    if (Date.now() - reportedAt < PROGRESS_MS) continue;
    reportedAt = Date.now();
    const perSecond = Math.round((done / (reportedAt - startedAt)) * 1000);
    console.log(`${done + 1} sequences, ${perSecond} a second, ${failures} failures`);
  }
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  console.log(`${done} sequences in ${seconds} s, ${failures} failures`);
  if (write)
    addResult(RESULTS, { seed, sequences: done, changeSets: CHANGE_SETS, seconds, failures });
  process.exitCode = failures === 0 ? 0 : 1;
});

function readOptions() {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "2000" },
      seed: { type: "string", default: "1" },
      write: { type: "boolean", default: false },
    },
  });
  const whole = (name) => naturalNumber(values[name], `--${name}`);
  return { count: whole("count"), seed: whole("seed"), write: values.write };
}
