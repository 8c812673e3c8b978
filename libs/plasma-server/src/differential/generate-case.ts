/** The random layer: worlds, and queries over them, each found again by its seed and number. */

import type { QueryAst } from "@sh1n4ps/plasma-core";
import { breakQuery } from "./break-query.ts";
import { generateRelational } from "./generate-relational.ts";
import { generateSelect } from "./generate-select.ts";
import { generateWorld } from "./generate-world.ts";
import { createRandom } from "./random.ts";
import type { Generation } from "./sight.ts";
import { loadWorld } from "./world.ts";
import type { World } from "./world.ts";

/** A world and the queries that are asked of it. */
export interface Cases {
  readonly label: string;
  readonly world: World;
  readonly queries: readonly QueryAst[];
}

export const QUERIES_PER_WORLD = 50;

/** The worlds of a seed, one after the other, for ever. */
export function* randomCases(seed: number): Generator<Cases> {
  for (let number = 0; ; number++) yield randomCase(seed, number);
}

export function randomCase(seed: number, number: number): Cases {
  const random = createRandom(seed, number);
  const world = generateWorld(random);
  let aliases = 0;
  const generation: Generation = {
    random,
    world,
    schema: loadWorld(world).schema,
    nextAlias: () => `s${aliases++}`,
  };
  const queries = Array.from({ length: QUERIES_PER_WORLD }, () => generateQuery(generation));
  return { label: `seed ${seed}, world ${number}`, world, queries };
}

function generateQuery(generation: Generation): QueryAst {
  const { random } = generation;
  const query = random.chance(0.1)
    ? generateRelational(generation)
    : generateSelect({ generation, depth: 0, outer: [] }).query;
  return random.chance(0.08) ? breakQuery(generation, query) : query;
}
