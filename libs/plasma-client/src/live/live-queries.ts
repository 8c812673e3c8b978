/**
 * Live queries: results that keep themselves up to date.
 *
 * 1. Equal queries share one view, so that what one of them costs is paid once.
 * 2. A change set is taken in by all views before anybody hears of it: no listener sees one query new and another old.
 * 3. A listener hears the first result, and then only of results that differ; rows that did not change, and results
 *    that did not, keep their identity.
 * 4. A change costs what the views cost that it can concern (`routes.ts`), not what all open ones do.
 * 5. What can be answered before the replica is open (`replica/early-answers.ts`) is, as the first result.
 * 6. Who stops listening hears nothing more, also when that happens during a delivery. A view that nobody listens to
 *    is dropped; asking it for `current` brings it up to date.
 * 7. A query that begins to fail says so once, and its listeners hear when it works again. Until then `current` throws.
 */

import { isLocalOnly, requireTable } from "@sh1n4ps/plasma-core";
import type {
  LiveDelta,
  LiveQuery,
  LiveQueryStatus,
  QueryAst,
  Row,
  RowChange,
} from "@sh1n4ps/plasma-core";
import type { EarlyAnswer, EarlyAnswers } from "../replica/early-answers.ts";
import { answerPlainly } from "../replica/full-scans.ts";
import type { Answer } from "../replica/full-scans.ts";
import type { Rows } from "../replica/rows.ts";
import { deltaBetween, rowKeyOf } from "./delta.ts";
import { EqualityIndexes } from "./equality-indexes.ts";
import { Routes } from "./routes.ts";
import { queryKey, View } from "./view.ts";
import type { Reading } from "./view.ts";

/**
 * What live queries need of the replica: rows as they are now, and each change set of them once, as the net difference
 * of one step (a mutation, a pull), after it is in `rows`. A row that does not change stays the same object, and no
 * row object is ever written to.
 */
export interface LiveSource {
  readonly rows: Rows;
  readonly state: { readonly isOpen: boolean; readonly firstSync: "pending" | "complete" };
  /** Answers before it is open. */
  readonly early?: Pick<EarlyAnswers, "ask">;
  open(): Promise<void>;
  subscribeChanges(listener: (changes: readonly RowChange[]) => void): () => void;
  subscribeState(listener: () => void): () => void;
}

export interface LiveQueriesOptions {
  readonly source: LiveSource;
  /** A query that fails, or a listener that throws, must not keep the others from hearing. */
  readonly onFailure: (cause: unknown) => void;
  /** A query that somebody listens to has begun to fail. Default: `onFailure`. */
  readonly onQueryFailure?: (cause: unknown) => void;
  /** How queries are run. Default: plainly. */
  readonly answer?: Answer;
}

interface Listener {
  readonly view: View;
  readonly tell: (rows: readonly Row[]) => void;
  readonly tellFailure: ((cause: unknown) => void) | undefined;
  heard: { readonly rows: readonly Row[]; readonly status: LiveQueryStatus } | undefined;
  /** It was told of a failure, and not yet that the query works again. */
  knowsFailure: boolean;
}

export class LiveQueries {
  readonly #options: LiveQueriesOptions;
  readonly #listeners = new Map<View, Set<Listener>>();
  readonly #byKey = new Map<string, View>();
  readonly #routes = new Routes<View>();
  readonly #indexes = new EqualityIndexes();
  /** By the view's key: what was asked for before the replica was open. */
  readonly #early = new Map<
    string,
    { readonly asked: Promise<EarlyAnswer | null>; answer: EarlyAnswer | null }
  >();
  readonly #failing = new WeakSet<View>();
  #version = 0;
  #unshared = 0;
  #status: LiveQueryStatus;
  #isOpen: boolean;

  constructor(options: LiveQueriesOptions) {
    this.#options = options;
    const { source } = options;
    this.#status = statusOf(source);
    this.#isOpen = source.state.isOpen;
    source.subscribeChanges((changes) => this.#changed(changes));
    source.subscribeState(() => {
      if (this.#status === statusOf(source) && this.#isOpen === source.state.isOpen) return;
      this.#status = statusOf(source);
      this.#isOpen = source.state.isOpen;
      if (this.#isOpen) this.#early.clear();
      this.#deliver(this.#listeners.keys());
    });
  }

  watch(ast: QueryAst): LiveQuery<Row> {
    const { source, answer = answerPlainly } = this.#options;
    const key = queryKey(ast) ?? `unshared ${this.#unshared++}`;
    const own = new View(ast, key, answer);
    const view = () => this.#byKey.get(key) ?? own;
    // The getters below have no `this` of their own.
    const early = () => (source.state.isOpen ? undefined : this.#early.get(key)?.answer);
    const read = () =>
      source.state.isOpen ? view().read(this.#reading()) : (early()?.rows ?? undefined);
    return {
      ast,
      get status() {
        return early()?.status ?? statusOf(source, own);
      },
      get current() {
        return read();
      },
      subscribe: (tell, tellFailure) => this.#subscribe(view(), { tell, tellFailure }),
      subscribeDelta: (tell) =>
        this.#subscribe(view(), { tell: this.#byDelta(ast, tell), tellFailure: undefined }),
      whenReady: async () => {
        const asked = this.#askEarly(view());
        const opening = source.open();
        // Whoever has an early answer does not need to hear that the rest cannot be loaded.
        opening.catch(() => undefined);
        const answer = await asked;
        if (answer && !source.state.isOpen) return answer.rows;
        await opening;
        return view().read(this.#reading());
      },
    };
  }

  #reading(): Reading {
    return {
      version: this.#version,
      rows: this.#options.source.rows,
      indexes: this.#indexes,
    };
  }

  #byDelta(ast: QueryAst, tell: (delta: LiveDelta<Row>) => void): (rows: readonly Row[]) => void {
    let old: readonly Row[] | undefined;
    return (rows) => {
      // The status may change alone.
      if (rows === old) return;
      const keyOf = rowKeyOf(this.#options.source.rows.schema, ast);
      const delta = deltaBetween(old ?? [], rows, keyOf);
      old = rows;
      tell(delta);
    };
  }

  #subscribe(view: View, told: Pick<Listener, "tell" | "tellFailure">): () => void {
    const listener: Listener = { view, ...told, heard: undefined, knowsFailure: false };
    let listeners = this.#listeners.get(view);
    if (!listeners) {
      this.#listeners.set(view, (listeners = new Set()));
      this.#byKey.set(view.key, view);
      this.#routes.add(view, view.interests);
      view.follow(this.#version);
    }
    listeners.add(listener);
    // Not in the caller's turn: they do not hold the function yet that would stop it.
    void this.#askEarly(view).then((answer) => answer && this.#tellEarly(listener, answer));
    void this.#options.source.open().then(
      () => this.#tell(listener),
      () => undefined,
    );
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(view) !== listeners) return;
      this.#listeners.delete(view);
      this.#routes.delete(view, view.interests);
      view.unfollow(this.#version);
      if (this.#byKey.get(view.key) === view) this.#byKey.delete(view.key);
    };
  }

  /** Before the replica is told to open. */
  #askEarly(view: View): Promise<EarlyAnswer | null> {
    const { source } = this.#options;
    const known = this.#early.get(view.key);
    if (known) return known.asked;
    if (source.state.isOpen || !source.early) return Promise.resolve(null);
    const early = { asked: source.early.ask(view.ast), answer: null as EarlyAnswer | null };
    this.#early.set(view.key, early);
    void early.asked.then((answer) => void (early.answer = answer));
    return early.asked;
  }

  #tellEarly(listener: Listener, { rows, status }: EarlyAnswer): void {
    const { source } = this.#options;
    const isThere = this.#listeners.get(listener.view)?.has(listener);
    if (source.state.isOpen || listener.heard || !isThere) return;
    listener.heard = { rows, status };
    this.#guarded(() => listener.tell(rows));
  }

  #changed(changes: readonly RowChange[]): void {
    const { source } = this.#options;
    this.#version++;
    const status = statusOf(source);
    this.#indexes.follow(changes);
    const concerned = this.#routes.route(changes);
    const reading = this.#reading();
    for (const [view, own] of concerned) {
      try {
        view.apply(own, reading);
      } catch (cause) {
        // What fails to be read as well is said there.
        if ("rows" in this.#read(view)) this.#options.onFailure(cause);
      }
    }
    this.#deliver(status === this.#status ? concerned.keys() : this.#listeners.keys());
    this.#status = status;
  }

  #deliver(views: Iterable<View>): void {
    const { source } = this.#options;
    if (!source.state.isOpen) return;
    const listeners = [...views].flatMap((view) => [...(this.#listeners.get(view) ?? [])]);
    for (const { view } of listeners) this.#read(view);
    for (const listener of listeners) this.#tell(listener);
  }

  #tell(listener: Listener): void {
    const { source } = this.#options;
    const { view, heard, tellFailure, knowsFailure } = listener;
    if (!source.state.isOpen || !this.#listeners.get(view)?.has(listener)) return;
    const read = this.#read(view);
    listener.knowsFailure = "cause" in read && tellFailure !== undefined;
    if ("cause" in read) {
      if (!knowsFailure) this.#guarded(() => tellFailure?.(read.cause));
      return;
    }
    const { rows } = read;
    const status = statusOf(source, view);
    listener.heard = { rows, status };
    if (!knowsFailure && heard?.status === status && isSame(heard.rows, rows)) return;
    this.#guarded(() => listener.tell(rows));
  }

  #read(view: View): { readonly rows: readonly Row[] } | { readonly cause: unknown } {
    const { onFailure, onQueryFailure = onFailure } = this.#options;
    try {
      const rows = view.read(this.#reading());
      this.#failing.delete(view);
      return { rows };
    } catch (cause) {
      // Said once, until it works again.
      if (!this.#failing.has(view)) onQueryFailure(cause);
      this.#failing.add(view);
      return { cause };
    }
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch (cause) {
      this.#options.onFailure(cause);
    }
  }
}

function isSame(rows: readonly Row[], others: readonly Row[]): boolean {
  return rows.length === others.length && rows.every((row, at) => row === others[at]);
}

/** What is only on this device is all there from the beginning. */
function statusOf({ state, rows }: LiveSource, view?: View): LiveQueryStatus {
  if (state.firstSync === "complete") return "complete";
  const isHere = (table: string) => isLocalOnly(requireTable(rows.schema, table));
  return state.isOpen && view && [...view.tables].every(isHere) ? "complete" : "partial";
}
