/** Opens again what could not be opened, with growing pauses: what stands in the way (an old tab, say) may go by itself. */

import { DEFAULT_RETRY } from "./options.ts";
import type { RetryOptions } from "./options.ts";
import type { Platform, TimerHandle } from "./platform.ts";
import { backoffDelay } from "./sync/backoff.ts";

export interface OpenAgainOptions {
  readonly platform: Pick<Platform, "timers" | "random">;
  readonly retry: Partial<RetryOptions> | undefined;
  readonly open: () => void;
}

export interface OpenAgain {
  /** It could not be opened: tries again in a while. */
  later(): void;
  /** It is open, or not wanted any more. */
  end(): void;
}

export function openAgain({ platform, retry, open }: OpenAgainOptions): OpenAgain {
  const { timers, random } = platform;
  let attempts = 0;
  let timer: TimerHandle | undefined;
  const clear = () => {
    if (timer !== undefined) timers.clear(timer);
    timer = undefined;
  };
  return {
    later() {
      attempts += 1;
      clear();
      timer = timers.set(open, backoffDelay(attempts, { ...DEFAULT_RETRY, ...retry }, random));
    },
    end() {
      attempts = 0;
      clear();
    },
  };
}
