/** W3 to W5: changes under live queries, durable mutations, and a pull that comes in over pending ones. */

import { LIMIT_MS, TOO_SLOW } from "./bench.ts";
import type { Bench } from "./bench.ts";
import { answer } from "./queries.ts";
import type { Query } from "./queries.ts";
import type { Change, Patch, Row } from "./rows.ts";
import { watch } from "./watch.ts";

const CHANGES = 30;
const LIVE_QUERIES = 100;
const AWAITED = 200;
const FIRED = 1000;
const PULLED = 100;
const PENDING = [100, 1000];

/** What is measured change by change ends when it has taken as long as this, with the figures it has by then. */
const ENOUGH_MS = 10_000;

interface Workload {
  readonly names: readonly string[];
  run(bench: Bench): Promise<void>;
}

export const WORKLOADS: readonly Workload[] = [
  under("W3a", { kind: "window", listId: "l0", done: false }),
  under("W3b", { kind: "list", listId: "l0" }),
  under("W3c", { kind: "joined", listId: "l0" }),
  under("W3d", { kind: "counts" }),
  { names: ["W3e", "W3o"], run: changeUnderMany },
  { names: ["W4"], run: mutateMany },
  { names: ["W5"], run: pullOverPending },
];

/** The median of a round is recorded: one change more or less that meets a collection of garbage says nothing. */
function under(work: string, query: Query): Workload {
  return {
    names: [work],
    async run(bench) {
      const view = watch(bench, query);
      await view.untilRight();
      const times: number[] = [];
      const isEnough = enough();
      for (let at = 0; at < CHANGES && !isEnough(); at++) {
        times.push(await measureChange(bench, { view, ...changeOf(bench, { query, at }) }));
      }
      view.stop();
      bench.record(work, median(times));
    },
  };
}

async function changeUnderMany(bench: Bench): Promise<void> {
  const queries = Array.from({ length: LIVE_QUERIES }, (_, at): Query => ({
    kind: "window",
    listId: bench.lists[at % bench.lists.length]?.id ?? "",
    priority: Math.floor(at / bench.lists.length) % 10,
  }));
  const started = performance.now();
  const views = queries.map((query) => watch(bench, query));
  const answered = await inTime(Promise.all(views.map((view) => view.first)));
  if (bench.work.has("W3o")) bench.record("W3o", Math.max(...answered) - started);
  for (const view of views) await view.untilRight();
  const times: number[] = [];
  const isEnough = enough();
  for (let at = 0; bench.work.has("W3e") && at < CHANGES && !isEnough(); at++) {
    const view = views[(at * 7) % views.length] as (typeof views)[number];
    const query = queries[(at * 7) % queries.length] as Query;
    times.push(await measureChange(bench, { view, ...changeOf(bench, { query, at }) }));
  }
  for (const view of views) {
    await view.untilRight();
    view.stop();
  }
  if (times.length > 0) bench.record("W3e", median(times));
}

interface Measured extends Change {
  readonly view: ReturnType<typeof watch>;
}

async function measureChange(bench: Bench, { view, id, patch }: Measured): Promise<number> {
  const { store } = bench;
  model(bench, { id, patch });
  const expected = view.expected();
  const started = performance.now();
  const done = store.mutate ? store.mutate(id, patch) : store.update(id, patch);
  try {
    return (await view.untilRight(expected)) - started;
  } finally {
    await done;
  }
}

/** A change that the query's result shows: a row leaves the window, or is another one. */
function changeOf({ rows, lists }: Bench, { query, at }: { query: Query; at: number }): Change {
  if (query.kind === "counts") {
    const row = [...rows.values()][(at * 31) % rows.size] as Row;
    return { id: row.id, patch: { priority: (row.priority + 1) % 10 } };
  }
  const shown = answer(query, rows.values(), lists) as readonly Row[];
  const { id } = shown[(at * 13) % shown.length] as Row;
  const leaves = query.kind === "window" && query.done === false;
  const patch: Patch = leaves
    ? { done: true }
    : { title: `Changed, number ${at} of ${query.kind}` };
  return { id, patch };
}

/** W4. What has become durable is checked by a page that is opened later. */
async function mutateMany(bench: Bench): Promise<void> {
  const { store } = bench;
  const isEnough = enough();
  let awaited = 0;
  const started = performance.now();
  for (const each of titles(bench, { prefix: "Awaited", count: AWAITED })) {
    if (isEnough()) break;
    await store.update(each.id, each.patch);
    model(bench, each);
    awaited += 1;
  }
  bench.record("W4 awaited, each", (performance.now() - started) / awaited);
  await store.settle?.();
  const fired = titles(bench, { prefix: "Fired", count: FIRED });
  const firedAt = performance.now();
  const durable = Promise.all(fired.map(({ id, patch }) => store.update(id, patch)));
  for (const each of fired) model(bench, each);
  await durable;
  bench.record("W4 1,000 fired", performance.now() - firedAt);
}

/** W5. The server's rows and the pending titles meet in one list. */
async function pullOverPending(bench: Bench): Promise<void> {
  const { store, rows } = bench;
  if (!store.pullOver) throw new Error("The adapter does not say why it has no pull.");
  const query: Query = { kind: "list", listId: "l0" };
  const view = watch(bench, query);
  await view.untilRight();
  store.holdMutations?.();
  let pending: readonly Change[] = [];
  for (const count of PENDING) {
    const more = titles(bench, { prefix: `Pending ${count}`, count: count - pending.length });
    await Promise.all(more.map(({ id, patch }) => store.update(id, patch)));
    for (const each of more) model(bench, each);
    pending = [...pending, ...more];
    await view.untilRight();
    const ids = [...rows.keys()].slice(0, PULLED);
    const pulled = ids.map((id): Change => ({ id, patch: { notes: `Pulled over ${count}` } }));
    for (const each of pulled) model(bench, each);
    // As the server has them: it has not heard of the pending titles.
    const theirs = pulled.map(({ id }) => ({ ...(rows.get(id) as Row), title: "The server's" }));
    for (const row of theirs) {
      if (!pending.some(({ id }) => id === row.id)) {
        model(bench, { id: row.id, patch: { title: row.title } });
      }
    }
    const expected = view.expected();
    const started = performance.now();
    const applied = store.pullOver(theirs, pending);
    bench.record(`W5 ${count} pending`, (await view.untilRight(expected)) - started);
    await applied;
  }
  view.stop();
}

function titles({ rows }: Bench, { prefix, count }: { prefix: string; count: number }): Change[] {
  const ids = [...rows.keys()];
  return Array.from({ length: count }, (_, at) => ({
    id: ids[at % ids.length] as string,
    patch: { title: `${prefix}, number ${at}` },
  }));
}

function model({ rows, changes }: Bench, { id, patch }: Change): void {
  rows.set(id, { ...(rows.get(id) as Row), ...patch });
  changes.push({ id, patch });
}

function median(times: number[]): number {
  return times.sort((one, two) => one - two)[times.length >> 1] as number;
}

function enough(): () => boolean {
  const end = performance.now() + ENOUGH_MS;
  return () => performance.now() > end;
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(TOO_SLOW)), LIMIT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
