/** What people do in a simulated run. */

import type { AnyMutators, MutatorArgs, ReadDb, Schema } from "@sh1n4ps/plasma-core";
import type { Random } from "../simulator/world/random.ts";

/** Chance from the seed. */
export type Draw = Pick<Random, "fraction" | "below" | "between" | "chance" | "pick">;

export interface OpInput<S extends Schema = Schema> {
  readonly draw: Draw;
  readonly person: string;
  /** What the person sees in the tab in which they do it. */
  readonly db: ReadDb<S>;
}

/**
 * For each mutator that people use: its args; undefined if there is nothing to do at the moment. An op awaits nothing but
 * its db, and draws everything from `draw`.
 */
export type Ops<S extends Schema, M extends AnyMutators> = {
  readonly [K in keyof M]?: (
    input: OpInput<S>,
  ) => MutatorArgs<M, K> | undefined | Promise<MutatorArgs<M, K> | undefined>;
};
