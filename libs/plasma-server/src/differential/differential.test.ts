/**
 * The query language in Node: core's evaluator, better-sqlite3 and Postgres give the same rows, order and types, or the
 * same error. `differential.worker.test.ts` does the same on D1; `tools/scripts/differential.mjs` does more of it.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPostgres, openSqlite } from "../testing/databases.ts";
import type { TestDatabase } from "../testing/databases.ts";
import { evaluatorEngine, sqlEngine } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { exhaustiveCases } from "./exhaustive-cases.ts";
import { randomCases } from "./generate-case.ts";
import type { Cases } from "./generate-case.ts";
import { mendedCases } from "./mended-cases.ts";
import { pairwiseCases } from "./pairwise-cases.ts";
import { printDifference } from "./print-case.ts";
import { runDifferential } from "./run.ts";
import { tortureCases } from "./torture-cases.ts";
import { askTorture } from "./torture.ts";

const RANDOM_QUERIES = 5_000;
const MAX_DIFFERENCES = 3;
/** Changes from day to day, and is printed, so that a failure can be had again. */
const SEED = Number(process.env["PLASMA_DIFFERENTIAL_SEED"] ?? Math.floor(Date.now() / 86_400_000));

let databases: TestDatabase[];
let engines: Engine[];

beforeAll(async () => {
  databases = [await openSqlite(), await openPostgres()];
  engines = [
    evaluatorEngine(),
    ...databases.map(({ engine, executor }) => sqlEngine(engine, executor)),
  ];
});

afterAll(async () => {
  for (const { close } of databases) await close();
});

async function expectAgreement(cases: Iterable<Cases>, count: number): Promise<void> {
  const contestants = engines.map((engine) => ({ engine, every: 1 }));
  const options = { contestants, cases, count, maxDifferences: MAX_DIFFERENCES };
  const { differences, queries } = await runDifferential(options);
  expect(differences.map(printDifference).join("\n\n")).toBe("");
  expect(queries).toBe(count);
}

describe("evaluator, better-sqlite3 and Postgres agree about", () => {
  it.each(mendedCases)("$name", async ({ name, world, query }) => {
    await expectAgreement([{ label: name, world, queries: [query] }], 1);
  });

  it("every small query", { timeout: 120_000 }, async () => {
    const cases = exhaustiveCases();
    await expectAgreement([cases], cases.queries.length);
  });

  it("every operator with every type, with and without nulls", { timeout: 120_000 }, async () => {
    const cases = pairwiseCases();
    await expectAgreement([cases], cases.queries.length);
  });

  it(`${RANDOM_QUERIES} random queries (seed ${SEED})`, { timeout: 240_000 }, async () => {
    await expectAgreement(randomCases(SEED), RANDOM_QUERIES);
  });
});

describe.each([0, 1, 2])("hard values, engine %i", (at) => {
  it.each(tortureCases)("$name", { timeout: 30_000 }, async (torture) => {
    const { said, expected } = await askTorture(engines[at]!, torture);
    expect(said).toBe(expected);
  });
});
