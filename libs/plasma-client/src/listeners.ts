/** Who wants to hear of something. One that throws keeps neither the others from hearing nor the teller from its work. */

export class Listeners<Told extends unknown[] = []> {
  readonly #listeners = new Set<(...told: Told) => void>();
  readonly #onFailure: (cause: unknown) => void;

  constructor(onFailure: (cause: unknown) => void) {
    this.#onFailure = onFailure;
  }

  readonly subscribe = (listener: (...told: Told) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly tell = (...told: Told): void => {
    for (const listener of [...this.#listeners]) {
      try {
        listener(...told);
      } catch (cause) {
        this.#onFailure(cause);
      }
    }
  };
}
