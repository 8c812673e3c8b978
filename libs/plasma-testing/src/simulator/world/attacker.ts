/**
 * Somebody who is signed in, overhears what others send, and sends it as their own: as it was, under their own name, with
 * cookies of others, altered or damaged. Nothing of it may change anything, make the server fail, or bring them what they may
 * not read.
 */

import type { ErrorBody, PullResponse } from "@sh1n4ps/plasma-core";
import type { Random } from "./random.ts";
import { newOwner } from "./scheduler.ts";
import type { Scheduler } from "./scheduler.ts";
import { PERSON_HEADER } from "./server.ts";
import type { SimServer } from "./server.ts";
import type { Exchange, Line } from "./network.ts";
import type { State, StateCounts } from "./states.ts";

export const ATTACKER = "eve";

/** What somebody has sent. */
export interface Overheard {
  readonly path: string;
  readonly person: string;
  readonly body: string;
}

export interface AttackerOptions<Ctx> {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly states: StateCounts;
  readonly server: SimServer<Ctx>;
  readonly overheard: readonly Overheard[];
  /** Checks an answer as if it were one to anybody. */
  readonly answered: (exchange: Exchange<Ctx>) => void;
  readonly fail: (what: string) => void;
}

interface Attack {
  readonly path: string;
  readonly person: string;
  readonly clientID: string;
  readonly body: string;
}

interface Body {
  readonly clientID: string;
  readonly cookie?: string | null;
}

const KINDS = { replayed: 1, renamed: 3, withCookie: 3, altered: 2, damaged: 3, garbage: 1 };
/** What a push of a client of somebody else must not be told, because it says where that one stands. */
const TELLING = new Set(["gap", "client-forked", "mutation-held"]);

export class Attacker<Ctx> {
  readonly #options: AttackerOptions<Ctx>;
  readonly #owner = newOwner(ATTACKER);

  constructor(options: AttackerOptions<Ctx>) {
    this.#options = options;
  }

  async attack(): Promise<void> {
    const { random, scheduler, server, states, overheard } = this.#options;
    if (overheard.length === 0) return;
    const attack = this.#draw(random.pick(overheard));
    if (!attack) return;
    await scheduler.pause(this.#owner, `attack by ${attack.path}`, random.below(2_000));
    // A client that the server does not know belongs to whoever is first: its id is nothing that can be overheard before.
    if (attack.path === "push" && !this.#isKnown(attack.clientID)) return;
    const headers = {
      "content-type": "application/json",
      "x-plasma-client-id": attack.clientID,
      "x-plasma-client-group-id": attack.person,
      [PERSON_HEADER]: attack.person,
    };
    const init = { method: "POST", headers, body: attack.body };
    const before = new Map(states.counts);
    const answer = await server
      .handle(`https://sync.invalid/sync/${attack.path}`, init)
      .catch(() => null);
    const hasMet = (state: State) => states.counts.get(state) !== before.get(state);
    if (answer) this.#judge(attack, { answer, hasMet });
  }

  #draw(heard: Overheard): Attack | undefined {
    const { random } = this.#options;
    const { path, person } = heard;
    const said = JSON.parse(heard.body) as Body;
    const { clientID, cookie } = said;
    const own = `evil-${random.hex(8)}`;
    const as = (name: string, changes: object) =>
      JSON.stringify({ ...said, clientGroupID: name, ...changes });
    const renamed = as(ATTACKER, {});
    switch (random.weighted(KINDS)) {
      case "replayed":
        return { path, person: ATTACKER, clientID, body: heard.body };
      case "renamed":
        return { path, person: ATTACKER, clientID, body: renamed };
      case "withCookie":
        if (!cookie) return undefined;
        return { path, person: ATTACKER, clientID: own, body: as(ATTACKER, { clientID: own }) };
      case "altered": {
        if (!cookie) return undefined;
        // Within a part, because the last digit of one may say more than is read of it.
        const at = random.pick([8, cookie.length - 8]);
        const digit = cookie[at] === "A" ? "B" : "A";
        const other = cookie.slice(0, at) + digit + cookie.slice(at + 1);
        return { path, person, clientID: own, body: as(person, { clientID: own, cookie: other }) };
      }
      case "damaged": {
        const at = random.below(renamed.length);
        const rest = random.chance(0.3)
          ? ""
          : random.pick(['"', "{", "0", "é", "\0"]) + renamed.slice(at + 1);
        return { path, person: ATTACKER, clientID, body: renamed.slice(0, at) + rest };
      }
      case "garbage":
        return { path, person: ATTACKER, clientID, body: random.hex(random.below(400)) };
    }
  }

  #isKnown(clientID: string): boolean {
    const { database } = this.#options.server;
    const owner = database.prepare("SELECT principal FROM _plasma_clients WHERE client_id = ?");
    return owner.get(clientID) !== undefined;
  }

  #judge({ path, person, body }: Attack, outcome: Pick<Exchange<Ctx>, "answer" | "hasMet">): void {
    const { answer } = outcome;
    const { states, answered, fail } = this.#options;
    const wrong = (what: string) => fail(`C7: ${what}: ${body} was answered ${answer.body}`);
    const line: Line = { tab: this.#owner, person, isCut: () => false };
    // Cookies of others are worth nothing: what comes is judged as what comes without one.
    const request = JSON.stringify({ cookie: null });
    if (answer.status >= 500) return answered({ line, path, request, ...outcome });
    if (answer.status !== 200) {
      const { code } = JSON.parse(answer.body) as ErrorBody;
      if (answer.body.includes("canary-")) wrong("an attacker was sent content");
      if (path === "push" && TELLING.has(code)) wrong("an attacker was told of another client");
      states.reached(code === "forbidden" ? "foreign client id refused" : "forged request refused");
      return;
    }
    if (path !== "pull") return wrong("an attacker was allowed to push");
    answered({ line, path, request, ...outcome });
    const { patch, lastMutationIDs, lastMutationUIDs, rejections } = JSON.parse(
      answer.body,
    ) as PullResponse;
    if (patch[0]?.op !== "clear") wrong("an attacker's cookie was believed");
    const told = [lastMutationIDs, lastMutationUIDs ?? {}, rejections].map(Object.keys).flat();
    // Who alters a cookie of their own may ask for their own mutations.
    if (told.length > 0 && person === ATTACKER)
      wrong("an attacker was told of mutations of others");
    states.reached("foreign cookie not believed");
  }
}
