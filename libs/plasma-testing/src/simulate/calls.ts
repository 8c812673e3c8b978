/** What became of the mutations that people made. */

import { decodeTagged } from "@sh1n4ps/plasma-core";
import type { PushRequest } from "@sh1n4ps/plasma-core";
import type Database from "better-sqlite3";

/** A mutation that the server has accepted. */
export interface AcceptedCall {
  readonly person: string;
  readonly name: string;
  readonly args: unknown;
}

/** By the mutators' names. */
export type Counts = Readonly<Record<string, number>>;

interface Outcome {
  readonly principal: string;
  readonly uid: string;
  readonly code: string | null;
}

export class Calls {
  readonly #sent = new Map<string, AcceptedCall>();
  readonly #accepted = new Map<string, AcceptedCall>();
  /** By the mutation, whose name it is: the server may decide one under two client ids. */
  readonly #works = new Map<string, string>();
  readonly #refused = new Map<string, string>();
  #refusedAtOnce = 0;
  #version = -1;

  /** In the order of their commits. */
  get accepted(): readonly AcceptedCall[] {
    return [...this.#accepted.values()];
  }

  counts(names: readonly string[]): { readonly accepted: Counts; readonly refused: Counts } {
    return { accepted: count(names, this.#works), refused: count(names, this.#refused) };
  }

  /** A request has arrived at the server. */
  arrived(person: string, path: string, body: string): void {
    if (path !== "push") return;
    for (const { uid, name, args } of (JSON.parse(body) as PushRequest).mutations) {
      this.#sent.set(keyOf(person, uid), { person, name, args: decodeTagged(args) });
    }
  }

  /** The device says that it is there to stay; the server is never asked about local-only tables. */
  confirmed(person: string, uid: string, name: string): void {
    this.#works.set(keyOf(person, uid), name);
  }

  /** Nothing of it was kept on the device. */
  refusedAtOnce(name: string): void {
    this.#refused.set(`at once ${this.#refusedAtOnce++}`, name);
  }

  /** Looks for commits; answers null if there is none, and else with the mutators that the server gave up on. */
  observe(database: Database.Database): readonly string[] | null {
    const { version } = database.prepare("SELECT version FROM _plasma_meta").get() as {
      version: number;
    };
    if (version === this.#version) return null;
    const outcomes = database
      .prepare(
        "SELECT principal, uid, code FROM _plasma_client_mutations WHERE version > ? ORDER BY version, mutation_id",
      )
      .all(this.#version) as Outcome[];
    this.#version = version;
    return outcomes.flatMap((outcome) => this.#decided(outcome) ?? []);
  }

  #decided({ principal, uid, code }: Outcome): string | undefined {
    const key = keyOf(principal, uid);
    const call = this.#sent.get(key);
    if (!call) return undefined;
    if (code === null) {
      this.#accepted.set(key, call);
      this.#works.set(key, call.name);
    } else {
      this.#refused.set(key, call.name);
    }
    return code === "quarantined" ? call.name : undefined;
  }
}

function keyOf(person: string, uid: string): string {
  return `${person} ${uid}`;
}

function count(names: readonly string[], calls: ReadonlyMap<string, string>): Counts {
  const counts = Object.fromEntries(names.map((name) => [name, 0]));
  for (const name of calls.values()) {
    if (Object.hasOwn(counts, name)) counts[name]! += 1;
  }
  return counts;
}
