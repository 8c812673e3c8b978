/** A platform for tests: time passes when a test says so, chance comes from a seed, and nothing reaches outside. */

import type { Fetcher, Platform, Signal, WebSocketConstructor } from "../../platform.ts";

export interface VirtualPlatform extends Platform {
  readonly online: SwitchableSignal;
  readonly visible: SwitchableSignal;
  /** Lets `ms` pass, and everything happen that is due meanwhile. */
  advance(ms: number): Promise<void>;
  /** The device sleeps: time passes, and what was due is late. */
  sleep(ms: number): Promise<void>;
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
  pendingTimers(): number;
  readonly logged: readonly string[];
}

export interface SwitchableSignal extends Signal {
  switch(value: boolean): void;
}

export interface VirtualPlatformOptions {
  readonly seed?: number;
  readonly fetch?: Fetcher;
  readonly WebSocket?: WebSocketConstructor;
}

interface VirtualTimer {
  readonly due: number;
  readonly callback: () => void;
}

/** More than any chain of promises between two things that take time. */
const TURNS = 200;

export function virtualPlatform(options: VirtualPlatformOptions = {}): VirtualPlatform {
  const random = seededRandom(options.seed ?? 1);
  const timers = new Map<number, VirtualTimer>();
  const logged: string[] = [];
  let now = 1_750_000_000_000;
  let lastTimer = 0;

  async function settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve();
  }

  function nextTimer(before: number): [number, VirtualTimer] | undefined {
    return [...timers]
      .filter(([, { due }]) => due <= before)
      .sort(([a, { due: dueA }], [b, { due: dueB }]) => dueA - dueB || a - b)[0];
  }

  async function fireUntil(end: number): Promise<void> {
    await settle();
    for (let next = nextTimer(end); next; next = nextTimer(end)) {
      const [handle, { due, callback }] = next;
      timers.delete(handle);
      now = Math.max(now, due);
      callback();
      await settle();
    }
  }

  return {
    clock: { now: () => now },
    random: {
      uuid: () => `uuid-${Math.floor(random() * 1e12)}`,
      token: () =>
        Math.floor(random() * 2 ** 48)
          .toString(16)
          .padStart(32, "0"),
      fraction: random,
    },
    timers: {
      set(callback, delayMs) {
        lastTimer += 1;
        timers.set(lastTimer, { due: now + delayMs, callback });
        return lastTimer;
      },
      clear: (handle) => void timers.delete(handle as number),
    },
    fetch: options.fetch ?? (() => Promise.reject(new TypeError("There is no network."))),
    WebSocket: options.WebSocket,
    indexedDB: undefined,
    locks: undefined,
    broadcast: undefined,
    online: switchableSignal(true),
    visible: switchableSignal(true),
    log: (level, message) => logged.push(`${level}: ${message}`),
    settle,
    async advance(ms) {
      const end = now + ms;
      await fireUntil(end);
      now = end;
    },
    async sleep(ms) {
      now += ms;
      await fireUntil(now);
    },
    pendingTimers: () => timers.size,
    logged,
  };
}

/** Mulberry32: small, fast, and the same everywhere. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function switchableSignal(initial: boolean): SwitchableSignal {
  const listeners = new Set<() => void>();
  let value = initial;
  return {
    current: () => value,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    switch(next) {
      value = next;
      for (const listener of [...listeners]) listener();
    },
  };
}
