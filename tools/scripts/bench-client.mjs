/**
 * W1 to W7: plasma in the browser, beside what IndexedDB and plain JavaScript can do at best (`raw`), and beside other
 * libraries. A real Chromium with its profile on disk; a new profile for each library in each round, in turns. A result
 * counts only when every field of it is what a brute-force model says.
 *
 *   npx nx run plasma-client:bench
 *
 *   --adapters raw,plasma,dexie    the first one is what the others are compared with
 *   --sizes 10000,100000           rows
 *   --rounds 5                     of which the median counts
 *   --budget 300                   seconds of one library at one size, after which it begins no further round
 *   --work W1,W2,W3a,…             some of it
 *   --write                        adds the figures to tools/bench/client/results.json, and writes docs/benchmarks.md
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { measureRound } from "./bench-client-browser.mjs";
import { bundleAdapters } from "./bench-client-bundles.mjs";
import { markdown, summarize, writeReport } from "./bench-client-report.mjs";
import { wholeNumber } from "./command-line.mjs";
import { Complaint, runMain } from "./complaint.mjs";
import { addResult } from "./results.mjs";

const RESULTS = "tools/bench/client/results.json";
const ADAPTERS = ["raw", "plasma", "dexie", "replicache", "rxdb", "tanstack-db", "triplit"];
const WORK = ["W1", "W2", "W3a", "W3b", "W3c", "W3d", "W3e", "W3o", "W4", "W5", "W6"];

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      adapters: { type: "string", default: ADAPTERS.join(",") },
      sizes: { type: "string", default: "10000,100000" },
      rounds: { type: "string", default: "5" },
      budget: { type: "string", default: "300" },
      work: { type: "string", default: WORK.join(",") },
      write: { type: "boolean", default: false },
    },
  });
  const sizes = values.sizes.split(",").map((size) => wholeNumber(size, "--sizes"));
  const rounds = wholeNumber(values.rounds, "--rounds");
  const budget = wholeNumber(values.budget, "--budget");
  const work = values.work.split(",");
  for (const name of work) {
    if (!WORK.includes(name)) throw new Complaint(`There is no work "${name}": ${WORK.join(", ")}`);
  }
  const { adapters, absent } = await bundleAdapters(values.adapters.split(","));
  const samples = [];
  const gaps = new Map();
  for (const size of sizes) {
    const spent = new Map();
    for (let round = 0; round < rounds; round++) {
      for (const adapter of turns(adapters, round)) {
        const { name } = adapter;
        if (absent.some((one) => one.name === name && one.size === size)) continue;
        if ((spent.get(name) ?? 0) > budget * 1000) continue;
        const own = [...gaps.values()].filter((gap) => gap.adapter === name && gap.size === size);
        const left = work.filter((one) => !own.some((gap) => gap.work === one));
        const started = Date.now();
        try {
          const measured = await measureRound(adapter, { size, work: left });
          const { figures, checked, without, failures } = measured;
          samples.push({ adapter: name, size, round, figures, checked });
          for (const [one, reason] of Object.entries({ ...without, ...failures })) {
            const isFailure = one in failures;
            if (isFailure && !adapter.isPeer) throw new Error(`${one} of ${name}: ${reason}`);
            gaps.set(`${name} ${size} ${one}`, {
              adapter: name,
              size,
              work: one,
              isFailure,
              reason,
            });
            if (isFailure) say(size, `round ${round + 1}, ${name}, ${one}: ${reason}`);
          }
          const seconds = ((Date.now() - started) / 1000).toFixed(1);
          say(size, `round ${round + 1}, ${name}: ${checked} results right, ${seconds} s`);
        } catch (error) {
          if (!adapter.isPeer) throw error;
          // A library that fails is told of, and the others go on.
          const [reason] = error.message.split("\n");
          absent.push({ name, size, reason });
          say(size, `round ${round + 1}, ${name} left out: ${reason}`);
        }
        spent.set(name, (spent.get(name) ?? 0) + Date.now() - started);
      }
    }
  }
  const bundles = adapters.map(({ name, gzipped }) => ({ name, gzipped }));
  const result = {
    ...{ cores: cpus().length, rounds, rows: summarize(samples) },
    ...{ gaps: [...gaps.values()], bundles, absent },
  };
  console.log(markdown(result));
  for (const { name } of adapters) {
    const own = samples.filter(({ adapter }) => adapter === name);
    console.log(`${name}: ${own.reduce((sum, { checked }) => sum + checked, 0)} results checked`);
  }
  if (values.write) {
    addResult(RESULTS, result);
    await writeReport(result);
  }
});

/** Who comes first has a colder machine, so that each is first in turn. */
function turns(adapters, round) {
  const first = round % adapters.length;
  return [...adapters.slice(first), ...adapters.slice(0, first)];
}

function say(size, message) {
  console.error(`${size} rows, ${message}`);
}
