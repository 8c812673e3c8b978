/** Everything that comes from outside: the one file of this package that touches the browser's globals. */

/** Opaque: whatever the platform's timer gives. */
export type TimerHandle = unknown;

/** A channel to the other tabs. What is posted is structured-cloned, and does not come back to the poster. */
export interface BroadcastPort {
  post(message: unknown): void;
  subscribe(listener: (message: unknown) => void): () => void;
  close(): void;
}

/** A fact about the surroundings that can change: whether the device is online, whether the page is visible. */
export interface Signal {
  current(): boolean;
  subscribe(listener: () => void): () => void;
}

export type Fetcher = (url: string, init: RequestInit) => Promise<Response>;

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocket;

export interface Platform {
  readonly clock: { now(): number };
  readonly random: {
    uuid(): string;
    /** 128 random bits as 32 hexadecimal digits. */
    token(): string;
    /** At least 0, below 1. */
    fraction(): number;
  };
  readonly timers: {
    set(callback: () => void, delayMs: number): TimerHandle;
    clear(handle: TimerHandle): void;
  };
  readonly fetch: Fetcher;
  readonly WebSocket: WebSocketConstructor | undefined;
  readonly indexedDB: IDBFactory | undefined;
  readonly locks: LockManager | undefined;
  readonly broadcast: ((name: string) => BroadcastPort) | undefined;
  readonly online: Signal;
  readonly visible: Signal;
  /** Where warnings go, subject to `logLevel`. */
  readonly log: (level: "warn" | "error" | "debug", message: string, details?: unknown) => void;
}

/** The browser's own. In Node it works as far as Node goes: without IndexedDB, the memory engine takes over. */
export function browserPlatform(): Platform {
  return {
    clock: { now: () => Date.now() },
    random: { uuid, token: () => hex(randomBytes()), fraction: () => Math.random() },
    timers: {
      set: (callback, delayMs) => setTimeout(callback, delayMs),
      clear: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
    },
    fetch: (url, init) => globalThis.fetch(url, init),
    WebSocket: globalThis.WebSocket,
    indexedDB: availableIndexedDB(),
    locks: globalThis.navigator?.locks,
    broadcast: typeof BroadcastChannel === "undefined" ? undefined : broadcastPort,
    online: {
      current: () => globalThis.navigator?.onLine !== false,
      subscribe: (listener) => listen(globalThis, ["online", "offline"], listener),
    },
    visible: {
      current: () => typeof document === "undefined" || document.visibilityState === "visible",
      subscribe: (listener) =>
        typeof document === "undefined"
          ? () => undefined
          : listenAll(
              listen(document, ["visibilitychange", "resume"], listener),
              // Also when it comes out of the back-forward cache.
              listen(globalThis, ["pageshow"], listener),
            ),
    },
    log: (level, message, details) =>
      console[level](`[plasma] ${message}`, ...(details === undefined ? [] : [details])),
  };
}

// `crypto.randomUUID` is missing on pages that are not served securely, such as a phone's view of a dev server.
function uuid(): string {
  const bytes = randomBytes();
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const TOKEN_BYTES = 16;
const TOKENS_AT_ONCE = 64;
let drawn = new Uint8Array();

/** Drawn for many tokens at once, because to ask for them takes longer than to make them. Each byte is given out once. */
function randomBytes(): Uint8Array {
  if (drawn.length === 0)
    drawn = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES * TOKENS_AT_ONCE));
  const token = drawn.slice(0, TOKEN_BYTES);
  drawn = drawn.subarray(TOKEN_BYTES);
  return token;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Reading `indexedDB` throws in sandboxed frames.
function availableIndexedDB(): IDBFactory | undefined {
  try {
    return globalThis.indexedDB ?? undefined;
  } catch {
    return undefined;
  }
}

function broadcastPort(name: string): BroadcastPort {
  const channel = new BroadcastChannel(name);
  return {
    post: (message) => channel.postMessage(message),
    subscribe: (listener) => {
      const handler = (event: MessageEvent<unknown>) => listener(event.data);
      channel.addEventListener("message", handler);
      return () => channel.removeEventListener("message", handler);
    },
    close: () => channel.close(),
  };
}

function listenAll(...ends: readonly (() => void)[]): () => void {
  return () => {
    for (const end of ends) end();
  };
}

function listen(target: unknown, events: readonly string[], listener: () => void): () => void {
  const source = target as Partial<EventTarget>;
  for (const event of events) source.addEventListener?.(event, listener);
  return () => {
    for (const event of events) source.removeEventListener?.(event, listener);
  };
}
