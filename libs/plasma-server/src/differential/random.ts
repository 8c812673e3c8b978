/** Chance with a seed: the same seed gives the same cases, on every machine and in every engine's process. */

export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  /** A whole number, 0 ≤ x < end. */
  below(end: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** So many of the items, in their order. */
  sample<T>(items: readonly T[], count: number): T[];
}

/** sfc32, whose state is filled from the seed and from what it is used for. */
export function createRandom(seed: number, stream = 0): Random {
  let a = seed | 0;
  let b = Math.floor(seed / 2 ** 32) | 0;
  let c = stream | 0;
  let counter = 1;
  const next32 = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let warmUp = 0; warmUp < 15; warmUp++) next32();

  const next = () => next32() / 2 ** 32;
  const below = (end: number) => Math.floor(next() * end);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (items) => {
      if (items.length === 0) throw new RangeError("There is nothing to pick from.");
      return items[below(items.length)]!;
    },
    sample: (items, count) => {
      const places = items.map((_, at) => at);
      while (places.length > count) places.splice(below(places.length), 1);
      return places.map((at) => items[at]!);
    },
  };
}
