/**
 * The bug bank: plants one bug after the other in the engine, and runs the simulator until it is caught. What is not
 * caught within the seeds is printed, and the exit code is 1.
 *
 *   npx nx run plasma-testing:bug-bank
 *
 *   --seeds 500      how many for each bug
 *   --ops 100,500    how many mutations a seed has: few for a tenth of the seeds, then many
 *   --bug "a join"   only those whose names have this in them
 *   --missing        only those that have no seed yet
 *   --replay         only the seed of each that caught it before
 *   --workers 2      how many at once; default: one for each processor
 *   --write          keeps the seeds, for the test that runs them again and for docs/simulator.md
 */
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { format } from "prettier";
import { bugs } from "../../libs/plasma-testing/src/simulator/bug-bank/bugs.mjs";
import { Complaint, runMain } from "./complaint.mjs";
import { repoRoot } from "./setup.mjs";

const ENTRY = "libs/plasma-testing/src/simulator/entry.ts";
const CATCHES = join(repoRoot, "libs/plasma-testing/src/simulator/bug-bank/catches.json");
const DOCS = join(repoRoot, "docs/simulator.md");

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "500" },
      ops: { type: "string", default: "100,500" },
      bug: { type: "string", default: "" },
      missing: { type: "boolean", default: false },
      replay: { type: "boolean", default: false },
      workers: { type: "string", default: String(availableParallelism()) },
      write: { type: "boolean", default: false },
    },
  });
  const [few, many] = values.ops.split(",").map(Number);
  const catches = JSON.parse(readFileSync(CATCHES, "utf8"));
  const { bug: part, missing, replay } = values;
  const wanted = bugs.filter(
    ({ name }) => name.includes(part) && !(missing && catches[name]) && !(replay && !catches[name]),
  );
  if (wanted.length === 0) throw new Complaint("There is no such bug.");
  const queue = [...wanted];
  const missed = [];
  const next = async () => {
    for (let bug = queue.shift(); bug; bug = queue.shift()) {
      const jobs = replay
        ? [catches[bug.name]]
        : jobsOf({ seeds: Number(values.seeds), few, many });
      const caught = await huntFor(bug, jobs);
      if (caught) catches[bug.name] = caught;
      else missed.push(bug.name);
      console.log(
        caught
          ? `${bug.name}: after ${caught.seeds} seeds, by ${caught.violation}`
          : `${bug.name}: NOT CAUGHT`,
      );
      if (values.write) await write(catches);
    }
  };
  await Promise.all(Array.from({ length: Number(values.workers) }, next));
  console.log(`\n${wanted.length - missed.length} of ${wanted.length} bugs caught`);
  for (const name of missed) console.log(`not caught: ${name}`);
  process.exitCode = missed.length === 0 ? 0 : 1;
});

/** Short runs are worth a try first: what they find is found again in no time. */
function jobsOf({ seeds, few, many }) {
  const short = Math.ceil(seeds / 10);
  return Array.from({ length: seeds }, (_, at) =>
    at < short ? { seed: at + 1, ops: few } : { seed: at + 1 - short, ops: many },
  );
}

/** The first seed that catches it, and how many were tried; null if none does. */
async function huntFor(bug, jobs) {
  const worker = new Worker(new URL("./simulate-worker.mjs", import.meta.url), {
    // As in simulate.mjs.
    resourceLimits: { maxYoungGenerationSizeMb: 128 },
    workerData: { entry: ENTRY, trails: false, bug },
  });
  const failed = new Promise((_, reject) => worker.once("error", reject));
  const answer = () =>
    Promise.race([new Promise((resolve) => worker.once("message", resolve)), failed]);
  try {
    await answer();
    for (const [at, { seed, ops }] of jobs.entries()) {
      const result = answer();
      worker.postMessage({ seed, ops });
      const { violation } = await result;
      if (violation !== null) return { seed, ops, seeds: at + 1, violation: firstLine(violation) };
    }
    return null;
  } finally {
    await worker.terminate();
  }
}

function firstLine(violation) {
  const line = violation.split("\n")[0];
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

async function write(catches) {
  const known = bugs.filter(({ name }) => catches[name]);
  const kept = Object.fromEntries(known.map(({ name }) => [name, catches[name]]));
  writeFileSync(CATCHES, `${JSON.stringify(kept, null, 2)}\n`);
  const rows = bugs.map(({ name }) => {
    if (!kept[name]) return `| ${name} | not found yet | | |`;
    const { seeds, ops, violation } = kept[name];
    return `| ${name} | ${seeds} | ${ops} | ${checkerOf(violation)} |`;
  });
  const table = ["| bug | seeds | mutations | caught by |", "| --- | ---: | ---: | --- |", ...rows];
  const docs = readFileSync(DOCS, "utf8");
  const [before, rest] = docs.split("<!-- bug bank -->");
  const [, after] = rest.split("<!-- end of bug bank -->");
  const text = `${before}<!-- bug bank -->\n\n${table.join("\n")}\n\n<!-- end of bug bank -->${after}`;
  writeFileSync(DOCS, await format(text, { parser: "markdown", filepath: DOCS }));
}

/** What a violation begins with: the name of its checker. */
function checkerOf(violation) {
  return violation.split(":")[0].replaceAll("|", "");
}
