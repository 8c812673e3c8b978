/** An app on the simulated machine: its people with their devices, a network, its server, and its invariants. */

import type { AnyMutators, MutatorDb, ReadDb, Schema } from "@sh1n4ps/plasma-core";
import { PlasmaError } from "@sh1n4ps/plasma-core";
import { SyncClientError } from "@sh1n4ps/plasma-client";
import type { SyncServerError } from "@sh1n4ps/plasma-server";
import type Database from "better-sqlite3";
import { Device, pokeTabs, Tab } from "../simulator/world/device.ts";
import { settle } from "../simulator/world/host.ts";
import { Network } from "../simulator/world/network.ts";
import { Random } from "../simulator/world/random.ts";
import { comeToRest, REST_MS } from "../simulator/world/rest.ts";
import { Scheduler } from "../simulator/world/scheduler.ts";
import { SimServer } from "../simulator/world/server.ts";
import { StateCounts } from "../simulator/world/states.ts";
import { NO_FAULTS } from "../simulator/world/world.ts";
import type { Faults } from "../simulator/world/world.ts";
import { Calls } from "./calls.ts";
import type { AcceptedCall, Counts } from "./calls.ts";
import { messageOf } from "./failure.ts";
import type { Failure } from "./failure.ts";
import { serverDb } from "./first-content.ts";
import type { Fate, Weather } from "./step.ts";
import { watchMutators } from "./watch-mutators.ts";

export interface InvariantInput<S extends Schema = Schema> {
  /** Everything on the server, as of a commit; no rule is asked. */
  readonly db: ReadDb<S>;
  /** In the order of their commits. */
  readonly accepted: readonly AcceptedCall[];
}

/** Throws or answers `false` when it does not hold. */
export type Invariant<S extends Schema = Schema> = (
  input: InvariantInput<S>,
) => boolean | void | Promise<boolean | void>;

export interface StageOptions {
  readonly seed: number;
  readonly schema: Schema;
  readonly mutators: AnyMutators;
  readonly people: readonly string[];
  readonly contextOf: (person: string) => unknown;
  readonly invariants: Readonly<Record<string, Invariant>>;
  /** What the server begins with. */
  readonly content: Buffer;
  readonly openDatabase: (content?: Buffer) => Database.Database;
}

const BAD_NETWORK = { drop: 0.1, loseAnswer: 0.2, duplicate: 0.2, hang: 0.02, intercept: 0.1 };
/** What servers take if they are told nothing else. */
const MAX_PAYLOAD_BYTES = 1024 * 1024;
const ORDINALS = ["first", "second", "third"];
const MAX_TABS = ORDINALS.length;
/** How long an op may take to draw its args, in virtual milliseconds. */
export const PATIENCE_MS = 60_000;

export class Stage {
  readonly #options: StageOptions;
  readonly #scheduler: Scheduler;
  readonly #network: Network<unknown>;
  readonly #server: SimServer<unknown>;
  readonly #devices: readonly Device[];
  readonly #calls = new Calls();
  /** What each mutator threw first on the server: in the end the engine may only know that it never ended. */
  readonly #causes = new Map<string, unknown>();
  readonly #db: MutatorDb;
  readonly #onDevices: AnyMutators;
  #faults: Faults = NO_FAULTS;
  #opened = 0;
  failure: Failure | null = null;
  /** The story so far. */
  readonly lines: string[] = [];

  constructor(options: StageOptions) {
    const { schema, mutators, people, contextOf, content, openDatabase } = options;
    this.#options = options;
    this.#onDevices = watchMutators(mutators, (failure) => this.fail(failure));
    const random = new Random(options.seed);
    const scheduler = (this.#scheduler = new Scheduler(random));
    const states = new StateCounts();
    this.#server = new SimServer({
      ...{ scheduler, random, states, ctxOf: contextOf },
      openDatabase: () => openDatabase(content),
      handler: { schema, mutators, maxPayloadBytes: MAX_PAYLOAD_BYTES },
      faults: () => this.#faults,
      onPushed: () => pokeTabs(this.#tabs, random, this.#faults),
      onError: (error) => this.#noteCause(error),
    });
    this.#db = serverDb(schema, this.#server.database);
    this.#network = new Network({
      ...{ scheduler, random, states, server: this.#server },
      faults: () => this.#faults,
      onRequest: ({ person }, path, body) => this.#calls.arrived(person, path, body),
      // What rows there are belongs to the course: two runs that write others are not the same.
      onAnswer: ({ line, answer }) => scheduler.note(`to ${line.person}: ${answer.body}`),
    });
    const watch = {
      ...{ changed: () => undefined, pulled: () => undefined },
      ...{ full: () => undefined, stolen: () => undefined },
    };
    this.#devices = people.map(
      (person) =>
        new Device({
          ...{
            name: person,
            person,
            scheduler,
            random,
            watch,
            pageSize: 500,
            slownessMs: 3,
            latencyMs: 5,
          },
          fullness: () => 0,
        }),
    );
    for (const device of this.#devices) this.#openTab(device);
  }

  get hash(): string {
    return this.#scheduler.hash;
  }

  /** Everything that has happened, in words. */
  get trail(): readonly string[] {
    return this.#scheduler.trail;
  }

  get counts(): { readonly accepted: Counts; readonly refused: Counts } {
    return this.#calls.counts(Object.keys(this.#options.mutators));
  }

  /** Only the first failure counts: what comes after may come of it. */
  fail(failure: Failure): void {
    this.failure ??= failure;
  }

  /** Time passes, and everything takes its course. */
  async wait(ms: number): Promise<void> {
    const until = this.#scheduler.now + ms;
    while (this.failure === null && (await this.#step(until))) continue;
  }

  /** One more line of the story. */
  tell(line: string): void {
    this.lines.push(line);
    this.#scheduler.note(line);
  }

  /** Resolves with what `promise` does, for which the world may have to go on; null if that takes too long. */
  async awaitInWorld<T>(promise: Promise<T>): Promise<{ readonly value: T } | null> {
    let isOver = false;
    const end = () => void (isOver = true);
    promise.then(end, end);
    const deadline = this.#scheduler.now + PATIENCE_MS;
    await settle();
    while (!isOver && this.failure === null && (await this.#step(deadline))) continue;
    return isOver ? { value: await promise } : null;
  }

  /** One of the person's tabs, and in words which one; `chance` is at least 0, below 1. */
  tabOf(person: string, chance: number): { readonly tab: Tab; readonly where: string } {
    const tabs = [...this.#deviceOf(person).tabs];
    const at = Math.floor(chance * tabs.length);
    const where = tabs.length > 1 ? ` in the ${ORDINALS[at]} tab` : "";
    return { tab: tabs[at]!, where };
  }

  /** A refusal, at once or by the server, is an outcome like any other; what else goes wrong is a failure. */
  async mutate(tab: Tab, name: string, args: unknown): Promise<void> {
    const handle = tab.client.mutate(name, args as never);
    const { person } = tab.device;
    handle.then(undefined, (error: unknown) => {
      if (!tab.isAlive || error instanceof SyncClientError) return;
      if (error instanceof PlasmaError) return this.#calls.refusedAtOnce(name);
      const text = `A tab cannot make the mutation ${name}: ${messageOf(error)}`;
      this.fail({ kind: "mutator on the device", name, text });
    });
    handle.confirmed.then(
      async () => this.#calls.confirmed(person, (await handle).uid, name),
      () => undefined,
    );
    // What fails at once is told right after it.
    await settle();
  }

  meet(person: string, fate: Fate): void {
    const device = this.#deviceOf(person);
    switch (fate) {
      case "goes offline":
      case "is online again":
        device.isCut = fate === "goes offline";
        device.online.switch(!device.isCut);
        return;
      case "opens another tab":
        if (device.tabs.size < MAX_TABS) this.#openTab(device);
        return;
      case "loses all tabs in a crash, and opens one":
      case "clears the browser's storage":
        for (const tab of [...device.tabs]) tab.kill();
        if (fate === "clears the browser's storage") device.disk.clear();
        this.#openTab(device);
    }
  }

  change(weather: Weather): void {
    switch (weather) {
      case "The server crashes.":
        return this.#server.crash();
      case "The server is up again.":
        return this.#server.start();
      case "The network begins to lose answers and to repeat requests.":
        this.#faults = { ...NO_FAULTS, ...BAD_NETWORK, maxDelayMs: 2_000, pokeLoss: 0.3 };
        return;
      case "The network works again.":
        this.#faults = NO_FAULTS;
    }
  }

  /** Nothing fails any more, and everybody has to end with everything sent. */
  async drain(): Promise<void> {
    this.change("The server is up again.");
    this.change("The network works again.");
    for (const { person } of this.#devices) this.meet(person, "is online again");
    const restless = await comeToRest({
      ...{ devices: this.#devices, scheduler: this.#scheduler, network: this.#network },
      hasFailed: () => this.failure !== null,
      step: (until) => this.#step(until),
    });
    if (restless !== null) {
      const text = `${REST_MS / 60_000} minutes after the last failure: ${restless}`;
      this.fail({ kind: "no rest", name: "", text });
    }
    if (this.failure === null) await this.#checkInvariants();
  }

  close(): void {
    for (const tab of this.#tabs) tab.kill();
    this.#server.close();
  }

  async #step(until: number): Promise<boolean> {
    const stepped = await this.#scheduler.step(until);
    const abandoned = this.#calls.observe(this.#server.database);
    for (const name of abandoned ?? []) {
      const text = `The mutator ${name} fails on the server: ${messageOf(this.#causes.get(name))}`;
      this.fail({ kind: "mutator on the server", name, text });
    }
    if (abandoned) await this.#checkInvariants();
    return stepped;
  }

  #noteCause({ kind, details, cause }: SyncServerError): void {
    if (kind !== "mutation-error") return;
    const { mutator } = (details ?? {}) as { mutator?: string };
    if (mutator !== undefined && !this.#causes.has(mutator)) this.#causes.set(mutator, cause);
  }

  async #checkInvariants(): Promise<void> {
    const input: InvariantInput = { db: this.#db, accepted: this.#calls.accepted };
    for (const [name, invariant] of Object.entries(this.#options.invariants)) {
      const broken = (why: string) =>
        this.fail({ kind: "invariant", name, text: `It does not hold that ${name}${why}` });
      try {
        if ((await invariant(input)) === false) broken(".");
      } catch (error) {
        broken(`: ${messageOf(error)}`);
      }
    }
  }

  get #tabs(): Tab[] {
    return this.#devices.flatMap(({ tabs }) => [...tabs]);
  }

  #deviceOf(person: string): Device {
    return this.#devices.find((device) => device.person === person)!;
  }

  #openTab(device: Device): void {
    const { schema, contextOf } = this.#options;
    const mutators = this.#onDevices;
    const tab: Tab = new Tab({
      ...{ name: `${device.name}.tab${++this.#opened}`, device, schema, mutators },
      ctx: () => contextOf(device.person),
      fetcherFor: (owner) =>
        this.#network.fetcherFor({
          ...{ tab: owner, person: device.person, isCut: () => device.isCut },
        }),
      onError: () => undefined,
    });
    device.tabs.add(tab);
    tab.client.start().catch(() => undefined);
  }
}
