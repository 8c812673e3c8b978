/** Web Locks for tests: exclusive locks, shared by the tabs of one world, stolen, and released when a tab goes. */

import { deferred } from "../replica/deferred.ts";
import type { Deferred } from "../replica/deferred.ts";

export interface FakeLocks extends Pick<LockManager, "request" | "query"> {
  releaseAll(): void;
}

type Callback = (lock: Lock | null) => unknown;

interface Holder {
  readonly tab: object;
  /** Rejects the request of a holder that was robbed. */
  readonly robbed: Deferred<never>;
}

interface Waiting {
  readonly name: string;
  readonly grant: () => void;
}

export function fakeLocks(): { forTab(): FakeLocks } {
  const held = new Map<string, Holder>();
  const waiting: Waiting[] = [];

  const next = () => {
    for (const request of [...waiting]) {
      if (held.has(request.name)) continue;
      waiting.splice(waiting.indexOf(request), 1);
      request.grant();
    }
  };

  return {
    forTab() {
      const tab = {};
      const run = async (name: string, callback: Callback) => {
        const holder: Holder = { tab, robbed: deferred<never>() };
        held.set(name, holder);
        try {
          const work = (async () => callback({ name, mode: "exclusive" }))();
          return await Promise.race([work, holder.robbed.promise]);
        } finally {
          if (held.get(name) === holder) held.delete(name);
          next();
        }
      };
      const request = (
        name: string,
        options: LockOptions,
        callback: Callback,
      ): Promise<unknown> => {
        if (options.steal) {
          held.get(name)?.robbed.reject(new DOMException("Stolen", "AbortError"));
          return run(name, callback);
        }
        if (!held.has(name)) return run(name, callback);
        if (options.ifAvailable) return Promise.resolve(callback(null));
        return new Promise((resolve, reject) => {
          const place = { name, grant: () => void run(name, callback).then(resolve, reject) };
          waiting.push(place);
          options.signal?.addEventListener("abort", () => {
            const at = waiting.indexOf(place);
            if (at < 0) return;
            waiting.splice(at, 1);
            reject(new DOMException("Aborted", "AbortError"));
          });
        });
      };
      return {
        request: request as LockManager["request"],
        query: () => Promise.resolve({ held: [], pending: [] }),
        releaseAll() {
          for (const [name, holder] of [...held]) if (holder.tab === tab) held.delete(name);
          next();
        },
      };
    },
  };
}
