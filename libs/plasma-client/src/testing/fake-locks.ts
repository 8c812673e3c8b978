/** Web Locks for tests: exclusive locks, shared by the tabs of one world, released when a tab goes. */

export interface FakeLocks extends Pick<LockManager, "request" | "query"> {
  releaseAll(): void;
}

type Callback = (lock: Lock | null) => unknown;

export function fakeLocks(): { forTab(): FakeLocks } {
  const held = new Map<string, object>();
  const waiting: { name: string; tab: object; grant: () => void }[] = [];

  const next = () => {
    for (const request of [...waiting]) {
      if (held.has(request.name)) continue;
      waiting.splice(waiting.indexOf(request), 1);
      held.set(request.name, request.tab);
      request.grant();
    }
  };

  return {
    forTab() {
      const tab = {};
      const run = async (name: string, callback: Callback) => {
        try {
          return await callback({ name, mode: "exclusive" });
        } finally {
          if (held.get(name) === tab) held.delete(name);
          next();
        }
      };
      const request = (
        name: string,
        options: LockOptions,
        callback: Callback,
      ): Promise<unknown> => {
        if (!held.has(name)) {
          held.set(name, tab);
          return run(name, callback);
        }
        if (options.ifAvailable) return Promise.resolve(callback(null));
        return new Promise((resolve, reject) => {
          waiting.push({ name, tab, grant: () => void run(name, callback).then(resolve, reject) });
          options.signal?.addEventListener("abort", () => {
            const at = waiting.findIndex((other) => other.tab === tab && other.name === name);
            if (at >= 0) waiting.splice(at, 1);
            reject(new DOMException("Aborted", "AbortError"));
          });
        });
      };
      return {
        request: request as LockManager["request"],
        query: () => Promise.resolve({ held: [], pending: [] }),
        releaseAll() {
          for (const [name, owner] of [...held]) if (owner === tab) held.delete(name);
          next();
        },
      };
    },
  };
}
