/** What a tab takes from its surroundings: all of it from the simulated device. */

import type { Fetcher, Platform, Signal } from "@sh1n4ps/plasma-client";
import type { Random } from "./random.ts";
import type { Owner, Scheduler, Task } from "./scheduler.ts";
import type { TabChannels } from "./tab-channels.ts";
import type { TabLocks } from "./tab-locks.ts";

export interface SwitchableSignal extends Signal {
  switch(value: boolean): void;
}

export interface TabSurroundings {
  readonly tab: Owner;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly locks: TabLocks;
  readonly channels: TabChannels;
  readonly fetch: Fetcher;
  readonly online: SwitchableSignal;
  readonly visible: SwitchableSignal;
  /** How far the device's clock is off. */
  readonly skewMs: () => number;
}

export function tabPlatform(options: TabSurroundings): Platform {
  const { tab, scheduler, random, locks, channels } = options;
  return {
    clock: { now: () => scheduler.now + options.skewMs() },
    random: {
      uuid: () => `c-${random.hex(12)}`,
      token: () => random.hex(32),
      fraction: () => random.fraction(),
    },
    timers: {
      set: (callback, delayMs) => scheduler.at(tab, "timer", delayMs, callback),
      clear: (handle) => scheduler.cancel(handle as Task),
    },
    fetch: options.fetch,
    WebSocket: undefined,
    indexedDB: undefined,
    locks: locks.managerFor(tab),
    broadcast: (name) => channels.open(tab, name),
    online: options.online,
    visible: options.visible,
    log: () => undefined,
  };
}

export function switchableSignal(initial: boolean): SwitchableSignal {
  const listeners = new Set<() => void>();
  let value = initial;
  return {
    current: () => value,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    switch(next) {
      if (value === next) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
  };
}
