/** W3 to W5: changes under live queries, durable mutations, and a pull that comes in over pending ones. */

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

/** The median of a round is recorded: one change more or less that meets a collection of garbage says nothing. */
export async function changeUnderQueries(bench: Bench): Promise<void> {
  const { work } = bench;
  const listId = "l0";
  if (work.has("W3a")) {
    await change(bench, { work: "W3a", query: { kind: "window", listId, done: false } });
  }
  if (work.has("W3b")) await change(bench, { work: "W3b", query: { kind: "list", listId } });
  if (work.has("W3c")) await change(bench, { work: "W3c", query: { kind: "joined", listId } });
  if (work.has("W3d")) await change(bench, { work: "W3d", query: { kind: "counts" } });
  if (work.has("W3e") || work.has("W3o")) await changeUnderMany(bench);
  await bench.store.settle?.();
}

async function change(bench: Bench, { work, query }: { work: string; query: Query }) {
  const view = watch(bench, query);
  await view.untilRight();
  const times: number[] = [];
  for (let at = 0; at < CHANGES; at++) {
    times.push(await measureChange(bench, { view, ...changeOf(bench, { query, at }) }));
  }
  view.stop();
  bench.record(work, median(times));
}

async function changeUnderMany(bench: Bench): Promise<void> {
  const queries = Array.from({ length: LIVE_QUERIES }, (_, at): Query => ({
    kind: "window",
    listId: bench.lists[at % bench.lists.length]?.id ?? "",
    priority: Math.floor(at / bench.lists.length) % 10,
  }));
  const started = performance.now();
  const views = queries.map((query) => watch(bench, query));
  const answered = await Promise.all(views.map((view) => view.first));
  if (bench.work.has("W3o")) bench.record("W3o", Math.max(...answered) - started);
  for (const view of views) await view.untilRight();
  const times: number[] = [];
  for (let at = 0; bench.work.has("W3e") && at < CHANGES; at++) {
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
  model(bench, { id, patch });
  const expected = view.expected();
  const started = performance.now();
  const durable = bench.store.update(id, patch);
  const shown = await view.untilRight(expected);
  await durable;
  return shown - started;
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
export async function mutateMany(bench: Bench): Promise<void> {
  if (!bench.work.has("W4")) return;
  const { store } = bench;
  const awaited = titles(bench, { prefix: "Awaited", count: AWAITED });
  const started = performance.now();
  for (const { id, patch } of awaited) await store.update(id, patch);
  bench.record("W4 awaited, each", (performance.now() - started) / awaited.length);
  for (const each of awaited) model(bench, each);
  await store.settle?.();
  const fired = titles(bench, { prefix: "Fired", count: FIRED });
  const firedAt = performance.now();
  await Promise.all(fired.map(({ id, patch }) => store.update(id, patch)));
  bench.record("W4 1,000 fired", performance.now() - firedAt);
  for (const each of fired) model(bench, each);
  await store.settle?.();
}

/** W5. The server's rows and the pending titles meet in one list. */
export async function pullOverPending(bench: Bench): Promise<void> {
  const { store, rows } = bench;
  if (!bench.work.has("W5") || !store.pullOver) return;
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
