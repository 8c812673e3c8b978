/**
 * W9: a mutation of one client until it shows at another one, and until it shows at the last of 49 others. The clients are
 * in one Node process with their rows in memory, the server is the app's own worker in workerd, with its D1 on disk. Beside
 * it, in turns, what no sync engine can be faster than: a message that a bare WebSocket server passes on to as many sockets,
 * and one round of pulls.
 *
 *   npx nx run plasma-client:bench-latency
 *
 *   --clients 2,50
 *   --rounds 5           of which the median counts
 *   --changes 30         a round, of which the median is recorded
 *   --write              adds the figures to tools/bench/latency/results.json
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { WebSocket } from "ws";
import { latencyTable, spread } from "./bench-client-report.mjs";
import { importBundled } from "./bundle.mjs";
import { wholeNumber } from "./command-line.mjs";
import { Complaint, runMain } from "./complaint.mjs";
import { startSeededSyncServer } from "./local-servers.mjs";
import { anyFreePort } from "./ports.mjs";
import { endGroupsOnSignal } from "./process-group.mjs";
import { addResult } from "./results.mjs";

const RESULTS = "tools/bench/latency/results.json";
const RAW_SERVER = join(import.meta.dirname, "../bench/latency/raw-server.mjs");

await runMain(async () => {
  endGroupsOnSignal();
  const { values } = parseArgs({
    options: {
      clients: { type: "string", default: "2,50" },
      rounds: { type: "string", default: "5" },
      changes: { type: "string", default: "30" },
      write: { type: "boolean", default: false },
    },
  });
  const counts = values.clients.split(",").map((count) => wholeNumber(count, "--clients"));
  if (counts.some((count) => count < 2 || count > 60)) {
    throw new Complaint(
      "--clients takes numbers from 2 to 60: three people may have 20 sockets each.",
    );
  }
  const rounds = wholeNumber(values.rounds, "--rounds");
  const changes = wholeNumber(values.changes, "--changes");
  const { openTabs } = await importBundled("tools/bench/latency/plasma-tabs.ts");
  const rows = [];
  for (const clients of counts)
    rows.push(...(await compare({ openTabs, clients, rounds, changes })));
  console.log(latencyTable(rows));
  if (values.write) addResult(RESULTS, { cores: cpus().length, rounds, rows });
  process.exit(0);
});

async function compare({ openTabs, clients, rounds, changes }) {
  const raw = await openRaw(clients);
  const worker = await openWorker();
  const tabs = await openTabs(clients, { ...worker, Socket: WebSocket });
  const work = {
    raw: (text) => raw.send(text),
    async pull() {
      await tabs.pull();
      return performance.now();
    },
    plasma: (text) => tabs.rename(text),
  };
  const figures = { raw: [], pull: [], plasma: [] };
  try {
    for (let round = -1; round < rounds; round++) {
      for (const [name, run] of Object.entries(work)) {
        const ms = await medianOf(changes, (at) => run(`${name}, ${round}, ${at}`));
        // The first round is one too many: everything is cold in it.
        if (round >= 0) figures[name].push(ms);
      }
      console.error(`${clients} clients, round ${round + 1} of ${rounds}`);
    }
  } finally {
    await tabs.close();
    await worker.close();
    raw.close();
  }
  const limits = figures.raw.map((ms, round) => ms + figures.pull[round]);
  const ratios = figures.plasma.map((ms, round) => ms / limits[round]);
  return Object.entries({ ...figures, "raw + pull": limits }).map(([name, all]) => ({
    ...{ clients, name, ...spread(all) },
    ...(name === "plasma" ? { ratio: spread(ratios) } : {}),
  }));
}

/** `run` resolves with the time at which it was done. What it leaves behind is over before the next one begins. */
async function medianOf(count, run) {
  const times = [];
  for (let at = 0; at < count; at++) {
    const started = performance.now();
    times.push((await run(at)) - started);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return spread(times).median;
}

async function openRaw(count) {
  const server = fork(RAW_SERVER);
  const [{ port }] = await once(server, "message");
  const sockets = Array.from({ length: count }, () => new WebSocket(`ws://127.0.0.1:${port}`));
  await Promise.all(sockets.map((socket) => once(socket, "open")));
  const [first, ...others] = sockets;
  return {
    async send(text) {
      const seen = others.map(async (socket) => {
        const [message] = await once(socket, "message");
        if (String(message) !== text) throw new Error(`"${message}" instead of "${text}".`);
        return performance.now();
      });
      first.send(text);
      return Math.max(...(await Promise.all(seen)));
    },
    close() {
      for (const socket of sockets) socket.terminate();
      server.disconnect();
    },
  };
}

async function openWorker() {
  const directory = mkdtempSync(join(tmpdir(), "plasma-latency-"));
  const appPort = await anyFreePort();
  const server = await startSeededSyncServer({
    port: await anyFreePort(),
    appPort,
    persistDir: directory,
  });
  return {
    url: server.url,
    appOrigin: `http://localhost:${appPort}`,
    async close() {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
