/** What the server takes from its surroundings. The only file of this package that touches globals. */

export interface Platform {
  readonly clock: { now(): number };
  readonly random: {
    /** From 0 up to, but not including, 1: for backoff, never for secrets. */
    fraction(): number;
    /** Unpredictable bytes. */
    bytes(length: number): Uint8Array;
  };
  readonly timers: {
    set(callback: () => void, delayMs: number): unknown;
    clear(timer: unknown): void;
  };
  readonly crypto: {
    sha256(data: Uint8Array): Promise<Uint8Array>;
    hmacSha256(key: Uint8Array, data: Uint8Array): Promise<Uint8Array>;
  };
}

/** The clock, random source, timers and WebCrypto of Node, workerd or a browser. */
export function runtimePlatform(): Platform {
  return RUNTIME;
}

const RUNTIME: Platform = {
  clock: { now: () => Date.now() },
  random: {
    fraction: () => Math.random(),
    bytes: randomBytes,
  },
  timers: {
    set: (callback, delayMs) => setTimeout(callback, delayMs),
    clear: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  },
  crypto: {
    sha256: async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", bufferOf(data))),
    hmacSha256: async (key, data) => {
      const algorithm = { name: "HMAC", hash: "SHA-256" };
      const imported = await crypto.subtle.importKey("raw", bufferOf(key), algorithm, false, [
        "sign",
      ]);
      return new Uint8Array(await crypto.subtle.sign("HMAC", imported, bufferOf(data)));
    },
  },
};

const POOL_BYTES = 4096;
let pool = new Uint8Array(0);
let used = 0;

/** Asking the system takes many times as long as copying a few bytes, and each commit needs some. */
function randomBytes(length: number): Uint8Array {
  if (length > POOL_BYTES) return crypto.getRandomValues(new Uint8Array(length));
  if (used + length > pool.length) {
    pool = crypto.getRandomValues(new Uint8Array(POOL_BYTES));
    used = 0;
  }
  const bytes = pool.slice(used, used + length);
  // Nobody finds them there afterwards.
  pool.fill(0, used, used + length);
  used += length;
  return bytes;
}

/** WebCrypto's types want bytes that are not shared between threads. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
