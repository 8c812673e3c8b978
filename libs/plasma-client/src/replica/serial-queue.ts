/** One job after the other: mutators and pulls must not see each other half-done. */

export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs a job when those before it have ended, whatever came of them. */
  run<T>(job: () => T | Promise<T>): Promise<T> {
    const result = this.#tail.then(job);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
