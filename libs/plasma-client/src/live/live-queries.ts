/**
 * Live queries: results that keep themselves up to date.
 *
 * 1. Equal queries share one view, so that what one of them costs is paid once.
 * 2. A change set is taken in by all views before anybody hears of it: no listener sees one query new and another old.
 * 3. A listener hears the first result, and then only of results that differ; rows that did not change, and results
 *    that did not, keep their identity.
 * 4. Who stops listening hears nothing more, also when that happens during a delivery. A view that nobody listens to
 *    is dropped; asking it for `current` brings it up to date.
 */

import type { LiveQuery, LiveQueryStatus, QueryAst, Row, RowChange } from "@sh1n4ps/plasma-core";
import type { Answer } from "../replica/full-scans.ts";
import { answerQuery } from "../replica/rows.ts";
import type { Rows } from "../replica/rows.ts";
import { queryKey, View } from "./view.ts";

/** What live queries need of the replica. */
export interface LiveSource {
  readonly rows: Rows;
  readonly state: { readonly isOpen: boolean; readonly firstSync: "pending" | "complete" };
  open(): Promise<void>;
  subscribeChanges(listener: (changes: readonly RowChange[]) => void): () => void;
  subscribeState(listener: () => void): () => void;
}

export interface LiveQueriesOptions {
  readonly source: LiveSource;
  /** A query that fails, or a listener that throws, must not keep the others from hearing. */
  readonly onFailure: (cause: unknown) => void;
  /** How queries are run. Default: plainly. */
  readonly answer?: Answer;
}

interface Listener {
  readonly view: View;
  readonly tell: (rows: readonly Row[]) => void;
  heard: { readonly rows: readonly Row[]; readonly status: LiveQueryStatus } | undefined;
}

export class LiveQueries {
  readonly #options: LiveQueriesOptions;
  readonly #listeners = new Map<View, Set<Listener>>();
  readonly #byKey = new Map<string, View>();
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
      this.#deliver(this.#listeners.keys());
    });
  }

  watch(ast: QueryAst): LiveQuery<Row> {
    const { source, answer = answerQuery } = this.#options;
    const key = queryKey(ast) ?? `unshared ${this.#unshared++}`;
    const own = new View(ast, key, answer);
    const view = () => this.#byKey.get(key) ?? own;
    // The getters below have no `this` of their own.
    const read = () => (source.state.isOpen ? view().read(source.rows, this.#version) : undefined);
    return {
      ast,
      get status() {
        return statusOf(source);
      },
      get current() {
        return read();
      },
      subscribe: (tell) => this.#subscribe(view(), tell),
      whenReady: async () => {
        await source.open();
        return view().read(source.rows, this.#version);
      },
    };
  }

  #subscribe(view: View, tell: (rows: readonly Row[]) => void): () => void {
    const listener: Listener = { view, tell, heard: undefined };
    const listeners = this.#listeners.get(view) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(view, listeners);
    this.#byKey.set(view.key, view);
    // Not in the caller's turn: they do not hold the function yet that would stop it.
    void this.#options.source.open().then(
      () => this.#tell(listener),
      () => undefined,
    );
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(view) !== listeners) return;
      this.#listeners.delete(view);
      if (this.#byKey.get(view.key) === view) this.#byKey.delete(view.key);
    };
  }

  #changed(changes: readonly RowChange[]): void {
    const { source } = this.#options;
    this.#version++;
    this.#status = statusOf(source);
    for (const view of this.#listeners.keys()) view.advance(changes, source.rows, this.#version);
    this.#deliver(this.#listeners.keys());
  }

  #deliver(views: Iterable<View>): void {
    const { source } = this.#options;
    if (!source.state.isOpen) return;
    const listeners = [...views].flatMap((view) => [...(this.#listeners.get(view) ?? [])]);
    for (const listener of listeners)
      this.#guarded(() => listener.view.read(source.rows, this.#version));
    for (const listener of listeners) this.#tell(listener);
  }

  #tell(listener: Listener): void {
    const { source } = this.#options;
    if (!source.state.isOpen || !this.#listeners.get(listener.view)?.has(listener)) return;
    this.#guarded(() => {
      const rows = listener.view.read(source.rows, this.#version);
      const status = statusOf(source);
      if (listener.heard?.rows === rows && listener.heard.status === status) return;
      listener.heard = { rows, status };
      listener.tell(rows);
    });
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch (cause) {
      this.#options.onFailure(cause);
    }
  }
}

function statusOf(source: LiveSource): LiveQueryStatus {
  return source.state.firstSync === "complete" ? "complete" : "partial";
}
