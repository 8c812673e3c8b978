/** `npx nx run plasma-server:fuzz -- --count 1000000` does more of it. */

import { createHash, createHmac } from "node:crypto";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { printFinding, runFuzz } from "./run.ts";

const REQUESTS = 20_000;
/** Changes from day to day, and is printed, so that a failure can be had again. */
const SEED = Number(process.env["PLASMA_FUZZ_SEED"] ?? Math.floor(Date.now() / 86_400_000));

it(
  `${REQUESTS} mutated and random requests: no failure, no hang, no leak, nothing acknowledged lost`,
  { timeout: 300_000 },
  async () => {
    console.log(`PLASMA_FUZZ_SEED=${SEED}`);
    const { findings, requests, acknowledged, answers } = await runFuzz({
      count: REQUESTS,
      seed: SEED,
      maxFindings: 3,
      surroundings: {
        openDatabase: () => new Database(":memory:"),
        crypto: {
          sha256: async (data) => createHash("sha256").update(data).digest(),
          hmacSha256: async (key, data) => createHmac("sha256", key).update(data).digest(),
        },
      },
    });
    expect(findings.map(printFinding)).toEqual([]);
    expect(requests).toBe(REQUESTS);
    // A fuzzer that no longer gets past the door would find nothing for ever.
    expect(acknowledged).toBeGreaterThan(REQUESTS / 50);
    expect(answers.get("200")).toBeGreaterThan(REQUESTS / 10);
    expect(answers.size).toBeGreaterThan(12);
  },
);
