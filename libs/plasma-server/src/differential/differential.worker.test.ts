/** The query language inside workerd: core's evaluator and D1 agree. */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { fromD1 } from "../sql/d1.ts";
import type { D1Like } from "../sql/d1.ts";
import { evaluatorEngine, sqlEngine } from "./engine.ts";
import { exhaustiveCases } from "./exhaustive-cases.ts";
import { randomCases } from "./generate-case.ts";
import type { Cases } from "./generate-case.ts";
import { mendedCases } from "./mended-cases.ts";
import { pairwiseCases } from "./pairwise-cases.ts";
import { printDifference } from "./print-case.ts";
import { runDifferential } from "./run.ts";
import { tortureCases } from "./torture-cases.ts";
import { askTorture } from "./torture.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      readonly DB: D1Like;
    }
  }
}

const RANDOM_QUERIES = 5_000;
/** The pairs take D1 a while, so each day has its part of them. */
const PAIRS = 8;
/** Workers stop the clock while they compute, but tell the day. */
const SEED = Math.floor(Date.now() / 86_400_000);

const d1 = sqlEngine("D1", fromD1(env.DB));
const contestants = [evaluatorEngine(), d1].map((engine) => ({ engine, every: 1 }));

async function expectAgreement(cases: Iterable<Cases>, count: number): Promise<void> {
  const options = { contestants, cases, count, maxDifferences: 3 };
  const { differences, queries } = await runDifferential(options);
  expect(differences.map(printDifference).join("\n\n")).toBe("");
  expect(queries).toBe(count);
}

describe("evaluator and D1 agree about", () => {
  it.each(mendedCases)("$name", async ({ name, world, query }) => {
    await expectAgreement([{ label: name, world, queries: [query] }], 1);
  });

  it("every small query", { timeout: 120_000 }, async () => {
    const cases = exhaustiveCases();
    await expectAgreement([cases], cases.queries.length);
  });

  it(`one in ${PAIRS} of the pairs of operator and type`, { timeout: 120_000 }, async () => {
    const cases = pairwiseCases();
    const queries = cases.queries.filter((_, at) => at % PAIRS === SEED % PAIRS);
    await expectAgreement([{ ...cases, queries }], queries.length);
  });

  it(`${RANDOM_QUERIES} random queries (seed ${SEED})`, { timeout: 240_000 }, async () => {
    await expectAgreement(randomCases(SEED), RANDOM_QUERIES);
  });
});

describe("hard values on D1", () => {
  it.each(tortureCases)("$name", { timeout: 30_000 }, async (torture) => {
    const { said, expected } = await askTorture(d1, torture);
    expect(said).toBe(expected);
  });
});
