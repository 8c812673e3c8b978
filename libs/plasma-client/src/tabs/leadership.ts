/**
 * One tab of a local database syncs for all: it pushes every client's outbox, pulls, and holds the socket.
 *
 * 1. Leadership saves work, and nothing depends on it: two tabs that sync at once are kept apart by the cookie's
 *    compare-and-set and by mutation ids. So without Web Locks every tab leads.
 * 2. A Web Lock says who leads. It passes on by itself when its tab closes or crashes.
 * 3. A frozen tab (in the back-forward cache, in the background of a phone) keeps its lock and does nothing. The others
 *    ask from time to time; a leader that does not answer loses the lock to whoever asked. When it thaws it finds out,
 *    and queues again. Answering needs no timer, so that a throttled tab in the background keeps its place.
 * 4. Messages get lost on a tab that stands still, however briefly. So a tab that follows has its replica catch up
 *    whenever it asks, and whenever it finds out that it was asleep. (The one that leads does so before each pull.)
 * 5. Whoever was asleep itself while it waited for the answer has no reason to take over: it asks again.
 */

import type { BroadcastPort, Platform, TimerHandle } from "../platform.ts";

export interface LeadershipOptions {
  readonly dbName: string;
  readonly platform: Pick<
    Platform,
    "locks" | "broadcast" | "timers" | "clock" | "random" | "visible"
  >;
  readonly onChange: (isLeader: boolean) => void;
  /** This tab may have missed what the others said. */
  readonly onMissed: () => void;
}

/** How often a tab asks whether the leader is still there. */
export const LEADER_CHECK_MS = 5_000;
/** How long a leader may take to answer. Up to half as long again, so that not all others take over at once. */
export const LEADER_ANSWER_MS = 3_000;

/** Waits for its turn to lead. The returned function steps down, or stops waiting. */
export function seekLeadership(options: LeadershipOptions): () => void {
  const { locks } = options.platform;
  if (!locks) {
    options.onChange(true);
    return () => options.onChange(false);
  }
  const seeker = new LeaderSeeker(options, locks);
  return () => seeker.end();
}

type Message = "who-leads" | "leading";

class LeaderSeeker {
  readonly #options: LeadershipOptions;
  readonly #locks: LockManager;
  readonly #lockName: string;
  readonly #port: BroadcastPort | undefined;
  readonly #unsubscribe: readonly (() => void)[];
  #queued = new AbortController();
  /** Set while this tab leads. */
  #release: (() => void) | undefined;
  #timer: TimerHandle | undefined;
  #isAnswerDue = false;
  #isOver = false;

  constructor(options: LeadershipOptions, locks: LockManager) {
    const { platform, dbName } = options;
    this.#options = options;
    this.#locks = locks;
    this.#lockName = `plasma:${dbName}:leader`;
    this.#port = platform.broadcast?.(this.#lockName);
    this.#unsubscribe = [
      this.#port?.subscribe((message) => this.#hear(message)) ?? (() => undefined),
      platform.visible.subscribe(() => {
        if (platform.visible.current()) this.#ask();
      }),
    ];
    this.#queue();
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#clearTimer();
    for (const end of this.#unsubscribe) end();
    this.#port?.close();
    if (this.#release) {
      this.#options.onChange(false);
      this.#release();
    } else {
      this.#queued.abort();
    }
  }

  #queue(): void {
    this.#queued = new AbortController();
    this.#waitThenAsk();
    this.#request({ signal: this.#queued.signal });
  }

  #takeOver(): void {
    this.#queued.abort();
    this.#request({ steal: true });
  }

  #request(lock: LockOptions): void {
    let release: (() => void) | undefined;
    const hold = () => {
      // Granted in the moment in which it was given up.
      if (this.#isOver || lock.signal?.aborted) return undefined;
      return new Promise<void>((resolve) => {
        release = resolve;
        this.#lead(resolve);
      });
    };
    // Rejects when it is aborted while it waits, and when the lock is stolen.
    this.#locks.request(this.#lockName, lock, hold).catch(() => {
      if (release) this.#lose(release);
    });
  }

  #lead(release: () => void): void {
    this.#release = release;
    this.#clearTimer();
    this.#post("leading");
    this.#options.onChange(true);
  }

  #lose(release: () => void): void {
    if (this.#isOver || this.#release !== release) return;
    this.#release = undefined;
    this.#options.onChange(false);
    this.#options.onMissed();
    this.#queue();
  }

  #hear(message: unknown): void {
    if (message === "who-leads" && this.#release) this.#post("leading");
    if (message === "leading" && !this.#release) this.#waitThenAsk();
  }

  #ask(): void {
    if (this.#release || this.#isOver || this.#isAnswerDue || !this.#port) return;
    this.#post("who-leads");
    const patience = LEADER_ANSWER_MS * (1 + this.#options.platform.random.fraction() / 2);
    this.#isAnswerDue = true;
    this.#setTimer(patience, (wasAsleep) => {
      if (wasAsleep) this.#waitThenAsk();
      else this.#takeOver();
    });
  }

  #waitThenAsk(): void {
    if (this.#port) {
      this.#setTimer(LEADER_CHECK_MS, () => {
        this.#options.onMissed();
        this.#ask();
      });
    }
    this.#isAnswerDue = false;
  }

  #post(message: Message): void {
    this.#port?.post(message);
  }

  #setTimer(delayMs: number, then: (wasAsleep: boolean) => void): void {
    const { timers, clock } = this.#options.platform;
    this.#clearTimer();
    const due = clock.now() + delayMs;
    this.#timer = timers.set(() => {
      this.#isAnswerDue = false;
      this.#timer = undefined;
      const wasAsleep = clock.now() - due > LEADER_ANSWER_MS;
      if (wasAsleep) this.#options.onMissed();
      then(wasAsleep);
    }, delayMs);
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#options.platform.timers.clear(this.#timer);
    this.#timer = undefined;
  }
}
