/**
 * The real server over a real SQLite, in a process that can die at every statement, and a database that fails as hosted
 * ones do: before a commit, or after it without saying so.
 */

import {
  createSyncHandler,
  fromBetterSqlite3,
  fromD1,
  runMaintenance,
} from "@sh1n4ps/plasma-server";
import type {
  MaintenanceOptions,
  PushedEvent,
  SqlExecutor,
  Statement,
  SyncHandler,
  SyncHandlerOptions,
  SyncServerError,
} from "@sh1n4ps/plasma-server";
import type Database from "better-sqlite3";
import { readCookie } from "./cookie.ts";
import { d1Over } from "./d1-facade.ts";
import { hashes } from "./host.ts";
import { Random } from "./random.ts";
import { newOwner } from "./scheduler.ts";
import type { Owner, Scheduler, Task } from "./scheduler.ts";
import { withSqlFunctions } from "./sql-functions.ts";
import type { StateCounts } from "./states.ts";

export interface ServerOptions<Ctx> {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly states: StateCounts;
  readonly openDatabase: (content?: Buffer) => Database.Database;
  /** The server speaks to it as to Cloudflare's D1. */
  readonly isD1?: boolean;
  readonly handler: Pick<SyncHandlerOptions<Ctx>, "schema" | "mutators"> &
    Partial<SyncHandlerOptions<Ctx>>;
  readonly ctxOf: (person: string) => Ctx;
  readonly faults: () => DatabaseFaults;
  readonly onPushed: (event: PushedEvent<Ctx>) => void;
  readonly onError: (error: SyncServerError) => void;
}

/** How likely each of them is, for each statement. */
export interface DatabaseFaults {
  readonly failsBefore: number;
  readonly failsAfter: number;
}

export const SCHEMA_VERSION = "1";
/** Of every handler that has no other one. */
export const QUARANTINE = { attempts: 3, afterMs: 20_000 };
export const MAX_PAYLOAD_BYTES = 32 * 1024;
export const PERSON_HEADER = "x-person";

export interface Answer<Ctx> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Who asked, as the server saw them then; undefined if it did not get that far. */
  readonly ctx: Ctx | undefined;
}

/** What a job beside the server's requests works with. */
export type JobTools = Pick<MaintenanceOptions, "executor"> &
  Required<Pick<MaintenanceOptions, "platform">>;

export interface Job<T> {
  readonly name: string;
  readonly work: (tools: JobTools) => Promise<T>;
  /** Its first statement is part of the step that starts it. */
  readonly isAtOnce?: boolean;
}

/** What a database says that was made to fail. */
export class InjectedFailure extends Error {
  constructor() {
    super("D1_ERROR: Network connection lost.");
  }
}

interface Process {
  readonly owner: Owner;
  readonly handler: SyncHandler;
  /** Ends a request without an answer. */
  readonly inFlight: Set<() => void>;
}

export class SimServer<Ctx> {
  readonly #options: ServerOptions<Ctx>;
  /** What SQL draws. A database that was restored goes on with it, so that no version gets a nonce a second time. */
  readonly #sqlRandom = new Random(2);
  #database: Database.Database;
  /** Outlives processes, so that its prepared statements do. */
  #executor: SqlExecutor;
  #process: Process | undefined;
  #started = 0;
  readonly #jobs = new Set<Owner>();
  readonly #contexts = new WeakMap<Request, Ctx>();
  readonly #pagesInFlight: Record<PageKind, number> = { first: 0, later: 0 };
  readonly #amidPages: Record<PageKind, (() => void)[]> = { first: [], later: [] };
  /** Something may have been written since this was last set to false. */
  isWritten = true;

  constructor(options: ServerOptions<Ctx>) {
    this.#options = options;
    this.#database = this.#open();
    this.#executor = this.#connect();
    this.start();
  }

  get database(): Database.Database {
    return this.#database;
  }

  get isUp(): boolean {
    return this.#process !== undefined;
  }

  start(): void {
    if (this.#process) return;
    const owner = newOwner(`server-${++this.#started}`);
    this.#process = { owner, handler: this.#createHandler(owner), inFlight: new Set() };
  }

  /** The process dies: what it has committed stays, and nobody gets an answer. */
  crash(): void {
    const dying = this.#process;
    if (!dying) return;
    this.#process = undefined;
    dying.owner.isDead = true;
    if (dying.inFlight.size > 0)
      this.#options.states.reached("server crashed with requests in flight");
    for (const end of dying.inFlight) end();
  }

  backUp(): Buffer {
    return this.#database.serialize();
  }

  /** The database is that of a backup again; processes do not outlive it. */
  restore(backup: Buffer): void {
    this.#options.states.reached("database restored from a backup");
    this.crash();
    this.killJobs();
    this.#database.close();
    this.#database = this.#open(backup);
    this.#executor = this.#connect();
    this.isWritten = true;
    this.start();
  }

  /** Rejects if there is no answer. */
  async handle(url: string, init: RequestInit): Promise<Answer<Ctx>> {
    const process = this.#process;
    if (!process) throw new TypeError("The server does not answer.");
    const request = new Request(url, init);
    let end: () => void = () => undefined;
    const death = new Promise<never>((_, reject) => {
      end = () => reject(new TypeError("The connection broke."));
    });
    process.inFlight.add(end);
    const page = pageOf(url, String(init.body));
    if (page) this.#pagesInFlight[page]++;
    try {
      const response = await Promise.race([process.handler(request), death]);
      const body = await response.text();
      const headers = Object.fromEntries(response.headers);
      return { status: response.status, headers, body, ctx: this.#contexts.get(request) };
    } finally {
      process.inFlight.delete(end);
      if (page) this.#pagesInFlight[page]--;
    }
  }

  /** Calls it when such a page of a pull is being made: after one of its reads. */
  amidPage(page: PageKind, run: () => void): void {
    this.#amidPages[page].push(run);
  }

  close(): void {
    this.#process = undefined;
    this.#database.close();
  }

  /**
   * In a process of its own, between whose statements others come. It can die at each of them, and then it never ends; what
   * the database was made to say rejects as an `InjectedFailure`.
   */
  startJob<T>({ name, work, isAtOnce = false }: Job<T>): Promise<T> {
    const owner = newOwner(`${name}-${++this.#started}`);
    this.#jobs.add(owner);
    const executor = this.#fallible(owner, { isAtOnce, slownessMs: 40 });
    return work({ executor, platform: this.#platformOf(owner) }).finally(() =>
      this.#jobs.delete(owner),
    );
  }

  /** Answers whether there was one. */
  killJobs(): boolean {
    const isAny = this.#jobs.size > 0;
    for (const owner of this.#jobs) owner.isDead = true;
    this.#jobs.clear();
    return isAny;
  }

  /** Runs the upkeep as if it were that much later. */
  async runMaintenance(laterMs: number): Promise<void> {
    const platform = this.#platformOf(newOwner("upkeep"));
    const clock = { now: () => platform.clock.now() + laterMs };
    const job = { executor: this.#executor, platform: { ...platform, clock } };
    while ((await runMaintenance(job)).hasMore) continue;
  }

  #open(content?: Buffer): Database.Database {
    const { openDatabase, scheduler } = this.#options;
    const surroundings = { random: this.#sqlRandom, now: () => scheduler.now };
    return withSqlFunctions(openDatabase(content), surroundings);
  }

  #connect(): SqlExecutor {
    if (this.#options.isD1) return fromD1(d1Over(this.#database));
    return fromBetterSqlite3(this.#database, { synchronous: "NORMAL" });
  }

  #platformOf(owner: Owner): NonNullable<SyncHandlerOptions<Ctx>["platform"]> {
    const { scheduler, random } = this.#options;
    return {
      clock: { now: () => scheduler.now },
      random: { fraction: () => random.fraction(), bytes: (length) => random.bytes(length) },
      timers: {
        set: (callback, delayMs) => scheduler.at(owner, "timer", delayMs, callback),
        clear: (task) => scheduler.cancel(task as Task),
      },
      crypto: hashes,
    };
  }

  #createHandler(owner: Owner): SyncHandler {
    const { ctxOf, onError } = this.#options;
    return createSyncHandler<Ctx>({
      schemaVersion: SCHEMA_VERSION,
      executor: this.#fallible(owner),
      auth: (request) => {
        const person = request.headers.get(PERSON_HEADER) ?? "";
        const ctx = ctxOf(person);
        this.#contexts.set(request, ctx);
        const clientID = request.headers.get("x-plasma-client-id") ?? "";
        return { ok: true, clientGroupID: person, clientID, ctx };
      },
      quarantine: QUARANTINE,
      maxPayloadBytes: MAX_PAYLOAD_BYTES,
      onPushed: this.#options.onPushed,
      onError,
      platform: this.#platformOf(owner),
      ...this.#options.handler,
    });
  }

  #fallible(owner: Owner, { isAtOnce = false, slownessMs = 0 } = {}): SqlExecutor {
    const real = this.#executor;
    let isWithinStep = isAtOnce;
    const { scheduler, random } = this.#options;
    const around = async <T>(
      statements: readonly Statement[],
      run: () => Promise<T>,
    ): Promise<T> => {
      const isWrite = !statements.every(({ text }) => /^\s*(SELECT|WITH)\b/i.test(text));
      const delayMs = slownessMs > 0 ? random.below(slownessMs) : 0;
      if (!isWithinStep) await scheduler.pause(owner, isWrite ? "write" : "read", delayMs);
      isWithinStep = false;
      this.#failBefore();
      this.isWritten ||= isWrite;
      try {
        const result = await run();
        if (!isWrite) this.#runAmidPages();
        if (isWrite) {
          if (this.#options.isD1) this.#options.states.reached("server on D1 has written");
          await scheduler.pause(owner, "written");
          this.#failAfter();
        }
        return result;
      } catch (error) {
        if (String(error).includes("_plasma_versions.version")) {
          this.#options.states.reached("guard aborted a commit");
        }
        throw error;
      }
    };
    return {
      dialect: real.dialect,
      all: (statement) => around([statement], () => real.all(statement)),
      run: (statement) => around([statement], () => real.run(statement)),
      batch: (statements) => around(statements, () => real.batch(statements)),
    };
  }

  #runAmidPages(): void {
    for (const page of ["first", "later"] as const) {
      if (this.#pagesInFlight[page] > 0) this.#amidPages[page].shift()?.();
    }
  }

  #failBefore(): void {
    if (!this.#options.random.chance(this.#options.faults().failsBefore)) return;
    this.#options.states.reached("database failed before it did anything");
    throw new InjectedFailure();
  }

  #failAfter(): void {
    if (!this.#options.random.chance(this.#options.faults().failsAfter)) return;
    this.#options.states.reached("database failed after it had written");
    throw new InjectedFailure();
  }
}

type PageKind = "first" | "later";

/** Undefined if this is no pull. */
function pageOf(url: string, request: string): PageKind | undefined {
  if (!url.endsWith("/pull")) return undefined;
  try {
    const { cookie } = JSON.parse(request) as { cookie?: string | null };
    return typeof cookie === "string" && readCookie(cookie).page !== undefined ? "later" : "first";
  } catch {
    // A damaged one.
    return undefined;
  }
}
