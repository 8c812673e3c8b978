/** What a seed lets happen: mostly mutations, and now and then something that goes wrong. */

import type { Random } from "../simulator/world/random.ts";
import type { Fate, Step, Weather } from "./step.ts";

const FATES: Readonly<Record<Fate, number>> = {
  "goes offline": 4,
  "is online again": 5,
  "opens another tab": 1,
  "loses all tabs in a crash, and opens one": 1,
  "clears the browser's storage": 0.3,
};

const WEATHER: Readonly<Record<Weather, number>> = {
  "The server crashes.": 1,
  "The server is up again.": 3,
  "The network begins to lose answers and to repeat requests.": 1,
  "The network works again.": 2,
};

export interface Cast {
  readonly people: readonly string[];
  /** The mutators that they use. */
  readonly names: readonly string[];
  readonly length: number;
}

export function drawSteps(random: Random, { people, names, length }: Cast): Step[] {
  return Array.from({ length }, (): Step => {
    const waitMs = random.chance(0.5) ? random.below(50) : random.below(6_000);
    const person = random.pick(people);
    const dice = random.fraction();
    if (dice < 0.12) return { kind: "fate", person, waitMs, what: random.weighted(FATES) };
    if (dice < 0.18) return { kind: "weather", waitMs, what: random.weighted(WEATHER) };
    const seed = random.below(2 ** 31);
    return { kind: "mutate", person, waitMs, name: random.pick(names), seed };
  });
}
