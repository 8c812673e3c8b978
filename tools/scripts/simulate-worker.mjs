/**
 * One thread of `simulate.mjs` and `bug-bank.mjs`: runs the seeds that it is given, and says what came of each; with a
 * bug planted, if it was given one. The course of a seed is told if it fails, or if `trails` are asked for.
 */
import { parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";
import { importBundled } from "./bundle.mjs";
import { plant } from "./planted-bugs.mjs";

const { entry, bug, trails } = workerData;
const openDatabase = (content) => new Database(content ?? ":memory:");
const { runSeed } = await importBundled(entry, bug ? [plant(bug)] : []);

parentPort.on("message", async ({ seed, ops }) => {
  const { states, ...result } = await runSeed({ seed, ops, openDatabase });
  const isUnread = result.violation === null && !trails;
  parentPort.postMessage({ ...result, states: [...states], trail: isUnread ? [] : result.trail });
});
parentPort.postMessage(null);
