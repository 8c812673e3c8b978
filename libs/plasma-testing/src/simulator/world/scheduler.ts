/**
 * Virtual time, and who goes next.
 *
 * 1. Everything that takes a step (a timer, a message, an answer, a transaction) waits here, and one of those whose time
 *    has come is drawn by the seed. Time moves only when nobody's time has come.
 * 2. Between two steps everything happens that needs no time, so that one seed has one course.
 * 3. A step has an owner: a tab, a server process. Of an owner that is dead nothing happens any more, and of one that is
 *    frozen nothing until it thaws.
 * 4. The course of a run has a hash; two runs of one seed have the same.
 */

import { settle } from "./host.ts";
import type { Random } from "./random.ts";

/** Whoever takes steps. */
export interface Owner {
  readonly name: string;
  isDead: boolean;
  isFrozen: boolean;
}

export function newOwner(name: string): Owner {
  return { name, isDead: false, isFrozen: false };
}

export interface Task {
  readonly owner: Owner;
  readonly label: string;
  readonly due: number;
  readonly run: () => void;
}

/** A day in June 2025. */
const START = 1_750_000_000_000;

export class Scheduler {
  readonly #random: Random;
  #tasks: Task[] = [];
  #now = START;
  #hash = 0x811c9dc5;
  #steps = 0;
  /** The whole course in words, for whoever reads a failure. */
  readonly trail: string[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  get now(): number {
    return this.#now;
  }

  /** Milliseconds since the beginning. */
  get elapsed(): number {
    return this.#now - START;
  }

  get steps(): number {
    return this.#steps;
  }

  get hash(): string {
    return this.#hash.toString(16).padStart(8, "0");
  }

  get waiting(): readonly Task[] {
    return this.#tasks;
  }

  at(owner: Owner, label: string, delayMs: number, run: () => void): Task {
    const task = { owner, label, due: this.#now + Math.max(0, Math.ceil(delayMs)), run };
    this.#tasks.push(task);
    return task;
  }

  cancel(task: Task): void {
    this.#tasks = this.#tasks.filter((other) => other !== task);
  }

  /** Resolves at a later step; never, if the owner dies before. */
  pause(owner: Owner, label: string, delayMs = 0): Promise<void> {
    return new Promise((resolve) => void this.at(owner, label, delayMs, resolve));
  }

  /** Something that no step tells of, but that belongs to the course. */
  note(text: string): void {
    this.trail.push(`${(this.elapsed / 1000).toFixed(3)} ${text}`);
    this.hashIn(text);
  }

  /** Belongs to the course as well, and is too long to read. */
  hashIn(text: string): void {
    for (let at = 0; at < text.length; at++) {
      this.#hash = Math.imul(this.#hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
    }
    this.#hash = Math.imul(this.#hash ^ (this.#now & 0xffffffff), 0x01000193) >>> 0;
  }

  /** Takes one step; false when nothing waits, or nothing before `until`. */
  async step(until = Infinity): Promise<boolean> {
    this.#tasks = this.#tasks.filter(({ owner }) => !owner.isDead);
    const awake = this.#tasks.filter(({ owner }) => !owner.isFrozen);
    let ready = awake.filter(({ due }) => due <= this.#now);
    if (ready.length === 0) {
      const next = Math.min(...awake.map(({ due }) => due));
      if (next === Infinity || next > until) {
        if (until !== Infinity) this.#now = Math.max(this.#now, until);
        return false;
      }
      this.#now = next;
      ready = awake.filter(({ due }) => due <= next);
    }
    const task = ready.length === 1 ? ready[0]! : this.#random.pick(ready);
    this.cancel(task);
    this.#steps++;
    this.note(`${task.owner.name}: ${task.label}`);
    task.run();
    await settle();
    return true;
  }
}
