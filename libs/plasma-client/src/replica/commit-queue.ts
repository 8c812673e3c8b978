/**
 * Group commit: whatever is ready goes into one transaction; what arrives while it runs forms the next.
 *
 * When a transaction fails, everything that is not durable yet fails with it: later mutations were made on top of
 * rows that are taken back.
 */

import type { SerialQueue } from "./serial-queue.ts";

export interface CommitQueueOptions<T> {
  readonly write: (batch: readonly T[]) => Promise<void>;
  /** Takes back what could not be stored. Runs in the serial queue, so that no mutator is half-way. */
  readonly rollBack: (lost: readonly T[]) => void;
  readonly serial: SerialQueue;
  /** Whether two items may share a transaction. Default: always. */
  readonly canShare?: (first: T, other: T) => boolean;
}

interface Waiting<T> {
  readonly item: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class CommitQueue<T> {
  readonly #options: CommitQueueOptions<T>;
  #waiting: Waiting<T>[] = [];
  #running: Promise<void> | undefined;

  constructor(options: CommitQueueOptions<T>) {
    this.#options = options;
  }

  /** Resolves when the item is durable. To be called inside the serial queue. */
  add(item: T): Promise<void> {
    const durable = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
    });
    this.#running ??= this.#run();
    return durable;
  }

  /** Nothing waits to be written. */
  get isIdle(): boolean {
    return this.#running === undefined;
  }

  /** Resolves when that is so. Never rejects. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    // One turn, so that mutations made in one go share the transaction.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      try {
        await this.#options.write(batch.map(({ item }) => item));
      } catch (error) {
        await this.#fail(batch, error);
        continue;
      }
      for (const { resolve } of batch) resolve();
    }
    // In the same turn as the last look at what waits, or an item added in between would wait for ever.
    this.#running = undefined;
  }

  #nextBatch(): Waiting<T>[] {
    const { canShare } = this.#options;
    const [first] = this.#waiting;
    const end = this.#waiting.findIndex(
      (other) => canShare && first && other !== first && !canShare(first.item, other.item),
    );
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  async #fail(batch: readonly Waiting<T>[], error: unknown): Promise<void> {
    let lost = batch;
    await this.#options.serial.run(() => {
      lost = [...batch, ...this.#waiting];
      this.#waiting = [];
      this.#options.rollBack(lost.map(({ item }) => item));
    });
    for (const { reject } of lost) reject(error);
  }
}
