/**
 * Random and mutated requests against the sync server, for as long as you like. Whatever is no proper answer is printed
 * with what was sent, and the exit code is 1.
 *
 *   npx nx run plasma-server:fuzz -- --count 1000000 --seed 7
 *
 *   --count 20000   how many requests
 *   --seed 1        where chance begins; the same seed gives the same requests
 *   --write         adds the result to libs/plasma-server/fuzz-results.json
 */
import { createHash, createHmac } from "node:crypto";
import { parseArgs } from "node:util";
import Database from "better-sqlite3";
import { importBundled } from "./bundle.mjs";
import { naturalNumber } from "./command-line.mjs";
import { runMain } from "./complaint.mjs";
import { addResult } from "./results.mjs";

const ENTRY = "libs/plasma-server/src/fuzz/entry.ts";
const RESULTS = "libs/plasma-server/fuzz-results.json";
const MAX_FINDINGS = 5;
const PROGRESS_MS = 10_000;

await runMain(async () => {
  const { count, seed, write } = readOptions();
  const { runFuzz, printFinding } = await importBundled(ENTRY);
  const startedAt = Date.now();
  let reportedAt = startedAt;
  console.log(`seed ${seed}, ${count} requests`);
  const summary = await runFuzz({
    count,
    seed,
    maxFindings: MAX_FINDINGS,
    surroundings: {
      openDatabase: () => new Database(":memory:"),
      crypto: {
        sha256: async (data) => createHash("sha256").update(data).digest(),
        hmacSha256: async (key, data) => createHmac("sha256", key).update(data).digest(),
      },
    },
    onProgress: ({ requests, findings }) => {
      if (Date.now() - reportedAt < PROGRESS_MS) return;
      reportedAt = Date.now();
      const perSecond = Math.round((requests / (reportedAt - startedAt)) * 1000);
      console.log(`${requests} requests, ${perSecond} a second, ${findings.length} findings`);
    },
  });
  const { requests, worlds, acknowledged, findings, answers } = summary;
  for (const finding of findings) console.log(`\n${printFinding(finding)}`);
  const sorted = [...answers].sort(([, left], [, right]) => right - left);
  for (const [answer, times] of sorted) console.log(`${String(times).padStart(8)}  ${answer}`);
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  const megabytes = Math.round(process.memoryUsage().rss / 2 ** 20);
  console.log(
    `\n${requests} requests in ${worlds} worlds, ${seconds} s, ${megabytes} MB; ${acknowledged} mutations acknowledged and found again; ${findings.length} findings`,
  );
  if (write) {
    const figures = { seed, requests, worlds, seconds, acknowledged, findings: findings.length };
    addResult(RESULTS, { ...figures, answers: Object.fromEntries(sorted) });
  }
  process.exitCode = findings.length === 0 ? 0 : 1;
});

function readOptions() {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "20000" },
      seed: { type: "string", default: "1" },
      write: { type: "boolean", default: false },
    },
  });
  const whole = (name) => naturalNumber(values[name], `--${name}`);
  return { count: whole("count"), seed: whole("seed"), write: values.write };
}
