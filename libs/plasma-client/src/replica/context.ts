/**
 * Who is asking (`getContext`), for mutators and rules on the device.
 *
 * 1. Nothing that only reads or pulls needs it. Whoever runs a mutator waits for the first answer, and not for ever.
 * 2. As long as there was none, pending mutations are not run again: they keep the rows that they have written.
 * 3. Where it fails later, the answer before goes on to hold.
 */

import { SyncClientError } from "../errors.ts";
import type { Platform } from "../platform.ts";
import { deferred } from "./deferred.ts";
import type { MutatorWorld } from "./run-mutation.ts";

const TIMEOUT_MS = 10_000;

export interface ContextOptions extends Omit<MutatorWorld, "ctx"> {
  readonly getContext: () => unknown;
  readonly platform: Pick<Platform, "timers">;
  /** The first answer is here. */
  readonly onKnown: () => void;
  /** Nobody waits for what failed. Once, until there is an answer again. */
  readonly onError: (error: SyncClientError) => void;
}

export class Context {
  readonly #options: ContextOptions;
  readonly #known = deferred<void>();
  #world: MutatorWorld;
  #asked = 0;
  /** Of the questions, the last that has its answer. */
  #answered = 0;
  #asking: Promise<void> | undefined;
  #isFailing = false;

  constructor(options: ContextOptions) {
    this.#options = options;
    const { schema, mutators } = options;
    this.#world = { schema, mutators, ctx: undefined };
  }

  get isKnown(): boolean {
    return this.#answered > 0;
  }

  /** Another object with each answer. */
  get world(): MutatorWorld {
    return this.#world;
  }

  /** To run a mutator in. */
  async whenKnown(): Promise<MutatorWorld> {
    if (!this.isKnown) {
      const asking = this.#asking ?? this.#ask();
      await this.#inTime(Promise.race([this.#known.promise, asking]));
    }
    return this.#world;
  }

  /** Asks anew. Never rejects, and waits only where it has answered so far. */
  async refresh(): Promise<void> {
    const wasFailing = this.#isFailing;
    const asking = this.#inTime(this.#ask()).catch((error: unknown) => {
      if (!this.#isFailing) this.#options.onError(error as SyncClientError);
      this.#isFailing = true;
    });
    if (!wasFailing) await asking;
  }

  #ask(): Promise<void> {
    const asked = ++this.#asked;
    const take = (ctx: unknown) => {
      if (asked < this.#answered) return;
      const isFirst = !this.isKnown;
      this.#answered = asked;
      this.#isFailing = false;
      this.#world = { ...this.#world, ctx };
      this.#known.resolve();
      if (isFirst) this.#options.onKnown();
    };
    const asking = this.#answer().then(take, (cause: unknown) => {
      throw noContext("failed", cause);
    });
    this.#asking = asking;
    const isOver = () => {
      if (this.#asking === asking) this.#asking = undefined;
    };
    asking.then(isOver, isOver);
    return asking;
  }

  async #answer(): Promise<unknown> {
    return this.#options.getContext();
  }

  #inTime<T>(asking: Promise<T>): Promise<T> {
    const { timers } = this.#options.platform;
    return new Promise((resolve, reject) => {
      const timer = timers.set(() => {
        // Whoever comes next asks anew.
        this.#asking = undefined;
        reject(noContext("did not answer in time"));
      }, TIMEOUT_MS);
      const isOver = () => timers.clear(timer);
      asking.then(resolve, reject).then(isOver, isOver);
    });
  }
}

function noContext(why: string, cause?: unknown): SyncClientError {
  return new SyncClientError(
    "context",
    `getContext() ${why}. No mutation is made without it; reading goes on. The next mutation asks again.`,
    { cause },
  );
}
