/** A run: cases one after the other until so many queries were asked; differences are shrunk as they are found. */

import type { QueryAst } from "@sh1n4ps/plasma-core";
import { compareCases } from "./compare.ts";
import type { Difference } from "./compare.ts";
import type { Engine } from "./engine.ts";
import { countFeatures } from "./features.ts";
import type { FeatureCounts } from "./features.ts";
import type { Cases } from "./generate-case.ts";
import { shrink } from "./shrink.ts";

export interface Contestant {
  readonly engine: Engine;
  /** 1: takes part in every world; 10: in each tenth. */
  readonly every: number;
}

export interface RunOptions {
  readonly contestants: readonly Contestant[];
  readonly cases: Iterable<Cases>;
  /** How many queries to ask; fewer if there are fewer cases. */
  readonly count: number;
  /** After so many differences it ends: they mostly have one cause. */
  readonly maxDifferences: number;
  readonly onProgress?: (summary: RunSummary) => void;
}

export interface RunSummary {
  queries: number;
  worlds: number;
  /** How many queries each engine was asked. */
  readonly asked: Map<string, number>;
  readonly features: FeatureCounts;
  readonly differences: Difference[];
}

export async function runDifferential(options: RunOptions): Promise<RunSummary> {
  const { contestants, cases, count, maxDifferences, onProgress } = options;
  const summary: RunSummary = {
    queries: 0,
    worlds: 0,
    asked: new Map(contestants.map(({ engine }) => [engine.name, 0])),
    features: new Map(),
    differences: [],
  };
  for (const world of cases) {
    const left = count - summary.queries;
    if (left <= 0 || summary.differences.length >= maxDifferences) break;
    const engines = contestants
      .filter(({ every }) => summary.worlds % every === 0)
      .map(({ engine }) => engine);
    await runWorld(engines, { ...world, queries: world.queries.slice(0, left) }, summary);
    summary.worlds++;
    onProgress?.(summary);
  }
  return summary;
}

async function runWorld(
  engines: readonly Engine[],
  world: Cases,
  summary: RunSummary,
): Promise<void> {
  for await (const { query, outcome, difference } of compareCases(engines, world)) {
    count(summary, { engines, query, outcome });
    if (!difference) continue;
    summary.differences.push(await shrink(engines, difference));
    // The smaller worlds are loaded now; the rest of this one is not worth loading it again.
    return;
  }
}

interface Asked {
  readonly engines: readonly Engine[];
  readonly query: QueryAst;
  readonly outcome: string;
}

function count(summary: RunSummary, { engines, query, outcome }: Asked): void {
  summary.queries++;
  countFeatures(query, outcome, summary.features);
  for (const { name } of engines) summary.asked.set(name, (summary.asked.get(name) ?? 0) + 1);
}
