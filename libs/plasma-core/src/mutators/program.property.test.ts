/**
 * Random programs of inserts, updates and deletes, against a model that keeps its rows as JSON text and knows
 * nothing of planning, copying or freezing.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlasmaError } from "../errors.ts";
import { eq, gte } from "../query/expression.ts";
import { boolean, id, int, json, ref, text } from "../schema/column.ts";
import type { AnyColumn } from "../schema/column.ts";
import { defineSchema } from "../schema/schema.ts";
import { table } from "../schema/table.ts";
import type { Row } from "../schema/table.ts";
import { memoryWorld } from "./memory-write-store.fixture.ts";

interface Ctx {
  readonly limit: number;
}

const items = table(
  "items",
  {
    id: id(),
    parentId: ref((): AnyColumn => items.id, { onDelete: "cascade" }).nullable(),
    title: text().default("new"),
    rank: int(),
    done: boolean().default(false),
    extra: json().nullable(),
  },
  { auth: { write: (ctx: Ctx, row) => row.rank <= ctx.limit } },
);
const schema = defineSchema({ items });
const IDS = ["a", "b", "c", "d"];
const LIMIT = 5;

type Values = Record<string, unknown>;
type Step =
  | { kind: "insert"; rows: Values[] }
  | { kind: "update"; patch: Values; from: number }
  | { kind: "delete"; id: string };

/** What a step leaves behind, or the code it is refused with. */
function model(before: Record<string, string>, step: Step): Record<string, string> | string {
  const after = { ...before };
  const put = (row: Row) => (after[row["id"] as string] = JSON.stringify(row));
  const read = (key: string) => JSON.parse(before[key] as string) as Row;
  const isWrong = (row: Row) => !Number.isSafeInteger(row["rank"]);
  const isForbidden = (row: Row) => (row["rank"] as number) > LIMIT;
  switch (step.kind) {
    case "insert": {
      const rows = step.rows.map(
        (row) =>
          ({ parentId: null, title: "new", rank: null, done: false, extra: null, ...row }) as Row,
      );
      if (rows.some(isWrong)) return "invalid-value";
      const ids = rows.map((row) => row["id"] as string);
      if (new Set(ids).size < ids.length || ids.some((one) => one in before)) return "conflict";
      if (rows.some(isForbidden)) return "forbidden";
      rows.forEach(put);
      return after;
    }
    case "update": {
      if ("rank" in step.patch && isWrong(step.patch)) return "invalid-value";
      const found = Object.keys(before)
        .map(read)
        .filter((row) => (row["rank"] as number) >= step.from);
      const changed = found.map((row) => ({ ...row, ...step.patch }));
      if ([...found, ...changed].some(isForbidden)) return "forbidden";
      changed.forEach(put);
      return after;
    }
    case "delete": {
      if (!(step.id in before)) return after;
      const going = [step.id];
      for (const next of going) {
        for (const key of Object.keys(before)) {
          if (read(key)["parentId"] === next && !going.includes(key)) going.push(key);
        }
      }
      for (const key of going) delete after[key];
      return after;
    }
  }
}

const rank = fc.oneof({ weight: 8, arbitrary: fc.nat(LIMIT) }, fc.constantFrom(LIMIT + 1, 0.5));
const values = {
  title: fc.constantFrom("x", "y"),
  rank,
  done: fc.boolean(),
  extra: fc.option(fc.jsonValue({ maxDepth: 1, stringUnit: "grapheme-ascii" })),
  parentId: fc.option(fc.constantFrom(...IDS)),
};
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("insert" as const),
    rows: fc.array(
      fc.record({ ...values, id: fc.constantFrom(...IDS) }, { requiredKeys: ["id", "rank"] }),
      { maxLength: 2 },
    ),
  }),
  fc.record({
    kind: fc.constant("update" as const),
    patch: fc.record(values, { requiredKeys: [] }),
    from: fc.nat(LIMIT),
  }),
  fc.record({ kind: fc.constant("delete" as const), id: fc.constantFrom(...IDS) }),
);

describe("a program of writes", () => {
  it("leaves behind, step by step, what the model leaves behind", { timeout: 60_000 }, async () => {
    const outcomes = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (program) => {
        const world = memoryWorld(schema, {}, { limit: LIMIT } satisfies Ctx);
        let expected: Record<string, string> = {};
        for (const next of program) {
          const result = model(expected, next);
          const code = await run(world.db, next);
          if (typeof result === "string") expect(code).toBe(result);
          else expected = result;
          outcomes.set(code ?? "done", (outcomes.get(code ?? "done") ?? 0) + 1);
          const rows = world.rows("items");
          expect(rows).toEqual(
            Object.fromEntries(
              Object.entries(expected).map(([key, row]) => [key, JSON.parse(row)]),
            ),
          );
          expect(Object.values(rows).every(Object.isFrozen)).toBe(true);
        }
      }),
      { numRuns: 1_500 },
    );
    for (const outcome of ["done", "invalid-value", "conflict", "forbidden"]) {
      expect(outcomes.get(outcome), outcome).toBeGreaterThan(20);
    }
  });
});

async function run(db: ReturnType<typeof memoryWorld>["db"], next: Step): Promise<string | null> {
  try {
    switch (next.kind) {
      case "insert":
        await db.insert(items).values(next.rows as never);
        break;
      case "update":
        await db
          .update(items)
          .set(next.patch as never)
          .where(gte(items.rank, next.from));
        break;
      case "delete":
        await db.delete(items).where(eq(items.id, next.id));
        break;
    }
    return null;
  } catch (error) {
    if (error instanceof PlasmaError) return error.code;
    throw error;
  }
}
