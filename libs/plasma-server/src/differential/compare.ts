/** Asks every engine the same and tells where they differ from the first. */

import type { QueryAst } from "@sh1n4ps/plasma-core";
import type { Engine } from "./engine.ts";
import type { Cases } from "./generate-case.ts";
import { outcomeOf, outcomeText } from "./outcome.ts";
import { loadWorld } from "./world.ts";
import type { World } from "./world.ts";

export interface Difference {
  readonly label: string;
  readonly world: World;
  readonly query: QueryAst;
  /** What each engine said. */
  readonly outcomes: ReadonlyMap<string, string>;
}

export interface Comparison {
  readonly query: QueryAst;
  readonly outcome: string;
  readonly difference: Difference | null;
}

/** The first engine is the reference. */
export async function* compareCases(
  engines: readonly Engine[],
  { label, world, queries }: Cases,
): AsyncGenerator<Comparison> {
  const loaded = loadWorld(world);
  for (const engine of engines) await engine.load(loaded);
  for (const [at, query] of queries.entries()) {
    const outcomes = await askAll(engines, query);
    const [outcome] = outcomes.values();
    const difference = differ(outcomes)
      ? { label: `${label}, query ${at}`, world, query, outcomes }
      : null;
    yield { query, outcome: outcome!, difference };
  }
}

export async function askAll(
  engines: readonly Engine[],
  query: QueryAst,
): Promise<ReadonlyMap<string, string>> {
  const outcomes = new Map<string, string>();
  for (const engine of engines)
    outcomes.set(engine.name, outcomeText(await outcomeOf(engine, query)));
  return outcomes;
}

export function differ(outcomes: ReadonlyMap<string, string>): boolean {
  return new Set(outcomes.values()).size > 1;
}
