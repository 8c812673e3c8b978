/** One thread of `simulate.mjs`: runs the seeds that it is given, and says what came of each. */
import { parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";
import { importBundled } from "./bundle.mjs";

const openDatabase = (content) => new Database(content ?? ":memory:");
const { runSeed } = await importBundled(workerData.entry);

parentPort.on("message", async ({ seed, ops }) => {
  const { states, ...result } = await runSeed({ seed, ops, openDatabase });
  const isLong = result.violation === null && !workerData.trails;
  parentPort.postMessage({ ...result, states: [...states], trail: isLong ? [] : result.trail });
});
parentPort.postMessage(null);
