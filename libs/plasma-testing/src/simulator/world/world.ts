/** Everything together: people with devices and tabs, a network, a server, and whoever watches. */

import { decodeTagged, NOOP_MUTATOR } from "@sh1n4ps/plasma-core";
import type { AnyMutators, LiveQuery, PushRequest, ReadDb, Schema } from "@sh1n4ps/plasma-core";
import type { SyncHandlerOptions } from "@sh1n4ps/plasma-server";
import type Database from "better-sqlite3";
import type { ReferenceModel } from "../reference.ts";
import { Timeline } from "../timeline.ts";
import type { Moment, SentCall } from "../timeline.ts";
import type { Arrivals, Checker, Emission, MakeChecker, WorldView } from "./checker.ts";
import { readCookie } from "./cookie.ts";
import { Device, pokeTabs, Tab } from "./device.ts";
import type { Overheard } from "./attacker.ts";
import type { Disk, PullCommit } from "./disk.ts";
import { History } from "./history.ts";
import type { Op } from "./history.ts";
import { Network } from "./network.ts";
import type { Exchange, Line, NetworkFaults } from "./network.ts";
import type { Random } from "./random.ts";
import { Scheduler } from "./scheduler.ts";
import type { Owner } from "./scheduler.ts";
import { QUARANTINE, SimServer } from "./server.ts";
import type { DatabaseFaults } from "./server.ts";
import { StateCounts } from "./states.ts";

export interface Faults extends NetworkFaults, DatabaseFaults {
  readonly pokeLoss: number;
  readonly fullness: number;
}

export const NO_FAULTS: Faults = {
  ...{ drop: 0, loseAnswer: 0, duplicate: 0, replay: 0, hang: 0, intercept: 0 },
  ...{ maxDelayMs: 50, failsBefore: 0, failsAfter: 0, pokeLoss: 0, fullness: 0 },
};

export interface WorldOptions<Ctx> {
  readonly random: Random;
  readonly schema: Schema;
  readonly mutators: AnyMutators;
  readonly model: ReferenceModel<Ctx>;
  readonly ctxOf: (person: string) => Ctx;
  /** What tabs keep on their screens, besides all rows of each table. */
  readonly queries: (db: ReadDb) => Readonly<Record<string, WatchedQuery>>;
  readonly checkers: readonly MakeChecker<Ctx>[];
  readonly openDatabase: (content?: Buffer) => Database.Database;
  /** The server speaks to its database as to Cloudflare's D1. */
  readonly isD1?: boolean;
  /** Other options of the server than the usual ones. */
  readonly handler?: Partial<SyncHandlerOptions<Ctx>>;
}

/** A select, as far as a screen needs it. */
export interface WatchedQuery extends PromiseLike<readonly unknown[]> {
  live(): LiveQuery<unknown>;
}

export interface Backup {
  readonly content: Buffer;
  readonly moment: Moment;
}

/** How many of the last requests an attacker may have overheard. */
const MAX_OVERHEARD = 40;

interface Sent<Ctx> {
  name: string;
  args: unknown;
  isDiscarded: boolean;
  readonly contexts: Ctx[];
  readonly arrivals: Arrivals;
}

export class World<Ctx> implements WorldView<Ctx> {
  readonly #options: WorldOptions<Ctx>;
  readonly scheduler: Scheduler;
  readonly states = new StateCounts();
  readonly history = new History();
  readonly devices: Device[] = [];
  /** What has arrived at the server, the last of it. */
  readonly overheard: Overheard[] = [];
  readonly timeline: Timeline<Ctx>;
  readonly server: SimServer<Ctx>;
  readonly network: Network<Ctx>;
  readonly checkers: readonly Checker<Ctx>[];
  readonly model: ReferenceModel<Ctx>;
  faults: Faults = NO_FAULTS;
  violation: string | null = null;
  readonly #sent = new Map<string, Sent<Ctx>>();
  readonly #uids = new Map<string, string>();
  readonly #undone = new Set<string>();
  readonly #cookies = new Map<string, Ctx>();
  #tabs = 0;

  constructor(options: WorldOptions<Ctx>) {
    const { random, schema, mutators, model, ctxOf } = options;
    this.#options = options;
    this.model = model;
    this.scheduler = new Scheduler(random);
    this.timeline = new Timeline({
      model,
      callOf: (uid) => this.#callOf(uid),
      fail: (what) => this.fail(what),
    });
    const { scheduler, states } = this;
    this.server = new SimServer<Ctx>({
      ...{ scheduler, random, states, ctxOf },
      openDatabase: options.openDatabase,
      isD1: options.isD1 ?? false,
      handler: { schema, mutators: this.#noting(mutators), ...options.handler },
      faults: () => this.faults,
      onPushed: () => pokeTabs(this.tabs, random, this.faults),
      onError: (error) => this.#each((checker) => checker.serverError?.(error)),
    });
    this.network = new Network<Ctx>({
      ...{ scheduler, random, states, server: this.server },
      faults: () => this.faults,
      onRequest: (line, path, body) => this.#arrived(line, path, body),
      onAnswer: (exchange) => this.answered(exchange),
    });
    this.checkers = options.checkers.map((make) => make(this));
  }

  ctxOf(person: string): Ctx {
    return this.#options.ctxOf(person);
  }

  ctxOfCookie(cookie: string): Ctx | undefined {
    return this.#cookies.get(cookie);
  }

  deviceOf(disk: Disk): Device {
    return this.devices.find((device) => device.disk === disk)!;
  }

  wasCleared({ device, cleared }: Op): boolean {
    return (this.devices.find(({ name }) => name === device)?.disk.cleared ?? 0) > cleared;
  }

  wasUndone({ person, uid }: Op): boolean {
    return uid !== null && this.#undone.has(`${person} ${uid}`);
  }

  arrivalsOf(uid: string): Arrivals | undefined {
    return this.#sent.get(uid)?.arrivals;
  }

  get quarantine(): typeof QUARANTINE {
    return { ...QUARANTINE, ...this.#options.handler?.quarantine };
  }

  /** The database is as it was then. */
  restore({ content, moment }: Backup): void {
    const before = [...this.timeline.decided];
    this.server.restore(content);
    this.timeline.restored(moment);
    const undone = before.filter(([key]) => !this.timeline.decided.has(key));
    for (const [key] of undone) this.#undone.add(key);
    const decisions = undone.map(([, decision]) => decision);
    this.#each((checker) => checker.restored?.(decisions));
  }

  /** What still waits on a device once it holds rows of the restored state will be applied again. */
  async #redeem(disk: Disk, { cookie }: PullCommit): Promise<void> {
    const { version, nonce } = readCookie(cookie);
    if (version === null || !this.timeline.isPresent(version, nonce)) return;
    for (const { uid } of (await disk.peek()).outbox) {
      const op = this.history.byUid.get(uid);
      if (op?.device === disk.name) this.#undone.delete(`${op.person} ${uid}`);
    }
  }

  backUp(): Backup {
    return { content: this.server.backUp(), moment: this.timeline.moment() };
  }

  fail(what: string): void {
    this.violation ??= what;
  }

  get tabs(): Tab[] {
    return this.devices.flatMap((device) => [...device.tabs]);
  }

  addDevice(person: string, pageSize: number): Device {
    const { random } = this.#options;
    const device = new Device({
      ...{ name: `${person}-${this.devices.length}`, person, random, pageSize },
      slownessMs: random.pick([0, 3, 40]),
      latencyMs: random.pick([5, 5, 60, 800]),
      scheduler: this.scheduler,
      fullness: () => this.faults.fullness,
      watch: {
        changed: async (disk, what) => {
          const state = await disk.peek();
          this.#each((checker) => checker.stored?.(disk, state, what));
        },
        pulled: async (disk, commit, outcome) => {
          if (outcome.kind === "applied") await this.#redeem(disk, commit);
          for (const checker of this.checkers) await checker.pulled?.(disk, commit, outcome);
        },
        full: () => this.states.reached("storage full"),
        untold: () =>
          this.states.reached("storage connection lost after a transaction had happened"),
        stolen: () => this.states.reached("leadership taken over"),
      },
    });
    this.devices.push(device);
    return device;
  }

  openTab(device: Device): Tab {
    const { schema, mutators } = this.#options;
    const tab: Tab = new Tab({
      ...{ name: `${device.name}.tab${++this.#tabs}`, device, schema, mutators },
      ctx: () => this.ctxOf(device.person),
      fetcherFor: (owner) => this.network.fetcherFor(this.#lineOf(owner, device)),
      onError: (error) => this.#each((checker) => checker.clientError?.(tab, error)),
    });
    device.tabs.add(tab);
    this.#watchRows(tab);
    tab.client.start().catch(() => undefined);
    return tab;
  }

  /** A person does something, and is told what becomes of it. */
  mutate(tab: Tab, name: string, args: Op["args"] & { readonly token: string }): void {
    const op = this.newOp(tab, name, args);
    this.scheduler.note(`${tab.name} ${name} ${JSON.stringify(args).slice(0, 200)}`);
    this.follow(op, tab.client.mutate(name, args as never));
  }

  newOp(tab: Tab, name: string, args: Op["args"] & { readonly token: string }): Op {
    const { device } = tab;
    const op: Op = {
      ...{ token: args.token, name, args, person: device.person, device: device.name },
      ...{ tab: tab.name, cleared: device.disk.cleared, status: "made", receipt: null },
      ...{ uid: null, code: null, isDiscarded: false, isDismissed: false },
    };
    this.history.add(op);
    return op;
  }

  follow(op: Op, handle: ReturnType<Tab["client"]["mutate"]>): void {
    const told = (status: Op["status"], code: string | null = null) => {
      op.status = status;
      op.code = code;
      this.#each((checker) => checker.told?.(op));
    };
    let isKept = false;
    handle.then(
      ({ clientID, id, uid }) => {
        isKept = true;
        op.receipt = { clientID, id, uid };
        op.uid = uid;
        this.history.byUid.set(uid, op);
        if (op.status === "made") told("durable");
      },
      (error: unknown) => told("failed", codeOf(error)),
    );
    handle.confirmed.then(
      () => told("confirmed"),
      (error: unknown) => isKept && told("refused", codeOf(error)),
    );
  }

  /** A person gives it up, and is told what became of it. */
  discard(op: Op, asked: ReturnType<Tab["client"]["discardMutation"]>): void {
    op.isDiscarded = true;
    asked.then(
      (outcome) => {
        op.isDiscarded = outcome === "discarded";
        this.#each((checker) => checker.toldOfDiscard?.(op, outcome));
      },
      (error: unknown) => {
        // Of a tab that closes nobody knows what it still did.
        if (codeOf(error) !== "disposed") op.isDiscarded = false;
      },
    );
  }

  async step(until?: number): Promise<boolean> {
    const stepped = await this.scheduler.step(until);
    if (this.server.isWritten) await this.#observe();
    for (const checker of this.checkers) await checker.stepped?.();
    return stepped;
  }

  async #observe(): Promise<void> {
    this.server.isWritten = false;
    for (const decision of await this.timeline.observe(this.server.database)) {
      this.scheduler.note(`${decision.version} ${decision.uid} ${decision.code ?? "ok"}`);
      this.#each((checker) => checker.decided?.(decision));
    }
  }

  async rested(): Promise<void> {
    this.timeline.compare();
    for (const checker of this.checkers) await checker.rested?.();
  }

  close(): void {
    for (const tab of this.tabs) tab.kill();
    this.server.close();
  }

  #each(tell: (checker: Checker<Ctx>) => void): void {
    for (const checker of this.checkers) tell(checker);
  }

  #lineOf(tab: Owner, device: Device): Line {
    return { tab, person: device.person, isCut: () => device.isCut };
  }

  #watchRows(tab: Tab): void {
    const { schema, queries } = this.#options;
    const { db } = tab.client;
    const tables = Object.entries(schema.tables).map(
      ([name, table]) => [name, db.select().from(table)] as const,
    );
    for (const [query, asked] of [...tables, ...Object.entries(queries(db))]) {
      const live = asked.live();
      live.subscribe((rows) => {
        const emission: Emission = {
          ...{ tab, query, rows: rows as Emission["rows"] },
          askAnew: async () => (await asked) as Emission["rows"],
        };
        this.#each((checker) => checker.emitted?.(emission));
      });
    }
  }

  #arrived(line: Line, path: string, body: string): void {
    this.overheard.push({ path, body, person: line.person });
    if (this.overheard.length > MAX_OVERHEARD) this.overheard.shift();
    if (path !== "push") return;
    const ctx = this.ctxOf(line.person);
    const { clientID, mutations } = JSON.parse(body) as PushRequest;
    for (const { id, uid, name, args } of mutations) {
      this.#uids.set(`${clientID} ${id}`, uid);
      let sent = this.#sent.get(uid);
      if (!sent) {
        const arrivals = { firstAt: this.scheduler.now, times: 0 };
        sent = { name, args: null, isDiscarded: false, contexts: [], arrivals };
        this.#sent.set(uid, sent);
      }
      sent.contexts.push(ctx);
      sent.arrivals.times++;
      if (name === NOOP_MUTATOR) sent.isDiscarded = true;
      else Object.assign(sent, { name, args: decodeTagged(args) });
    }
  }

  /** The same mutators, for the server: they note as whom they ran last, because people change. */
  #noting(mutators: AnyMutators): AnyMutators {
    const noting = (mutator: AnyMutators[string]): AnyMutators[string] => ({
      ...mutator,
      run: (input) => {
        const uid = this.#uids.get(`${input.clientID} ${input.mutationID}`);
        if (uid !== undefined) this.#sent.get(uid)?.contexts.unshift(input.ctx as Ctx);
        return mutator.run(input);
      },
    });
    return Object.fromEntries(
      Object.entries(mutators).map(([name, mutator]) => [name, noting(mutator)]),
    );
  }

  #callOf(uid: string): SentCall<Ctx> | undefined {
    return this.#sent.get(uid);
  }

  /** The server has answered somebody. */
  answered(exchange: Exchange<Ctx>): void {
    const { path, answer } = exchange;
    this.scheduler.hashIn(`${answer.status} ${answer.body}`);
    if (path === "pull" && answer.status === 200 && answer.ctx !== undefined) {
      const { cookie } = JSON.parse(answer.body) as { cookie: string };
      if (readCookie(cookie).page === undefined) this.#cookies.set(cookie, answer.ctx);
    }
    this.#each((checker) => checker.answered?.(exchange));
  }
}

function codeOf(error: unknown): string {
  const { code, details } = error as { code?: string; details?: { code?: string } };
  return details?.code ?? code ?? String(error);
}
