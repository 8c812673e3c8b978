/** The line between tabs and server: it takes time, and does to messages what real ones do. */

import type { Fetcher } from "@sh1n4ps/plasma-client";
import type { Random } from "./random.ts";
import { newOwner } from "./scheduler.ts";
import type { Owner, Scheduler } from "./scheduler.ts";
import type { Answer, SimServer } from "./server.ts";
import type { State, StateCounts } from "./states.ts";

/** How likely each of them is, for each request. */
export interface NetworkFaults {
  readonly drop: number;
  readonly loseAnswer: number;
  readonly duplicate: number;
  /** Delivered again, minutes later. */
  readonly replay: number;
  readonly hang: number;
  /** Something in between answers with a failure. */
  readonly intercept: number;
  readonly maxDelayMs: number;
}

/** Where a request comes from. */
export interface Line {
  readonly tab: Owner;
  readonly person: string;
  isCut(): boolean;
}

export interface Exchange<Ctx> {
  readonly line: Line;
  readonly path: string;
  readonly request: string;
  readonly answer: Answer<Ctx>;
  /** Whether that has happened while the server was at it. */
  hasMet(state: State): boolean;
}

export interface NetworkOptions<Ctx> {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly states: StateCounts;
  readonly server: SimServer<Ctx>;
  readonly faults: () => NetworkFaults;
  /** A request has arrived at the server. */
  readonly onRequest: (line: Line, path: string, body: string) => void;
  /** The server has answered, whether or not anybody hears of it. */
  readonly onAnswer: (exchange: Exchange<Ctx>) => void;
}

const SOMETHING_IN_BETWEEN = [
  { status: 502, headers: {} },
  { status: 503, headers: { "retry-after": "2" } },
  { status: 504, headers: {} },
  { status: 429, headers: { "retry-after": "1" } },
] as const;

export class Network<Ctx> {
  readonly #options: NetworkOptions<Ctx>;
  readonly #owner = newOwner("network");
  readonly #inFlight = new Map<Owner, Set<object>>();

  constructor(options: NetworkOptions<Ctx>) {
    this.#options = options;
  }

  hasInFlight(tab: Owner): boolean {
    return (this.#inFlight.get(tab)?.size ?? 0) > 0;
  }

  fetcherFor(line: Line): Fetcher {
    return (url, init) =>
      new Promise((resolve, reject) => {
        const { tab } = line;
        const request = {};
        const ofTab = this.#inFlight.get(tab) ?? new Set();
        this.#inFlight.set(tab, ofTab.add(request));
        const arrive = (label: string, tell: () => void) => {
          ofTab.delete(request);
          // The last step is the tab's own: one that is dead hears nothing.
          this.#options.scheduler.at(tab, label, 0, tell);
        };
        this.#deliver(line, url, init).then(
          (response) => arrive("answer", () => resolve(response)),
          (error: unknown) => arrive("no answer", () => reject(error as Error)),
        );
        init.signal?.addEventListener("abort", () => {
          ofTab.delete(request);
          reject(new TypeError("It was given up."));
        });
      });
  }

  async #deliver(line: Line, url: string, init: RequestInit): Promise<Response> {
    const { random, states, faults } = this.#options;
    const path = url.slice(url.lastIndexOf("/") + 1);
    const likely = faults();
    const fate = {
      drop: random.chance(likely.drop),
      loseAnswer: random.chance(likely.loseAnswer),
      duplicate: random.chance(likely.duplicate),
      replay: random.chance(likely.replay),
      hang: random.chance(likely.hang),
      intercept: random.chance(likely.intercept),
    };
    const copy = { method: init.method, headers: init.headers, body: init.body } as RequestInit;
    const reach = (): Promise<Answer<Ctx>> => this.#reach(line, path, { url, init: copy });

    await this.#travel(`${path} leaves`);
    if (line.isCut()) throw new TypeError("There is no connection.");
    if (fate.drop) {
      states.reached("request lost");
      throw new TypeError("The request was lost.");
    }
    if (fate.intercept) {
      states.reached("answer of something in between");
      const { status, headers } = random.pick(SOMETHING_IN_BETWEEN);
      return new Response("<html>Bad gateway</html>", { status, headers });
    }
    if (fate.duplicate) {
      void this.#again(reach, random.below(200), "request delivered twice");
    }
    if (fate.replay) {
      void this.#again(
        reach,
        random.between(60_000, 600_000),
        "request delivered again much later",
      );
    }
    const answer = await reach();
    await this.#travel(`${path} returns`);
    if (fate.hang) {
      states.reached("request hangs until the client gives up");
      return new Promise<never>(() => undefined);
    }
    if (fate.loseAnswer || line.isCut()) {
      if (path === "push" && answer.status === 200) states.reached("answer lost after the commit");
      throw new TypeError("The answer was lost.");
    }
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  }

  async #again(
    reach: () => Promise<unknown>,
    delayMs: number,
    state: "request delivered twice" | "request delivered again much later",
  ): Promise<void> {
    const { scheduler, states } = this.#options;
    await scheduler.pause(this.#owner, "copy", delayMs);
    states.reached(state);
    await reach().catch(() => undefined);
  }

  async #reach(
    line: Line,
    path: string,
    { url, init }: { readonly url: string; readonly init: RequestInit },
  ): Promise<Answer<Ctx>> {
    const { server, states, onAnswer, onRequest } = this.#options;
    const request = String(init.body);
    const before = new Map(states.counts);
    if (server.isUp) onRequest(line, path, request);
    const answer = await server.handle(url, init);
    const hasMet = (state: State) => states.counts.get(state) !== before.get(state);
    onAnswer({ line, path, request, answer, hasMet });
    return answer;
  }

  #travel(label: string): Promise<void> {
    const { scheduler, random, faults } = this.#options;
    // Most are fast, some are not.
    const delayMs = Math.floor(random.fraction() ** 3 * faults().maxDelayMs);
    return scheduler.pause(this.#owner, label, delayMs);
  }
}
