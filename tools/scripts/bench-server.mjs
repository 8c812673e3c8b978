/**
 * W8: mutations a second on the server, beside SQL by hand that writes the same rows at the same durability, in
 * the same run and in turns. Both take the same requests. The databases are files: better-sqlite3 with synchronous = FULL,
 * D1 inside workerd, and Postgres that waits for its disk.
 *
 *   npx nx run plasma-server:bench
 *
 *   --engines sqlite,d1,postgres
 *   --rounds 5             of which the median counts
 *   --mutations 10000      a round, in pushes of 1, 10 and 100; enough that what a new database costs once does not count
 *   --write                adds the figures to libs/plasma-server/bench-results.json
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import Database from "better-sqlite3";
import { Miniflare } from "miniflare";
import pg from "pg";
import { bundle, importBundled } from "./bundle.mjs";
import { wholeNumber } from "./command-line.mjs";
import { Complaint, runMain } from "./complaint.mjs";
import { findPostgres, startPostgres } from "./postgres.mjs";
import { addResult } from "./results.mjs";

const RESULTS = "libs/plasma-server/bench-results.json";
const SIZES = [1, 10, 100];
const CONTESTANTS = ["byHand", "plasma"];

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      engines: { type: "string", default: "sqlite,d1,postgres" },
      rounds: { type: "string", default: "5" },
      mutations: { type: "string", default: "10000" },
      write: { type: "boolean", default: false },
    },
  });
  const rounds = wholeNumber(values.rounds, "--rounds");
  const mutations = wholeNumber(values.mutations, "--mutations");
  const workload = await importBundled("tools/bench/server/node-entry.ts");
  const rows = [];
  for (const name of values.engines.split(",")) {
    const engine = await open(name, workload);
    try {
      for (const each of SIZES) rows.push(await compare(engine, { name, each, rounds, mutations }));
    } finally {
      await engine.close();
    }
  }
  print(rows);
  if (values.write) addResult(RESULTS, { cores: cpus().length, rows });
});

async function compare(engine, { name, each, rounds, mutations }) {
  // Pushes of one are slow, and a tenth of them is enough to be timed.
  const run = { each, mutations: each === 1 ? Math.ceil(mutations / 10) : mutations };
  const times = { byHand: [], plasma: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const contestant of CONTESTANTS) {
      const ms = await engine.run(contestant, run);
      // The first round warms up.
      if (round > 0) times[contestant].push(ms);
    }
  }
  const ratios = times.plasma.map((ms, at) => times.byHand[at] / ms).sort((a, b) => a - b);
  const perSecond = (contestant) =>
    Math.round((run.mutations / median(times[contestant].toSorted((a, b) => a - b))) * 1000);
  const row = {
    engine: name,
    each,
    byHand: perSecond("byHand"),
    plasma: perSecond("plasma"),
    ratio: median(ratios),
    from: ratios[0],
    to: ratios.at(-1),
  };
  console.error(`${name}, pushes of ${each}: ${row.ratio.toFixed(2)}`);
  return row;
}

function median(sorted) {
  return sorted[sorted.length >> 1];
}

function print(rows) {
  console.log(
    "\n| database | mutations a push | by hand, a second | plasma, a second | ratio (least to most) |",
  );
  console.log("| --- | ---: | ---: | ---: | ---: |");
  for (const { engine, each, byHand, plasma, ratio, from, to } of rows) {
    const spread = `${ratio.toFixed(2)} (${from.toFixed(2)} to ${to.toFixed(2)})`;
    console.log(`| ${engine} | ${each} | ${byHand} | ${plasma} | ${spread} |`);
  }
}

/** Each run gets a new database on the same kind of storage. */
async function open(name, { fromBetterSqlite3, fromPg, byHand, plasma, measure }) {
  const contestants = { byHand, plasma };
  const directory = mkdtempSync(join(tmpdir(), "plasma-bench-"));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  let databases = 0;
  switch (name) {
    case "sqlite":
      return {
        async run(contestant, run) {
          const database = new Database(join(directory, `${databases++}.sqlite`));
          try {
            return await measure(await contestants[contestant](fromBetterSqlite3(database)), run);
          } finally {
            database.close();
          }
        },
        close: async () => remove(),
      };
    case "d1": {
      const script = await bundle("tools/bench/server/d1-worker.ts", "neutral");
      return {
        async run(contestant, run) {
          const miniflare = new Miniflare({
            modules: true,
            script,
            compatibilityDate: "2026-04-01",
            d1Databases: ["DB"],
            d1Persist: join(directory, String(databases++)),
          });
          try {
            const response = await fetch(await miniflare.ready, {
              method: "POST",
              body: JSON.stringify({ contestant, ...run }),
            });
            const { ms, error } = await response.json();
            if (error) throw new Error(error);
            return ms;
          } finally {
            await miniflare.dispose();
          }
        },
        close: async () => remove(),
      };
    }
    case "postgres": {
      const bin = findPostgres();
      if (!bin)
        throw new Complaint("Postgres is not installed. On Debian: apt-get install postgresql");
      const { stop, ...server } = await startPostgres(bin, { isDurable: true });
      return {
        async run(contestant, run) {
          const database = `bench${databases++}`;
          const admin = new pg.Client(server);
          await admin.connect();
          await admin.query(`CREATE DATABASE ${database}`);
          await admin.end();
          const pool = new pg.Pool({ ...server, database, max: 2 });
          try {
            return await measure(await contestants[contestant](fromPg(pool)), run);
          } finally {
            await pool.end();
          }
        },
        async close() {
          await stop();
          remove();
        },
      };
    }
    default:
      throw new Complaint(`There is no engine "${name}". The engines are: sqlite, d1, postgres.`);
  }
}
