/**
 * The differential test of the query language, for as long as you like: random queries over random rows, asked of
 * core's evaluator and of SQL on each database. Any difference is made small and printed, and the exit code is 1.
 *
 *   npx nx run plasma-server:differential -- --count 200000 --seed 7
 *
 *   --count 5000           how many queries
 *   --seed 1               where chance begins; the same seed gives the same queries
 *   --engines sqlite,postgres,d1
 *   --d1-every 10          D1 (inside workerd) takes part in each tenth world only: it is slower
 *   --write                adds the result to libs/plasma-server/differential-results.json
 */
import { parseArgs } from "node:util";
import Database from "better-sqlite3";
import { Miniflare } from "miniflare";
import pg from "pg";
import { bundle, importBundled } from "./bundle.mjs";
import { naturalNumber } from "./command-line.mjs";
import { Complaint, runMain } from "./complaint.mjs";
import { findPostgres, startPostgres } from "./postgres.mjs";
import { addResult } from "./results.mjs";

const ENTRY = "libs/plasma-server/src/differential/entry.ts";
const D1_WORKER = "libs/plasma-server/src/differential/d1-worker.ts";
const RESULTS = "libs/plasma-server/differential-results.json";
const MAX_DIFFERENCES = 5;
const PROGRESS_MS = 10_000;

await runMain(async () => {
  const options = readOptions();
  const differential = await importBundled(ENTRY);
  const opened = [];
  for (const name of options.engines) opened.push(await open(name, differential));
  const startedAt = Date.now();
  let reportedAt = startedAt;
  console.log(`seed ${options.seed}, ${options.count} queries, ${options.engines.join(", ")}`);
  try {
    const summary = await differential.runDifferential({
      contestants: [
        { engine: differential.evaluatorEngine(), every: 1 },
        ...opened.map(({ engine, name }) => ({
          engine,
          every: name === "d1" ? options.d1Every : 1,
        })),
      ],
      cases: differential.randomCases(options.seed),
      count: options.count,
      maxDifferences: MAX_DIFFERENCES,
      onProgress: ({ queries, differences }) => {
        if (Date.now() - reportedAt < PROGRESS_MS) return;
        reportedAt = Date.now();
        const perSecond = Math.round((queries / (reportedAt - startedAt)) * 1000);
        console.log(`${queries} queries, ${perSecond} a second, ${differences.length} differences`);
      },
    });
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    report(differential, summary, seconds);
    if (options.write) write(options, summary, seconds);
    process.exitCode = summary.differences.length === 0 ? 0 : 1;
  } finally {
    for (const { close } of opened) await close();
  }
});

function readOptions() {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "5000" },
      seed: { type: "string", default: "1" },
      engines: { type: "string", default: "sqlite,postgres,d1" },
      "d1-every": { type: "string", default: "10" },
      write: { type: "boolean", default: false },
    },
  });
  const whole = (name) => naturalNumber(values[name], `--${name}`);
  return {
    count: whole("count"),
    seed: whole("seed"),
    d1Every: Math.max(1, whole("d1-every")),
    engines: values.engines.split(","),
    write: values.write,
  };
}

/** The D1 of the worker at this address. */
function executorOver(url) {
  const ask = async (call, statements) => {
    const response = await fetch(url, {
      method: "POST",
      body: JSON.stringify({ call, statements }),
    });
    const { result, error } = await response.json();
    if (error !== undefined) throw new Error(error);
    return result;
  };
  return {
    dialect: "sqlite",
    all: (statement) => ask("all", [statement]),
    run: (statement) => ask("run", [statement]),
    batch: (statements) => ask("batch", statements),
  };
}

async function open(name, { sqlEngine, fromBetterSqlite3, fromPg }) {
  switch (name) {
    case "sqlite": {
      const database = new Database(":memory:");
      const engine = sqlEngine("better-sqlite3", fromBetterSqlite3(database));
      return { name, engine, close: async () => database.close() };
    }
    case "d1": {
      const miniflare = new Miniflare({
        modules: true,
        script: await bundle(D1_WORKER, "neutral"),
        compatibilityDate: "2026-04-01",
        d1Databases: ["DB"],
      });
      const engine = sqlEngine("D1", executorOver(await miniflare.ready));
      return { name, engine, close: () => miniflare.dispose() };
    }
    case "postgres": {
      const bin = findPostgres();
      if (!bin)
        throw new Complaint("Postgres is not installed. On Debian: apt-get install postgresql");
      const { stop, ...server } = await startPostgres(bin);
      const pool = await openPool(server);
      const engine = sqlEngine("Postgres", fromPg(pool));
      const close = async () => {
        await pool.end();
        await stop();
      };
      return { name, engine, close };
    }
    default:
      throw new Complaint(`There is no engine "${name}". The engines are: sqlite, postgres, d1.`);
  }
}

/** Its own order of text is another than ours, so that no query may rely on it. */
async function openPool(server) {
  const admin = new pg.Client(server);
  await admin.connect();
  await admin.query(
    "CREATE DATABASE differential TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'",
  );
  await admin.end();
  return new pg.Pool({ ...server, database: "differential", max: 2 });
}

function report({ printDifference }, { queries, worlds, asked, features, differences }, seconds) {
  for (const difference of differences) console.log(`\n${printDifference(difference)}`);
  console.log("");
  for (const [feature, count] of sorted(features)) {
    console.log(`${String(count).padStart(8)}  ${feature}`);
  }
  const engines = [...asked].map(([engine, count]) => `${engine} ${count}`).join(", ");
  console.log(`\n${queries} queries over ${worlds} worlds in ${seconds} s: ${engines}`);
  console.log(`${queries - differences.length} passed, ${differences.length} failed`);
}

function write({ seed }, { queries, worlds, asked, features, differences }, seconds) {
  addResult(RESULTS, {
    seed,
    queries,
    worlds,
    seconds,
    differences: differences.length,
    engines: Object.fromEntries(asked),
    features: Object.fromEntries(sorted(features)),
  });
}

function sorted(counts) {
  return [...counts].sort(([, left], [, right]) => right - left);
}
