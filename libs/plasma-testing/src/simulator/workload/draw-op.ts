/** What a person does next: a mutator and its args, out of few ids, so that people get in each other's way. */

import type { Random } from "../world/random.ts";
import { ACCOUNTS, COUNTERS, SHIFTS } from "./model.ts";

export type MutatorWeights = Readonly<Partial<Record<MutatorName, number>>>;

const WEIGHTS = {
  append: 6,
  transfer: 4,
  sweep: 2,
  leaveShift: 3,
  joinShift: 2,
  count: 3,
  claim: 3,
  rename: 1,
  release: 2,
  tag: 1,
  untag: 1,
  createBoard: 2,
  deleteBoard: 1,
  grant: 4,
  revoke: 2,
  addCard: 5,
  editCard: 3,
  moveCard: 2,
  deleteCard: 2,
  writeMemo: 3,
  paste: 1,
  dropMemo: 1,
  refuse: 1,
  stumble: 0.3,
};

export type MutatorName = keyof typeof WEIGHTS;

/** In bytes. Of the server's 32 KiB: a part, most of them, more; and more than any device keeps. */
const PASTED = [
  ...[200, 200, 2_000, 2_000, 12_000, 12_000, 12_000, 12_000, 25_000, 25_000],
  ...[40_000, 1_100_000],
];

/** For one seed: some mutators not at all, some a lot. */
export function drawWeights(random: Random): Readonly<Record<MutatorName, number>> {
  const drawn = Object.entries(WEIGHTS).map(([name, weight]) => [
    name,
    random.chance(0.2) ? 0 : weight * random.between(0.3, 2),
  ]);
  const weights = Object.fromEntries(drawn) as Record<MutatorName, number>;
  return { ...weights, append: WEIGHTS.append };
}

export interface DrawnOp {
  readonly name: MutatorName;
  readonly args: Readonly<Record<string, unknown>> & { readonly token: string };
}

export function drawOp(
  random: Random,
  options: {
    readonly weights: MutatorWeights;
    readonly people: readonly string[];
    readonly token: string;
  },
): DrawnOp {
  const { weights, people, token } = options;
  const name = random.weighted(weights);
  return { name, args: { token, ...argsOf(name, random, people) } };
}

function argsOf(
  name: MutatorName,
  random: Random,
  people: readonly string[],
): Readonly<Record<string, unknown>> {
  const one = (letter: string, count: number) => `${letter}${random.below(count)}`;
  const claim = () => one("c", 5);
  const board = () => one("b", 4);
  const card = () => one("k", 8);
  const row = { id: "" };
  switch (name) {
    case "append":
      return { ...row, id: one("l", 3) };
    case "transfer":
    case "sweep": {
      const from = random.pick(ACCOUNTS);
      const to = random.pick(ACCOUNTS.filter((account) => account !== from));
      return { from, to, ...(name === "transfer" && { amount: 1 + random.below(60) }) };
    }
    case "leaveShift":
    case "joinShift":
      return { id: random.pick(SHIFTS) };
    case "count":
      return { id: random.pick(COUNTERS), by: 1 + random.below(5) };
    case "refuse":
    case "stumble":
      return { id: random.pick(COUNTERS) };
    case "claim":
    case "rename":
      return { id: claim(), name: one("name", 4) };
    case "release":
      return { id: claim() };
    case "tag":
      return { id: one("t", 4), claimId: claim() };
    case "untag":
      return { id: one("t", 4) };
    case "createBoard":
    case "deleteBoard":
      return { id: board() };
    case "grant":
    case "revoke":
      return { boardId: board(), userId: random.pick(people) };
    case "addCard":
    case "moveCard":
      return { id: card(), boardId: board() };
    case "editCard":
    case "deleteCard":
      return { id: card() };
    case "paste":
      return { id: one("m", 6), text: "x".repeat(random.pick(PASTED)) };
    case "writeMemo":
    case "dropMemo":
      return { id: one("m", 6) };
  }
}
