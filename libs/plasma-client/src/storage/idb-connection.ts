/**
 * The connection to IndexedDB: opening, losing and finding it again, and running one transaction at a time.
 *
 * 1. The promise of a transaction that writes resolves on `complete`, never on the success of a request. Of one that
 *    reads nobody needs to know when it is over.
 * 2. Its body awaits requests of that transaction and nothing else, or the browser would commit it half-way.
 * 3. It is committed as soon as all its requests are made, so that a tab that stands still from then on (frozen, or
 *    stopped by a debugger) holds up no other one. Therefore a body that reads makes all its requests before it awaits
 *    one, and a body that writes does not await its last ones.
 * 4. Opening never hangs: another tab that holds an older version, or a browser that does not answer, becomes a
 *    typed error, within `openTimeoutMs` with all tries, and at once when it is closed meanwhile. A connection that
 *    arrives after that is closed again.
 * 5. When a newer version of the app wants to upgrade the database, this tab steps aside for good.
 * 6. A connection that the browser dropped is opened again, and the transaction runs once more.
 */

import { SyncClientError } from "../errors.ts";
import type { Durability } from "../options.ts";
import type { Platform, TimerHandle } from "../platform.ts";
import {
  closedByNewerVersion,
  isConnectionLost,
  isUnknownError,
  storageError,
} from "./storage-error.ts";

export interface ConnectionOptions {
  readonly name: string;
  readonly version: number;
  /** Within the transaction that upgrades; throws or aborts it to stay as it was. */
  readonly upgrade: (tx: IDBTransaction, oldVersion: number) => void;
  readonly factory: IDBFactory;
  readonly timers: Platform["timers"];
  readonly durability: Durability;
  /** For all tries together. */
  readonly openTimeoutMs: number;
}

/** `isRetry`: the first run may or may not have been committed. */
export type TransactionBody<T> = (tx: IDBTransaction, isRetry: boolean) => Promise<T>;

interface Work<T> {
  readonly stores: readonly string[];
  readonly mode: "readonly" | "readwrite";
  readonly body: (tx: IDBTransaction) => Promise<T>;
}

export class IdbConnection {
  readonly #options: ConnectionOptions;
  readonly #closing = new AbortController();
  #db: Promise<IDBDatabase> | undefined;
  #closed: SyncClientError | undefined;
  readonly #closedListeners = new Set<(error: SyncClientError) => void>();

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    await this.#connect();
  }

  /** Runs one transaction. Rejects with a `SyncClientError`; then it changed nothing. */
  async run<T>(
    stores: readonly string[],
    mode: "readonly" | "readwrite",
    body: TransactionBody<T>,
  ): Promise<T> {
    const opening = this.#connect();
    try {
      return await this.#attempt(opening, { stores, mode, body: (tx) => body(tx, false) });
    } catch (cause) {
      if (this.#closed || !isConnectionLost(cause)) throw storageError(cause);
      // Another transaction that was lost with it may have opened a new one by now.
      if (this.#db === opening) this.#db = undefined;
    }
    try {
      return await this.#attempt(this.#connect(), { stores, mode, body: (tx) => body(tx, true) });
    } catch (cause) {
      throw storageError(cause);
    }
  }

  subscribeClosed(listener: (error: SyncClientError) => void): () => void {
    this.#closedListeners.add(listener);
    return () => this.#closedListeners.delete(listener);
  }

  /** What is in the database is not this tab's any more. */
  closeForGood(error: SyncClientError): void {
    if (this.#closed) return;
    this.#closed = error;
    for (const listener of this.#closedListeners) listener(error);
  }

  async close(): Promise<void> {
    const db = this.#db;
    this.#db = undefined;
    this.#closed ??= new SyncClientError("disposed", "The local database was closed by the app.");
    this.#closing.abort(this.#closed);
    if (db) (await db.catch(() => undefined))?.close();
  }

  async #attempt<T>(opening: Promise<IDBDatabase>, { stores, mode, body }: Work<T>): Promise<T> {
    const db = await opening;
    const tx = db.transaction(stores as string[], mode, { durability: this.#options.durability });
    const finished = completion(tx);
    try {
      const running = body(tx);
      if (mode === "readonly") {
        commit(tx);
        finished.catch(() => undefined);
        return await running;
      }
      const result = await running;
      commit(tx);
      await finished;
      return result;
    } catch (cause) {
      if (!isAbort(cause)) {
        abort(tx);
        throw cause;
      }
      // A request that went down with its transaction: that one knows why.
      const reason = await finished.then(
        () => undefined,
        (error: unknown) => error,
      );
      throw reason ?? cause;
    }
  }

  #connect(): Promise<IDBDatabase> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (this.#db) return this.#db;
    const db = openDatabase(this.#options, this.#closing.signal);
    this.#db = db;
    db.then(
      (opened) => {
        opened.onversionchange = () => {
          opened.close();
          this.closeForGood(closedByNewerVersion());
        };
        opened.onclose = () => {
          if (this.#db === db) this.#db = undefined;
        };
        if (this.#closed) opened.close();
      },
      () => {
        if (this.#db === db) this.#db = undefined;
      },
    );
    return db;
  }
}

const CONNECTION_CUT = { name: "InvalidStateError", message: "The connection was cut." };

/**
 * The pauses before an open that failed with `UnknownError` is tried again. Browsers answer so for reasons that may pass
 * (Chromium recovers its files after a crash, or has just thrown damaged ones away), and then nobody should have to reload
 * the page for it. What is not over after about a second is no passing matter (a broken disk, files that are missing), and
 * the person should hear of it rather than wait. Any other error says that another try would fail alike.
 */
const REOPEN_DELAYS_MS = [100, 1000];

/** One at a time for each signal: its handler is taken. A connection opens no second one before the first has failed. */
function openDatabase(options: ConnectionOptions, closing: AbortSignal): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const { timers } = options;
    let isBlocked = false;
    let isOver = false;
    let tries = 0;
    let pause: TimerHandle;
    const giveUp = (cause: unknown) => {
      isOver = true;
      timers.clear(timer);
      if (pause !== undefined) timers.clear(pause);
      reject(storageError(cause));
    };
    const timer = timers.set(
      () => giveUp(isBlocked ? blocked() : noAnswer()),
      options.openTimeoutMs,
    );
    closing.onabort = () => giveUp(closing.reason);
    const failed = (cause: unknown) => {
      if (isOver) return;
      const delay = isUnknownError(cause) ? REOPEN_DELAYS_MS[tries++] : undefined;
      if (delay === undefined) giveUp(cause);
      else pause = timers.set(attempt, delay);
    };
    const attempt = () => {
      let request: IDBOpenDBRequest;
      try {
        request = options.factory.open(options.name, options.version);
      } catch (cause) {
        failed(cause);
        return;
      }
      request.onblocked = () => {
        isBlocked = true;
      };
      request.onupgradeneeded = (event) =>
        options.upgrade(request.transaction as IDBTransaction, event.oldVersion);
      request.onerror = () => failed(request.error);
      request.onsuccess = () => {
        timers.clear(timer);
        if (isOver) request.result.close();
        else resolve(request.result);
      };
    };
    attempt();
  });
}

function blocked(): SyncClientError {
  return new SyncClientError(
    "storage-blocked",
    "Another tab holds an older version of this app's data open. Close the other tabs of this app, then reload.",
  );
}

function noAnswer(): SyncClientError {
  return new SyncClientError(
    "storage",
    "The browser does not open the local database. Reload the page.",
  );
}

function completion(tx: IDBTransaction): Promise<void> {
  const finished = new Promise<void>((resolve, reject) => {
    tx.oncomplete = () => resolve();
    // An abort that nothing in the transaction asked for: the connection was cut.
    tx.onabort = () => reject(tx.error ?? CONNECTION_CUT);
  });
  // Whoever awaits it sees the reason; a body that failed first must not leave it unhandled.
  finished.catch(() => undefined);
  return finished;
}

function isAbort(cause: unknown): boolean {
  return cause instanceof Error && cause.name === "AbortError";
}

function commit(tx: IDBTransaction): void {
  try {
    tx.commit();
  } catch {
    // It has ended already, one way or the other.
  }
}

function abort(tx: IDBTransaction): void {
  try {
    tx.abort();
  } catch {
    // It has ended already.
  }
}
