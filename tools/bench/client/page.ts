/**
 * What runs inside a page: one step of the benchmark, on one adapter. A step returns its times, and throws when a result
 * is not what the model says; nothing that is checked is checked while the clock runs.
 */

import type { Adapter } from "./adapter.ts";
import type { Bench, Plan, Step, StepResult } from "./bench.ts";
import { WORKLOADS } from "./changes.ts";
import { answer, difference } from "./queries.ts";
import type { Query, Result } from "./queries.ts";
import { makeLists, makeRows } from "./rows.ts";
import type { Row } from "./rows.ts";

declare global {
  var runStep: ((step: Step) => Promise<StepResult>) | undefined;
  var plan: Plan;
}

/** Each adapter's file ends with this. */
export function runPage(adapter: Adapter, plan: Plan = {}): void {
  globalThis.plan = plan;
  globalThis.runStep = (step) => run(adapter, step);
}

async function run(adapter: Adapter, { step, name, size, work, changes = [] }: Step) {
  if (step === "cold-query") return coldQuery(adapter, { name, size });
  if (step === "heap") return fillHeap(adapter, name);
  const store = await adapter.open(name);
  const figures: Record<string, number[]> = {};
  let checked = 0;
  let outcome: Pick<StepResult, "done" | "failures"> = {};
  const rows = new Map(makeRows(size).map((row) => [row.id, row]));
  for (const { id, patch } of changes) rows.set(id, { ...(rows.get(id) as Row), ...patch });
  const bench: Bench = {
    store,
    rows,
    lists: makeLists(size),
    work: new Set(work),
    changes: [...changes],
    record: (name, figure) => void (figures[name] ??= []).push(figure),
    check(query, found) {
      requireSame(query, found, answer(query, rows.values(), bench.lists));
      checked += 1;
    },
  };
  switch (step) {
    case "load":
      await load(bench);
      break;
    case "load-for-cold-query":
      await store.loadForColdQuery?.({ rows: [...rows.values()], lists: bench.lists });
      break;
    case "changes":
      await store.hydrate();
      outcome = await change(bench);
      break;
    case "verify":
      requireSame({ kind: "list", listId: "all" }, await store.readAll(), [...rows.values()]);
      checked += 1;
  }
  await store.close();
  return { figures, checked, changes: bench.changes, ...outcome };
}

/** What has failed may go on in the page for long, so that the work after it is for another page. */
async function change(bench: Bench): Promise<Pick<StepResult, "done" | "failures">> {
  const done: string[] = [];
  for (const { names, run } of WORKLOADS) {
    const wanted = names.filter((name) => bench.work.has(name));
    if (wanted.length === 0) continue;
    done.push(...wanted);
    try {
      await run(bench);
      // The next page's stand-in for a server does not know what this one's has confirmed.
      if (!wanted.includes("W5")) await bench.store.settle?.();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { done, failures: Object.fromEntries(wanted.map((name) => [name, reason])) };
    }
  }
  return { done };
}

async function load(bench: Bench): Promise<void> {
  const data = { rows: [...bench.rows.values()], lists: bench.lists };
  const query = { kind: "window", listId: "l0" } as const;
  await bench.store.prepare?.(data);
  await idle();
  const started = performance.now();
  await bench.store.bulkLoad(data);
  const durable = performance.now();
  const found = await bench.store.coldQuery(query.listId);
  const answered = performance.now();
  bench.check(query, found);
  bench.record("W1 durable", durable - started);
  bench.record("W1 first answer", answered - started);
}

/** The model is made after the measurement: a page that has just been opened has none. */
async function coldQuery(adapter: Adapter, { name, size }: Pick<Step, "name" | "size">) {
  const query = { kind: "window", listId: makeLists(size).at(-1)?.id ?? "" } as const;
  const started = performance.now();
  const store = await adapter.open(name);
  const found = await store.coldQuery(query.listId);
  const ms = performance.now() - started;
  requireSame(query, found, answer(query, makeRows(size), makeLists(size)));
  await store.close();
  return { figures: { W2: [ms] }, checked: 1 };
}

/** Leaves the store open, with its rows in memory where it keeps them there, and one live query. */
async function fillHeap(adapter: Adapter, name: string) {
  const store = await adapter.open(name);
  await store.hydrate();
  await new Promise<void>((resolve) => {
    const listener = () => resolve();
    Reflect.set(globalThis, "kept", [
      store,
      store.subscribe({ kind: "window", listId: "l0" }, listener),
    ]);
  });
  return { figures: {}, checked: 0 };
}

function requireSame(query: Query, found: Result, expected: Result): void {
  const differing = difference(query, found, expected);
  if (differing) throw new Error(`Wrong result of ${JSON.stringify(query)}: ${differing}.`);
}

function idle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
