/**
 * A write means the same on the device, on the server and in the model: the same results, the same error codes, the
 * same rows, step by step and after the commit. `WRITE_PROGRAMS=100000` runs more of them, `WRITE_SEED` others.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientEngine, modelEngine, serverEngine } from "./engines.ts";
import type { Engine, Outcome } from "./engines.ts";
import { FIRST_LIMIT, LIMIT, program } from "./program.ts";
import type { Ctx, Step } from "./program.ts";

declare const process: { env: Record<string, string | undefined> };

const numRuns = Number(process.env["WRITE_PROGRAMS"] ?? 300);
const seed = Number(process.env["WRITE_SEED"] ?? 20_260_501);

describe("a random program of writes", () => {
  it("gives the same on client, server and model", { timeout: 3_600_000 }, async () => {
    const seen = await compare({ seesAll: true }, [clientEngine, serverEngine]);
    for (const code of [
      "done",
      "conflict",
      "forbidden",
      "invalid-value",
      "overflow",
      "restricted",
      "type-mismatch",
      "missing-reference",
    ]) {
      expect(seen.get(code), code).toBeGreaterThan(numRuns / 100);
    }
  });

  it(
    "gives the same on server and model when rows are out of sight",
    {
      timeout: 3_600_000,
    },
    async () => {
      const seen = await compare({ seesAll: false }, [serverEngine]);
      for (const code of ["done", "conflict", "forbidden"]) {
        expect(seen.get(code), code).toBeGreaterThan(numRuns / 100);
      }
    },
  );
});

/** Runs programs on the model and on the others, and counts what became of steps and mutations. */
async function compare(
  sight: Pick<Ctx, "seesAll">,
  engines: readonly ((ctx: Ctx) => Engine)[],
): Promise<ReadonlyMap<string, number>> {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(program, async (mutations) => {
      // One object for all engines: its limit changes after the first mutation.
      const ctx: Ctx = { ...sight, limit: FIRST_LIMIT };
      const model = modelEngine(ctx);
      const others = engines.map((make) => make(ctx));
      try {
        for (const steps of mutations) {
          const outcome = await model.mutate(steps);
          count(seen, outcome);
          const rows = await model.rows();
          for (const other of others) await expectSame(other, { steps, outcome, rows });
          ctx.limit = LIMIT;
        }
      } finally {
        await Promise.all(others.map((other) => other.close()));
      }
    }),
    { numRuns, seed },
  );
  return seen;
}

async function expectSame(
  engine: Engine,
  expected: { steps: readonly Step[]; outcome: Outcome; rows: unknown },
): Promise<void> {
  const { steps, outcome, rows } = expected;
  // A device cannot tell whether a row that it does not have exists.
  if (outcome.code === "missing-reference" && engine.isDevice) return;
  expect(await engine.mutate(steps)).toEqual(outcome);
  expect(await engine.rows()).toEqual(rows);
}

function count(seen: Map<string, number>, { code, log }: Outcome): void {
  for (const result of [...log, code]) {
    const key = typeof result === "string" ? result : "done";
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
}
