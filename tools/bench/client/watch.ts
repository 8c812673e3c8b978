/** A live query whose every result is timed when it arrives, and compared with the model afterwards. */

import { LIMIT_MS, TOO_SLOW } from "./bench.ts";
import type { Bench } from "./bench.ts";
import { answer, difference } from "./queries.ts";
import type { Query, Result } from "./queries.ts";

export interface Watched {
  /** When the first result came. */
  readonly first: Promise<number>;
  /** Resolves with the time at which the latest result came, once that is the model's. */
  untilRight(expected?: Result): Promise<number>;
  /** What is right now. It takes time to make, and would hold up a result that is on its way. */
  expected(): Result;
  stop(): void;
}

export function watch({ store, rows, lists, check }: Bench, query: Query): Watched {
  let latest: { readonly result: Result; readonly at: number } | undefined;
  let wake = () => {};
  let tellFirst: (at: number) => void;
  const first = new Promise<number>((resolve) => (tellFirst = resolve));
  const stop = store.subscribe(query, (result) => {
    latest = { result, at: performance.now() };
    tellFirst(latest.at);
    wake();
  });

  const plain = (result: Result) => store.plain?.(query.kind, result) ?? result;
  const expected = () => answer(query, rows.values(), lists);

  return {
    first,
    stop,
    expected,
    async untilRight(right = expected()) {
      const deadline = performance.now() + LIMIT_MS;
      for (;;) {
        // A result may come in parts: the first one need not be right.
        const wrong = difference(query, plain(latest?.result ?? []), right);
        if (latest && !wrong) break;
        if (performance.now() > deadline) {
          const found = latest ? `the last result has ${wrong}` : "there was no result";
          throw new Error(`${TOO_SLOW}, and ${found}, of ${JSON.stringify(query)}`);
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, 1000);
        });
      }
      check(query, plain(latest.result));
      return latest.at;
    },
  };
}
