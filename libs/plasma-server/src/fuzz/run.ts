/**
 * A run of the fuzzer: world after world, each with people, their tabs and their secrets. Most requests are altered on
 * the way; some arrive as they were meant, so that the world moves on; some arrive at the same time.
 *
 * The same seed gives the same requests, up to the order in which the parts of simultaneous ones are served.
 */

import type { MutationResult, WireMutation } from "@sh1n4ps/plasma-core";
import { chance } from "../contract/random.ts";
import type { Chance } from "../contract/random.ts";
import { runtimePlatform } from "../platform.ts";
import { aftermath } from "./aftermath.ts";
import type { Acknowledged } from "./aftermath.ts";
import { printDraft, textOf, toRequest } from "./draft.ts";
import type { Draft } from "./draft.ts";
import { complaints, parse } from "./judge.ts";
import type { Answer } from "./judge.ts";
import { mutateDraft } from "./mutate-draft.ts";
import { hiddenIds, isPerson, ledgerOf, PEOPLE, populate } from "./population.ts";
import type { Person, Population, Surroundings } from "./population.ts";
import { createSenders, validDraft } from "./senders.ts";
import type { Sender } from "./senders.ts";

export interface Finding {
  readonly seed: number;
  readonly what: string;
  /** What was sent, if it was one request's doing. */
  readonly draft: Draft | null;
}

export interface FuzzSummary {
  requests: number;
  worlds: number;
  /** Mutations that were acknowledged as applied, and sent again at the end. */
  acknowledged: number;
  /** How often each status and code was the answer. */
  readonly answers: Map<string, number>;
  readonly findings: Finding[];
}

export interface FuzzOptions {
  readonly count: number;
  readonly seed: number;
  readonly maxFindings: number;
  readonly surroundings: Surroundings;
  readonly onProgress?: (summary: FuzzSummary) => void;
}

const REQUESTS_PER_WORLD = 2_500;
/** After so many requests each honest client syncs. */
const HONEST_EVERY = 250;
const HANG_MS = 30_000;
const MAX_TEXTS = 300;

export async function runFuzz(options: FuzzOptions): Promise<FuzzSummary> {
  const { count, seed, maxFindings, surroundings, onProgress } = options;
  const summary: FuzzSummary = {
    requests: 0,
    worlds: 0,
    acknowledged: 0,
    answers: new Map(),
    findings: [],
  };
  while (summary.requests < count && summary.findings.length < maxFindings) {
    const requests = Math.min(REQUESTS_PER_WORLD, count - summary.requests);
    await new FuzzedWorld(seed + summary.worlds, { summary, maxFindings }).run(
      surroundings,
      requests,
    );
    summary.worlds++;
    onProgress?.(summary);
  }
  return summary;
}

class FuzzedWorld {
  readonly #seed: number;
  readonly #random: Chance;
  readonly #summary: FuzzSummary;
  readonly #maxFindings: number;
  readonly #senders = createSenders();
  readonly #acknowledged: Acknowledged[] = [];
  #entries = 0;

  constructor(
    seed: number,
    { summary, maxFindings }: { readonly summary: FuzzSummary; readonly maxFindings: number },
  ) {
    this.#maxFindings = maxFindings;
    this.#seed = seed;
    this.#random = chance(seed);
    this.#summary = summary;
  }

  async run(surroundings: Surroundings, requests: number): Promise<void> {
    const population = await populate(this.#random, surroundings);
    try {
      let nextVisit = 0;
      for (let sent = 0; sent < requests && !this.#isHopeless();) {
        if (sent >= nextVisit) {
          await this.#honestVisit(population);
          nextVisit += HONEST_EVERY;
        }
        const atOnce = Math.min(requests - sent, this.#random.oneIn(10) ? 3 : 1);
        await Promise.all(Array.from({ length: atOnce }, () => this.#sendOne(population)));
        sent += atOnce;
        this.#summary.requests += atOnce;
        population.tick();
      }
      const rest = { acknowledged: this.#acknowledged, entries: this.#entries };
      for (const what of await aftermath(population, rest)) this.#find(what, null);
      this.#summary.acknowledged += this.#acknowledged.length;
    } finally {
      population.close();
    }
  }

  async #sendOne(population: Population): Promise<void> {
    const random = this.#random;
    const sender = random.pick(this.#senders);
    const foreign = PEOPLE.filter((person) => person !== sender.person).flatMap(hiddenIds);
    const valid = validDraft(sender, random);
    const draft = random.oneIn(5)
      ? valid
      : mutateDraft(valid, random, [...population.texts, ...foreign]);
    const request = toRequest(draft);
    const asker = askerOf(request);
    const answer = await this.#ask(population, request);
    if (answer === null) return this.#find("no answer", draft);
    const code = (parse(answer.text) as { code?: unknown } | undefined)?.code;
    const kind = answer.status < 400 ? String(answer.status) : `${answer.status} ${String(code)}`;
    this.#summary.answers.set(kind, (this.#summary.answers.get(kind) ?? 0) + 1);
    for (const what of complaints(answer, asker)) this.#find(what, draft);
    this.#look(population, draft);
    this.#learn(population, { sender, draft, request, answer });
  }

  async #ask({ world }: Population, request: Request): Promise<Answer | null> {
    const { timers } = runtimePlatform();
    let timer: unknown;
    const hang = new Promise<null>((resolve) => {
      timer = timers.set(() => resolve(null), HANG_MS);
    });
    const answered = world.handler(request).then(async (response) => ({
      status: response.status,
      headers: response.headers,
      text: await response.text(),
    }));
    try {
      return await Promise.race([answered, hang]);
    } finally {
      timers.clear(timer);
    }
  }

  /** Beyond the answer: what the app was told, and who was let in. */
  #look({ world, connected }: Population, draft: Draft): void {
    for (const error of world.errors.splice(0)) {
      if (error.kind === "internal" || error.kind === "storage") {
        this.#find(`onError was told ${error.kind}: ${String(error.cause)}`, draft);
      }
    }
    world.pushed.length = 0;
    for (const { principal, room } of connected.splice(0)) {
      if (principal !== room) this.#find(`${principal} was let into the room ${room}`, draft);
    }
  }

  #learn(
    population: Population,
    {
      sender,
      draft,
      request,
      answer,
    }: {
      readonly sender: Sender;
      readonly draft: Draft;
      readonly request: Request;
      readonly answer: Answer;
    },
  ): void {
    const body = parse(answer.text) as Readonly<Record<string, unknown>> | undefined;
    if (!body) return;
    const isOwn =
      request.headers.get("x-plasma-client-id") === sender.clientID &&
      askerOf(request) === sender.person;
    const details = body["details"] as { expected?: number } | undefined;
    if (isOwn && body["code"] === "gap" && details?.expected) sender.nextID = details.expected;
    if (isOwn && body["code"] === "client-forked") this.#renew(sender);
    if (answer.status !== 200) return;
    if (isOwn && typeof body["lastMutationID"] === "number")
      sender.nextID = body["lastMutationID"] + 1;
    if (typeof body["cookie"] === "string") {
      if (isOwn) sender.cookie = body["cookie"];
      population.texts.push(body["cookie"]);
    }
    if (typeof body["ticket"] === "string") {
      sender.ticket = { ticket: body["ticket"], room: String(body["room"]) };
    }
    if (population.texts.length > MAX_TEXTS) population.texts.splice(50, 100);
    this.#remember(draft, request, body["results"] as readonly MutationResult[] | undefined);
  }

  #renew(sender: Sender): void {
    sender.clientID = `tab-${this.#random.below(1_000_000)}-${sender.person}`;
    sender.nextID = 1;
  }

  #remember(draft: Draft, request: Request, results: readonly MutationResult[] | undefined): void {
    const person = askerOf(request);
    if (!results || !person || draft.body.kind !== "json") return;
    // As the server has read it.
    const body = parse(textOf(draft.body.value)) as { clientID: string; mutations: WireMutation[] };
    for (const [at, result] of results.entries()) {
      if (result.status !== "ok" || result.duplicate) continue;
      const mutation = body.mutations[at]!;
      this.#acknowledged.push({ person, clientID: body.clientID, mutation });
    }
  }

  /** In the middle of it all, whoever behaves is served. */
  async #honestVisit({ world, honest, tick }: Population): Promise<void> {
    this.#entries++;
    for (const [person, client] of honest) {
      const id = `entry-${person}-${this.#entries}`;
      try {
        const args = { id, listId: ledgerOf(person), title: "entry" };
        const result = await client.mutate("addTodo", args);
        if (result.status !== "ok") this.#find(`${person} was refused an entry`, null);
        await client.pull();
        if (!client.rows.has(`todos/${id}`)) this.#find(`${person} does not see ${id}`, null);
      } catch (error) {
        this.#find(`${person} was not served: ${String(error)}`, null);
      }
      tick();
    }
    world.sent.clear();
    world.errors.length = 0;
    world.pushed.length = 0;
  }

  #isHopeless(): boolean {
    return this.#summary.findings.length >= this.#maxFindings;
  }

  #find(what: string, draft: Draft | null): void {
    this.#summary.findings.push({ seed: this.#seed, what, draft });
  }
}

export function printFinding({ seed, what, draft }: Finding): string {
  return `seed ${seed}: ${what}${draft ? `\n  ${printDraft(draft)}` : ""}`;
}

/** Whose token it bears. */
function askerOf(request: Request): Person | null {
  const name = /^Bearer (\w+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
  return isPerson(name) ? name : null;
}
