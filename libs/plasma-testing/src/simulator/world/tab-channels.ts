/** BroadcastChannel of one device: to every other tab, in order, later; a tab that stands still may miss messages. */

import type { BroadcastPort } from "@sh1n4ps/plasma-client";
import type { Random } from "./random.ts";
import type { Owner, Scheduler } from "./scheduler.ts";

type Listener = (message: unknown) => void;

interface Port {
  readonly tab: Owner;
  readonly name: string;
  readonly listeners: Set<Listener>;
  readonly inbox: unknown[];
}

export class TabChannels {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #latencyMs: number;
  readonly #ports = new Set<Port>();

  /** `latencyMs`: what a message may take at most, because a tab has much to do. */
  constructor(scheduler: Scheduler, random: Random, latencyMs: number) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#latencyMs = latencyMs;
  }

  open(tab: Owner, name: string): BroadcastPort {
    const port: Port = { tab, name, listeners: new Set(), inbox: [] };
    this.#ports.add(port);
    return {
      post: (message) => {
        for (const other of this.#ports) {
          if (other !== port && other.name === name) this.#send(other, message);
        }
      },
      subscribe: (listener) => {
        port.listeners.add(listener);
        return () => port.listeners.delete(listener);
      },
      close: () => void this.#ports.delete(port),
    };
  }

  closeAll(tab: Owner): void {
    for (const port of [...this.#ports]) if (port.tab === tab) this.#ports.delete(port);
  }

  #send(port: Port, message: unknown): void {
    if (port.tab.isFrozen && this.#random.chance(0.7)) return;
    port.inbox.push(structuredClone(message));
    this.#scheduler.at(port.tab, "message", this.#random.below(this.#latencyMs), () => {
      const next = port.inbox.shift();
      if (!this.#ports.has(port)) return;
      for (const listener of [...port.listeners]) listener(next);
    });
  }
}
