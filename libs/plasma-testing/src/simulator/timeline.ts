/**
 * What happened on the server, in the order of its commits, beside what the reference model makes of it. A database that
 * was restored from a backup has another past: so a state is named by its version *and* that version's nonce.
 */

import { DISCARDED_CODE } from "@sh1n4ps/plasma-core";
import type Database from "better-sqlite3";
import { differenceOf } from "./reference.ts";
import type { ModelCall, ModelResult, ModelRow, ModelState, ReferenceModel } from "./reference.ts";

export interface Decision {
  readonly principal: string;
  readonly clientID: string;
  readonly id: number;
  readonly uid: string;
  /** Null: it worked. */
  readonly code: string | null;
  readonly version: number;
  readonly name: string;
  readonly args: unknown;
  /** The rows before and after it. */
  readonly before: ModelState;
  readonly after: ModelState;
  /** Taken over from another client id: nothing ran. */
  readonly isMoved: boolean;
}

export interface TimelineOptions<Ctx> {
  readonly model: ReferenceModel<Ctx>;
  /** What pushes have said of a mutation. */
  readonly callOf: (uid: string) => SentCall<Ctx> | undefined;
  readonly fail: (what: string) => void;
}

export interface SentCall<Ctx> {
  readonly name: string;
  readonly args: unknown;
  /** It was discarded on the device, before or after it was sent as itself. */
  readonly isDiscarded: boolean;
  /** Whom the server took the sender for, the last time first. */
  readonly contexts: readonly Ctx[];
}

export interface Moment {
  readonly state: ModelState;
  readonly decided: ReadonlyMap<string, Decision>;
  readonly version: number;
  readonly nonce: string;
}

interface OutcomeRow {
  readonly client_id: string;
  readonly mutation_id: number;
  readonly principal: string;
  readonly uid: string | null;
  readonly code: string | null;
  readonly version: number;
}

export class Timeline<Ctx> {
  readonly #options: TimelineOptions<Ctx>;
  readonly #states = new Map<string, ModelState>();
  /** Of the versions of the present past. */
  readonly #nonces = new Map<number, string>();
  #moment: Moment;
  /** By person and uid: what stands, as of now. */
  #decided = new Map<string, Decision>();
  #foreign: { readonly version: number; readonly apply: (state: ModelState) => ModelState }[] = [];
  #statements: Statements | undefined;

  constructor(options: TimelineOptions<Ctx>) {
    this.#options = options;
    this.#moment = { state: options.model.initial, decided: new Map(), version: 0, nonce: "" };
  }

  get state(): ModelState {
    return this.#moment.state;
  }

  get version(): number {
    return this.#moment.version;
  }

  get decided(): ReadonlyMap<string, Decision> {
    return this.#decided;
  }

  decisionOf(principal: string, uid: string): Decision | undefined {
    return this.#decided.get(`${principal} ${uid}`);
  }

  /** As of a version of this or an abandoned past. */
  stateAt(version: number, nonce: string): ModelState | undefined {
    return this.#states.get(`${version} ${nonce}`);
  }

  /** Whether this version belongs to what the database is now, and not to a past that was undone. */
  isPresent(version: number, nonce: string): boolean {
    return this.#nonces.get(version) === nonce;
  }

  /** Other SQL has just written, and taken this version. */
  wroteOtherwise(version: number, apply: (state: ModelState) => ModelState): void {
    this.#foreign.push({ version, apply });
  }

  /** To be called with another database, and with what `moment` gave when its backup was made. */
  restored(moment: Moment): void {
    this.#moment = moment;
    this.#decided = new Map(moment.decided);
    for (const version of this.#nonces.keys()) {
      if (version > moment.version) this.#nonces.delete(version);
    }
    this.#statements = undefined;
  }

  moment(): Moment {
    return { ...this.#moment, decided: new Map(this.#decided) };
  }

  /** Looks for new commits. Answers with what they decided. */
  async observe(database: Database.Database): Promise<readonly Decision[]> {
    this.#statements ??= statementsOf(database, Object.keys(this.#moment.state));
    if (!this.#statements) return [];
    const { version } = this.#statements.meta.get() as { version: number };
    if (version === this.#moment.version && this.#moment.nonce !== "") return [];
    const rows = this.#statements.outcomes.all(this.#moment.version) as OutcomeRow[];
    const nonces = this.#statements.nonces.all(this.#moment.version) as {
      version: number;
      nonce: string;
    }[];
    const decisions: Decision[] = [];
    for (const { version: at, nonce } of nonces) {
      let { state } = this.#moment;
      for (const foreign of this.#foreign) {
        if (foreign.version === at) state = foreign.apply(state);
      }
      this.#foreign = this.#foreign.filter((foreign) => foreign.version > at);
      for (const row of rows.filter((candidate) => candidate.version === at)) {
        const { decision, state: next } = await this.#decide(row, state);
        state = next;
        if (decision) decisions.push(decision);
      }
      this.#moment = { state, decided: this.#decided, version: at, nonce };
      this.#states.set(`${at} ${nonce}`, state);
      this.#nonces.set(at, nonce);
    }
    this.compare();
    return decisions;
  }

  /** The rows of the database with those of the model. In the end once more, because not every write takes a version. */
  compare(): void {
    if (!this.#statements) return;
    const { state, version } = this.#moment;
    const difference = differenceOf(this.#statements.rows(), state);
    if (difference) this.#options.fail(`C1: after version ${version}: ${difference}`);
  }

  async #decide(
    row: OutcomeRow,
    state: ModelState,
  ): Promise<{ readonly decision: Decision | null; readonly state: ModelState }> {
    const { model, callOf, fail } = this.#options;
    const { uid, principal, code } = row;
    const call = uid === null ? undefined : callOf(uid);
    if (uid === null || !call) {
      fail(`C1: version ${row.version} decided a mutation that nobody sent`);
      return { decision: null, state };
    }
    const key = `${principal} ${uid}`;
    const earlier = this.#decided.get(key);
    const { name, args } = call;
    const said = {
      ...{ principal, uid, code, name, args, clientID: row.client_id, id: row.mutation_id },
      ...{ version: row.version, before: state },
    };
    const decide = (after: ModelState, isMoved = false) => {
      const decision: Decision = { ...said, after, isMoved };
      this.#decided.set(key, decision);
      return { decision, state: after };
    };
    if (earlier) {
      if (earlier.code !== code) {
        fail(`C2: ${name} ${uid} was decided as ${earlier.code}, then as ${code}`);
      }
      return decide(state, true);
    }
    if (code === DISCARDED_CODE) {
      if (!call.isDiscarded) fail(`C1: ${name} ${uid} was discarded, and nobody asked for it`);
      return decide(state);
    }
    let first: ModelResult | undefined;
    for (const ctx of call.contexts) {
      const asked: ModelCall<Ctx> = { name, args, ctx };
      const expected = await model.execute(state, asked);
      if (expected.code === code) return decide(expected.state);
      if (model.mayEndAs(asked, code)) return decide(state);
      first ??= expected;
    }
    fail(
      `C1: version ${row.version}: ${name} ${JSON.stringify(args)} of ${principal} ended as ${code ?? "ok"} and should have ended as ${first?.code ?? "ok"}`,
    );
    return decide(first?.state ?? state);
  }
}

interface Statements {
  readonly meta: Database.Statement;
  readonly outcomes: Database.Statement;
  readonly nonces: Database.Statement;
  rows(): Record<string, Map<string, ModelRow>>;
}

/** Undefined while the server has not made its tables. */
function statementsOf(
  database: Database.Database,
  tables: readonly string[],
): Statements | undefined {
  const isThere = database
    .prepare("SELECT 1 FROM sqlite_master WHERE name = '_plasma_client_mutations'")
    .get();
  if (!isThere || !database.prepare("SELECT 1 FROM _plasma_meta").get()) return undefined;
  const selects = tables.map(
    (table) => [table, database.prepare(`SELECT * FROM "${table}"`)] as const,
  );
  return {
    meta: database.prepare("SELECT version FROM _plasma_meta"),
    outcomes: database.prepare(
      "SELECT client_id, mutation_id, principal, uid, code, version FROM _plasma_client_mutations WHERE version > ? ORDER BY version, mutation_id",
    ),
    nonces: database.prepare(
      "SELECT version, nonce FROM _plasma_versions WHERE version > ? ORDER BY version",
    ),
    rows: () =>
      Object.fromEntries(
        selects.map(([table, select]) => [
          table,
          new Map(
            (select.all() as ModelRow[]).map((row) => [row["id"] as string, plain(table, row)]),
          ),
        ]),
      ),
  };
}

/** SQLite has no booleans. */
function plain(table: string, row: ModelRow): ModelRow {
  return table === "shifts" ? { ...row, onCall: row["onCall"] === 1 } : row;
}
