/** A value that a window (or the browser) remembers across reloads, and that components can watch. */

export interface Remembered<T> {
  get(): T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

export interface RememberedOptions<T> {
  readonly key: string;
  /** `session`: this window alone. `local`: every window of this browser. */
  readonly scope: "session" | "local";
  /** Null is what was never stored, or what cannot be read. */
  readonly parse: (stored: string | null) => T;
}

export function remembered<T extends string>({
  key,
  scope,
  parse,
}: RememberedOptions<T>): Remembered<T> {
  const listeners = new Set<() => void>();
  let value: T | undefined;
  return {
    get: () => (value ??= parse(read(scope, key))),
    set: (next) => {
      value = next;
      write(scope, key, next);
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

// Storage throws where it is forbidden or full: the value then lasts as long as the page.
function read(scope: "session" | "local", key: string): string | null {
  try {
    return storageOf(scope).getItem(key);
  } catch {
    return null;
  }
}

function write(scope: "session" | "local", key: string, value: string): void {
  try {
    storageOf(scope).setItem(key, value);
  } catch {
    // See above.
  }
}

function storageOf(scope: "session" | "local"): Storage {
  return scope === "session" ? window.sessionStorage : window.localStorage;
}
