/**
 * Random sequences of change sets under random live queries, as data, so that one that fails can be made smaller.
 *
 * After each change set every query must equal a full evaluation by core, its deltas must replay to the same rows, and
 * rows that hold the same must be the same objects.
 */

import {
  and,
  asc,
  desc,
  encodeTagged,
  eq,
  gt,
  inArray,
  isNull,
  like,
  lt,
  not,
  or,
  PlasmaError,
  readDb,
  select,
} from "@sh1n4ps/plasma-core";
import type {
  LiveDelta,
  LiveQuery,
  QueryAst,
  Row,
  RowChange,
  SelectAst,
  SelectQuery,
} from "@sh1n4ps/plasma-core";
import { rowKeyOf } from "../live/delta.ts";
import { LiveQueries } from "../live/live-queries.ts";
import { OptimisticRows } from "../replica/optimistic-rows.ts";
import { answerQuery, sameRow } from "../replica/rows.ts";
import type { RowImage } from "../storage/engine.ts";
import { liveSchema, randomAst, randomRow } from "./random-queries.ts";
import { pick, seededRandom } from "./seeded-random.ts";
import { todos } from "./test-app.ts";

/** One mutation, or a pull that also settles the oldest pending mutations. */
export type LiveStep =
  | { readonly kind: "mutation"; readonly images: readonly RowImage[] }
  | {
      readonly kind: "pull";
      readonly clear: boolean;
      readonly settles: number;
      readonly images: readonly RowImage[];
    };

export interface LiveSequence {
  readonly queries: readonly QueryAst[];
  readonly steps: readonly LiveStep[];
  /** For each query, the step at which it is opened. */
  readonly opened: readonly number[];
}

/** What is told of a change set: itself, unless a test of this test breaks it. */
export type Telling = (changes: readonly RowChange[]) => readonly RowChange[];

const QUERIES = 4;
/** Opened for a moment after some steps: they find their rows by the index that live queries share. */
const PROBES: readonly QueryAst[] = ["l0", "l1", "l2"].map(
  (list) => select().from(todos).where(eq(todos.listId, list)).ast,
);
const PROBE_EVERY = 5;
const IDS = 12;
/** How many combinations of rows a query may make a full evaluation try: few go beyond, and those take longer than all others. */
const MAX_COMBINATIONS = IDS ** 5;

export function randomSequence(
  seed: number,
  length: number,
  drawQuery: (random: () => number) => QueryAst = randomQuery,
): LiveSequence {
  const random = seededRandom(seed);
  const hasWindows = random() < 0.3;
  const queries = Array.from({ length: QUERIES }, () =>
    hasWindows ? randomWindow(random) : drawQuery(random),
  );
  return {
    queries,
    steps: Array.from({ length }, () => randomStep(random, hasWindows ? 300 : 40)),
    opened: queries.map(() => (random() < 0.7 ? 0 : Math.floor(random() * length))),
  };
}

function randomQuery(random: () => number): QueryAst {
  for (;;) {
    const query = randomAst(random);
    if (combinationsIn(query) <= MAX_COMBINATIONS) return query;
  }
}

/** Each subquery is tried for each combination of the query around it. */
function combinationsIn(part: unknown): number {
  if (typeof part !== "object" || part === null) return 0;
  const inner = Object.values(part).reduce<number>((sum, each) => sum + combinationsIn(each), 0);
  if (!("kind" in part) || part.kind !== "select") return inner;
  const { joins } = part as SelectAst;
  return IDS ** (1 + joins.length) * (1 + inner);
}

/** What is wrong with a sequence; undefined if nothing is. */
export async function failureOf(
  sequence: LiveSequence,
  telling: Telling = (changes) => changes,
): Promise<string | undefined> {
  const rows = new OptimisticRows(liveSchema);
  const listeners = new Set<(changes: readonly RowChange[]) => void>();
  const failures: unknown[] = [];
  const live = new LiveQueries({
    source: {
      get rows() {
        return rows.rows;
      },
      state: { isOpen: true, firstSync: "complete" },
      open: async () => undefined,
      subscribeChanges: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      subscribeState: () => () => undefined,
    },
    onFailure: (cause) => failures.push(cause),
  });
  const watched: Watched[] = [];
  let pending: (readonly RowImage[])[] = [];
  for (const [at, step] of sequence.steps.entries()) {
    for (const [which, ast] of sequence.queries.entries()) {
      if (sequence.opened[which] === at) watched.push(watchOne(live.watch(ast)));
    }
    // The first delivery comes in a turn of its own.
    await Promise.resolve();
    await Promise.resolve();
    let changes: readonly RowChange[];
    if (step.kind === "mutation") {
      pending = [...pending, step.images];
      changes = rows.add(step.images);
    } else {
      pending = pending.slice(step.settles);
      changes = rows.replace({
        clear: step.clear ? "synced" : "nothing",
        patch: step.images,
        pending,
      });
    }
    const told = telling(changes);
    if (told.length > 0) for (const listener of listeners) listener(told);
    const expected = watched.map((one) => outcomeOf(() => answerQuery(one.query.ast, rows.rows)));
    const unexpected = failures.find(
      (failure) => !(failure instanceof PlasmaError && expected.includes(failure.code)),
    );
    if (unexpected) return `step ${at}: ${String(unexpected)}`;
    failures.length = 0;
    for (const [which, one] of watched.entries()) {
      const outcome = expected[which] as readonly Row[] | string;
      const problem =
        typeof outcome === "string" ? failureProblem(one, outcome) : problemOf(one, outcome);
      if (problem)
        return `step ${at}: ${problem} in ${JSON.stringify(encodeTagged(one.query.ast))}`;
    }
    if (at % PROBE_EVERY > 0) continue;
    for (const probe of PROBES) {
      const found = live.watch(probe).current ?? [];
      const expected = answerQuery(probe, rows.rows);
      if (!isSame(found, expected))
        return `step ${at}: found ${show(found)}, not ${show(expected)}`;
    }
  }
  return undefined;
}

/** Leaves out steps and queries for as long as it still fails. */
export async function shrink(sequence: LiveSequence, telling?: Telling): Promise<LiveSequence> {
  let smallest = sequence;
  const tryOne = async (smaller: LiveSequence) => {
    if ((await failureOf(smaller, telling)) === undefined) return false;
    smallest = smaller;
    return true;
  };
  for (let at = smallest.queries.length - 1; at >= 0; at--) {
    await tryOne({
      ...smallest,
      queries: smallest.queries.toSpliced(at, 1),
      opened: smallest.opened.toSpliced(at, 1),
    });
  }
  let length: number;
  do {
    length = smallest.steps.length;
    for (let at = length - 1; at >= 0; at--) {
      await tryOne({
        ...smallest,
        steps: smallest.steps.toSpliced(at, 1),
        opened: smallest.opened.map((step) => (step > at ? step - 1 : step)),
      });
    }
  } while (smallest.steps.length < length);
  return smallest;
}

/** A sequence's steps as text. */
export function showSteps({ steps }: LiveSequence): string {
  return JSON.stringify(encodeTagged(steps));
}

interface Watched {
  readonly query: LiveQuery<Row>;
  /** The rows as the deltas tell them. */
  replayed: Row[];
  /** What a delta said that cannot be. */
  wrong: string | undefined;
  before: readonly Row[];
  last: readonly Row[] | undefined;
}

function watchOne(query: LiveQuery<Row>): Watched {
  const one: Watched = { query, replayed: [], wrong: undefined, before: [], last: undefined };
  query.subscribeDelta((delta) => replay(one, delta));
  query.subscribe((rows) => {
    if (rows === one.last) one.wrong ??= "heard the same result twice";
    one.before = one.last ?? [];
    one.last = rows;
  });
  return one;
}

function replay(one: Watched, { added, removed, changed }: LiveDelta<Row>): void {
  const take = (row: Row) => {
    const at = one.replayed.indexOf(row);
    if (at === -1) one.wrong ??= "a delta takes away a row that was not there";
    else one.replayed.splice(at, 1);
  };
  for (const row of removed) take(row);
  for (const { before, after } of changed) {
    take(before);
    one.replayed.push(after);
  }
  one.replayed.push(...added);
}

/** The rows, or the code of the error that they failed with. */
function outcomeOf(ask: () => readonly Row[]): readonly Row[] | string {
  try {
    return ask();
  } catch (error) {
    if (error instanceof PlasmaError) return error.code;
    throw error;
  }
}

/** A query that fails says so to whoever reads it. */
function failureProblem(one: Watched, code: string): string | undefined {
  const outcome = outcomeOf(() => one.query.current ?? []);
  return outcome === code
    ? one.wrong
    : `has ${JSON.stringify(encodeTagged(outcome))}, not the error ${code}`;
}

function problemOf(one: Watched, expected: readonly Row[]): string | undefined {
  const rows = one.query.current ?? [];
  if (one.wrong) return one.wrong;
  if (rows !== one.last) return "the last delivery is not the current result";
  if (!isSame(rows, expected)) {
    return `has ${show(rows)}, not ${show(expected)}`;
  }
  if (!hasSameMembers(one.replayed, rows)) return "deltas do not replay to the rows";
  if (isAnonymous(one.query.ast)) return undefined;
  for (const row of rows) {
    const old = one.before.find((candidate) => sameRow(candidate, row));
    if (old && !one.before.includes(row)) return `a new object for an unchanged ${show([row])}`;
  }
  return undefined;
}

/** Two rows may look the same, and nothing in the result tells which is which. */
function isAnonymous(ast: QueryAst): boolean {
  return rowKeyOf(liveSchema, ast) === null;
}

function hasSameMembers(left: readonly Row[], right: readonly Row[]): boolean {
  const rest = new Map<Row, number>();
  for (const row of left) rest.set(row, (rest.get(row) ?? 0) + 1);
  for (const row of right) rest.set(row, (rest.get(row) ?? 0) - 1);
  return [...rest.values()].every((times) => times === 0);
}

function isSame(left: readonly Row[], right: readonly Row[]): boolean {
  return left.length === right.length && left.every((row, at) => sameRow(row, right[at]));
}

function show(rows: readonly Row[]): string {
  return JSON.stringify(encodeTagged(rows));
}

function randomStep(random: () => number, crowd: number): LiveStep {
  const drawn = Array.from({ length: 1 + Math.floor(random() * 4) }, () => randomImage(random));
  // Net images: a mutation or a pull has one of each row.
  const images = [...new Map(drawn.map((image) => [image.id, image])).values()];
  if (random() < 0.6) return { kind: "mutation", images };
  return {
    kind: "pull",
    clear: random() < 0.05,
    settles: Math.floor(random() * 4),
    images: random() < 0.02 ? manyImages(random, crowd) : images,
  };
}

/** More than a view takes in one by one: a crowd that comes, or goes. */
function manyImages(random: () => number, count: number): RowImage[] {
  const isGone = random() < 0.6;
  return Array.from({ length: count }, (_, at) => {
    const id = `t${100 + at}`;
    return { table: "todos", id, row: isGone ? null : randomRow(random, "todos", id) };
  });
}

function randomImage(random: () => number): RowImage {
  const [table, letter, count] = pick(random, [
    ["lists", "l", 4],
    ["marks", "m", 8],
    ["todos", "t", IDS],
    ["todos", "t", IDS],
  ] as const);
  const id = `${letter}${Math.floor(random() * count)}`;
  if (random() < 0.25) return { table, id, row: null };
  return { table, id, row: randomRow(random, table, id) };
}

function randomWindow(random: () => number): QueryAst {
  const db = readDb(liveSchema, { select: () => Promise.resolve([]) });
  const start = pick(random, [
    () => db.select(),
    () => db.select(),
    () => db.select({ id: todos.id, t: todos.title }),
    () => db.select({ t: todos.title, due: todos.due }),
    () => db.select({ id: todos.id, todo: todos }),
  ])();
  let query = start.from(todos) as unknown as SelectQuery<Row>;
  for (let parts = Math.floor(random() * 3); parts > 0; parts--) {
    query = query.where(randomCondition(random));
  }
  const terms = [
    asc(todos.due),
    desc(todos.due),
    asc(todos.title),
    desc(todos.rank),
    asc(todos.done),
  ];
  const order = Array.from({ length: Math.floor(random() * 3) }, () => pick(random, terms));
  query = query.orderBy(...order);
  if (random() < 0.5) query = query.limit(Math.floor(random() * 5));
  if (random() < 0.3) query = query.offset(Math.floor(random() * 4));
  if (random() < 0.2 && query.ast.projection === null) {
    query = query.after(randomRow(random, "todos", `t${Math.floor(random() * IDS)}`));
  }
  return query.ast;
}

function randomCondition(random: () => number): ReturnType<typeof eq> {
  const one = () =>
    pick(random, [
      () => eq(todos.listId, pick(random, ["l0", "l1", "l2"])),
      () => inArray(todos.listId, ["l1", "l3"]),
      () => eq(todos.id, `t${Math.floor(random() * IDS)}`),
      () => inArray(todos.id, ["t1", "t2", "t3"]),
      () => eq(todos.done, random() < 0.5),
      () => eq(todos.rank, 0),
      () => isNull(todos.due),
      () => eq(todos.due, new Date(1)),
      () => not(eq(todos.due, new Date(1))),
      () => gt(todos.rank, 0),
      () => lt(todos.due, new Date(2)),
      () => like(todos.title, "a%"),
    ])();
  const shape = random();
  if (shape < 0.15) return or(one(), one()) as ReturnType<typeof eq>;
  if (shape < 0.3) return and(one(), one()) as ReturnType<typeof eq>;
  return one();
}
