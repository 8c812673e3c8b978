/** Web Locks of one device, for its tabs: exclusive, queued, stolen, and released when a tab dies. */

import type { Owner, Scheduler } from "./scheduler.ts";

type Callback = (lock: Lock | null) => unknown;

interface Holder {
  readonly tab: Owner;
  readonly robbed: () => void;
}

interface Waiting {
  readonly name: string;
  readonly tab: Owner;
  readonly grant: () => void;
}

export class TabLocks {
  readonly #scheduler: Scheduler;
  readonly #onStolen: () => void;
  readonly #held = new Map<string, Holder>();
  #waiting: Waiting[] = [];

  constructor(scheduler: Scheduler, onStolen: () => void) {
    this.#scheduler = scheduler;
    this.#onStolen = onStolen;
  }

  managerFor(tab: Owner): LockManager {
    const request = (name: string, options: LockOptions, callback: Callback): Promise<unknown> => {
      if (options.steal) {
        const holder = this.#held.get(name);
        this.#held.delete(name);
        holder?.robbed();
        if (holder) this.#onStolen();
        return this.#hold(tab, name, callback);
      }
      if (!this.#held.has(name)) return this.#hold(tab, name, callback);
      if (options.ifAvailable) {
        return this.#scheduler.pause(tab, "lock refused").then(() => callback(null));
      }
      return new Promise((resolve, reject) => {
        const place: Waiting = {
          name,
          tab,
          grant: () => void this.#hold(tab, name, callback).then(resolve, reject),
        };
        this.#waiting.push(place);
        options.signal?.addEventListener("abort", () => {
          if (!this.#waiting.includes(place)) return;
          this.#waiting = this.#waiting.filter((other) => other !== place);
          reject(new DOMException("It was aborted.", "AbortError"));
        });
      });
    };
    return {
      request: request as LockManager["request"],
      query: () => Promise.resolve({ held: [], pending: [] }),
    };
  }

  holderOf(name: string): Owner | undefined {
    return this.#held.get(name)?.tab;
  }

  releaseAll(tab: Owner): void {
    this.#waiting = this.#waiting.filter((place) => place.tab !== tab);
    for (const [name, holder] of [...this.#held]) {
      if (holder.tab === tab) this.#release(name, holder);
    }
  }

  #hold(tab: Owner, name: string, callback: Callback): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const holder: Holder = {
        tab,
        robbed: () =>
          void this.#scheduler.at(tab, "lock stolen", 0, () =>
            reject(new DOMException("It was stolen.", "AbortError")),
          ),
      };
      this.#held.set(name, holder);
      this.#scheduler.at(tab, "lock granted", 0, () => {
        Promise.resolve()
          .then(() => callback({ name, mode: "exclusive" }))
          .then(resolve, reject)
          .finally(() => this.#release(name, holder))
          .catch(() => undefined);
      });
    });
  }

  #release(name: string, holder: Holder): void {
    if (this.#held.get(name) !== holder) return;
    this.#held.delete(name);
    const next = this.#waiting.find((place) => place.name === name);
    if (!next) return;
    this.#waiting = this.#waiting.filter((place) => place !== next);
    next.grant();
  }
}
