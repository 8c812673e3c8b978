/**
 * The bug bank: plants one bug after the other in the engine, and runs the simulator until it is caught. What is not
 * caught within the seeds is printed, and the exit code is 1.
 *
 *   npx nx run plasma-testing:bug-bank
 *
 *   --seeds 500      how many for each bug at most, always in one order: the short ones 1 to 50, then long ones from 1
 *   --ops 100,500    how many mutations a short seed has, and a long one
 *   --bug "a join"   only those whose names have this in them
 *   --missing        only those that have no seed yet
 *   --replay         only the seed of each that caught it before: the same checker has to catch it again, each bug has to
 *                    have such a seed, and without the bug the seed has to find nothing
 *   --workers 2      how many at once; default: one for each processor
 *   --write          keeps the seeds, for --replay and for docs/simulator.md
 */
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { format } from "prettier";
import { bugs } from "../../libs/plasma-testing/src/simulator/bug-bank/bugs.mjs";
import {
  checkerOf,
  controlsOf,
  differenceFrom,
  gapsOf,
  huntingOrder,
  isCatch,
} from "./bug-catches.mjs";
import { wholeNumber } from "./command-line.mjs";
import { Complaint, runMain } from "./complaint.mjs";
import { repoRoot } from "./setup.mjs";

const ENTRY = "libs/plasma-testing/src/simulator/entry.ts";
const CATCHES = join(repoRoot, "libs/plasma-testing/src/simulator/bug-bank/catches.json");
const DOCS = join(repoRoot, "docs/simulator.md");

await runMain(async () => {
  const options = readOptions();
  const catches = JSON.parse(readFileSync(CATCHES, "utf8"));
  const isMeant = (name) => name.includes(options.bug) && !(options.missing && catches[name]);
  const wanted = bugs.filter(({ name }) => isMeant(name));
  if (wanted.length === 0) throw new Complaint("There is no such bug.");
  const problems = options.replay
    ? await replay(wanted, pick(catches, isMeant), options)
    : await hunt(wanted, catches, options);
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
});

/** Answers with what was not caught. */
async function hunt(wanted, catches, { seeds, few, many, workers, write }) {
  const missed = [];
  await inThreads(workers, wanted, async (bug) => {
    const caught = await firstCatch(bug, huntingOrder({ seeds, few, many }));
    if (caught) catches[bug.name] = caught;
    else missed.push(`not caught: ${bug.name}`);
    const how = caught ? `after ${caught.seeds} seeds, by ${caught.violation}` : "NOT CAUGHT";
    console.log(`${bug.name}: ${how}`);
    if (write) await writeCatches(catches);
  });
  console.log(`\n${wanted.length - missed.length} of ${wanted.length} bugs caught`);
  return missed;
}

/** Answers with what is not as it was, and what has never been caught. */
async function replay(wanted, catches, { workers }) {
  const known = wanted.filter(({ name }) => catches[name]);
  const names = wanted.map(({ name }) => name);
  const controls = controlsOf(known.map(({ name }) => catches[name]));
  const problems = gapsOf(names, catches);
  let caught = 0;
  const control = async () => {
    for await (const { seed, ops, violation } of run(null, controls)) {
      if (violation === null) continue;
      problems.push(`seed ${seed} (--ops ${ops}) with no bug planted:\n  ${violation}`);
    }
  };
  const again = async (bug) => {
    const before = catches[bug.name];
    for await (const { violation } of run(bug, [before])) {
      const difference = differenceFrom(before, violation);
      if (difference === null) caught++;
      else problems.push(`not caught: ${bug.name}: ${difference}`);
      console.log(`${bug.name}: ${difference ?? firstLine(violation)}`);
    }
  };
  await inThreads(workers, [control, ...known.map((bug) => () => again(bug))], (job) => job());
  console.log(
    `\n${caught} of ${wanted.length} bugs caught; ${controls.length} of their seeds tried with no bug planted`,
  );
  return problems;
}

/** Does all of them, `workers` at once. */
async function inThreads(workers, items, work) {
  const queue = [...items];
  const next = async () => {
    for (let item = queue.shift(); item; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: workers }, next));
}

/** The first seed that catches it, and how many were tried; null if none does. */
async function firstCatch(bug, jobs) {
  let tried = 0;
  for await (const { seed, ops, violation } of run(bug, jobs)) {
    tried++;
    if (isCatch(violation)) return { seed, ops, seeds: tried, violation: firstLine(violation) };
  }
  return null;
}

/** One result after the other, of the engine with that bug planted, or with none. */
async function* run(bug, jobs) {
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
    for (const { seed, ops } of jobs) {
      const result = answer();
      worker.postMessage({ seed, ops });
      yield { seed, ops, violation: (await result).violation };
    }
  } finally {
    await worker.terminate();
  }
}

function firstLine(violation) {
  const line = violation.split("\n")[0];
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

async function writeCatches(catches) {
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

function pick(object, isMeant) {
  return Object.fromEntries(Object.entries(object).filter(([name]) => isMeant(name)));
}

function readOptions() {
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
  if (values.replay && values.write) {
    throw new Complaint(
      "--replay tries one seed for each bug, and cannot tell how many it takes: --write is for a hunt.",
    );
  }
  const [few, many] = values.ops.split(",").map((text) => wholeNumber(text, "--ops"));
  if (many === undefined) throw new Complaint("--ops takes two numbers, such as 100,500.");
  const numbers = ["seeds", "workers"].map((name) => [
    name,
    wholeNumber(values[name], `--${name}`),
  ]);
  return { ...values, ...Object.fromEntries(numbers), few, many };
}
