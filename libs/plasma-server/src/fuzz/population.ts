/**
 * Who lives in the world of the fuzzer: people who share a little, and each keep something that the others must never
 * see. What is secret says `canary`; its ids may be known to anybody, and must help nobody.
 */

import type { Database } from "better-sqlite3";
import type { Chance } from "../contract/random.ts";
import { createWorld } from "../contract/world.ts";
import type { Client, World } from "../contract/world.ts";
import type { SocketIdentity } from "../options.ts";
import { runtimePlatform } from "../platform.ts";
import type { Platform } from "../platform.ts";
import { fromBetterSqlite3 } from "../sql/better-sqlite3.ts";

export const PEOPLE = ["ada", "bob", "eve"] as const;
export type Person = (typeof PEOPLE)[number];

/** How much faster than ours the server's timers run, so that nobody waits ten seconds for a body that stalls. */
const HASTE = 500;

export interface Population {
  readonly world: World;
  /** One for each person: it only ever asks what is right, and must always be served. */
  readonly honest: ReadonlyMap<Person, Client>;
  /** What somebody might know or guess. Grows. */
  readonly texts: string[];
  /** Sockets that were opened since the last look. */
  readonly connected: SocketIdentity[];
  /** Lets time go by. */
  tick(): void;
  close(): void;
}

export function canaryOf(person: Person): string {
  return `canary-${person}`;
}

/** Ids of rows that only this person may see. */
export function hiddenIds(person: Person): readonly string[] {
  return [`hidden-${person}-list`, `hidden-${person}-todo`, `hidden-${person}-note`];
}

/** The same rows, as `table/id`: in another table such an id is anybody's to take. */
export function hiddenKeys(person: Person): readonly string[] {
  const [list, todo, note] = hiddenIds(person);
  return [`lists/${list}`, `todos/${todo}`, `notes/${note}`];
}

export function ledgerOf(person: Person): string {
  return `ledger-${person}`;
}

/** What the world is made of. */
export interface Surroundings {
  /** An empty database in memory. */
  readonly openDatabase: () => Database;
  /** Answers at once: WebCrypto's threads would answer in an order that no seed repeats. */
  readonly crypto: Platform["crypto"];
}

export async function populate(random: Chance, surroundings: Surroundings): Promise<Population> {
  const database = surroundings.openDatabase();
  const connected: SocketIdentity[] = [];
  let now = 1_700_000_000_000;
  const world = createWorld(fromBetterSqlite3(database), {
    auth: (request) => {
      const userId = /^Bearer (\w+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
      if (!isPerson(userId)) return { ok: false, reason: "nobody" };
      const clientID = request.headers.get("x-plasma-client-id") ?? "";
      return { ok: true, clientGroupID: userId, clientID, ctx: { userId } };
    },
    allowedOrigins: ["https://app.example"],
    maxPayloadBytes: 64 * 1024,
    maxMutationsPerPush: 20,
    // Held mutations would end each client at its first crash.
    quarantine: { attempts: 1, afterMs: 0 },
    mutatorTimeoutMs: 5000 * HASTE,
    sockets: {
      connect: async (_request, identity) => {
        connected.push(identity);
        return Response.json({ connected: true });
      },
    },
    platform: seeded(random, { crypto: surroundings.crypto, now: () => now }),
  });
  const honest = new Map(
    PEOPLE.map((person) => [person, world.client(person, `honest-${person}`)] as const),
  );
  for (const [person, client] of honest) {
    const canary = canaryOf(person);
    const [list, todo, note] = hiddenIds(person);
    await client.mutate("createSharedList", { id: list, name: canary, userIds: [person] });
    await client.mutate("addTodo", { id: todo, listId: list, title: canary });
    await client.mutate("writeNote", { id: note, body: `${person}:${canary}` });
    const ledger = ledgerOf(person);
    await client.mutate("createSharedList", { id: ledger, name: "ledger", userIds: [person] });
  }
  const [ada] = honest.values();
  await ada!.mutate("createSharedList", { id: "shared", name: "shared", userIds: ["ada", "bob"] });
  return {
    world,
    honest,
    texts: [
      "shared",
      "ada",
      "bob",
      "eve",
      "nobody",
      "t0",
      "t1",
      "t2",
      ...PEOPLE.flatMap((person) => [`honest-${person}`, `tab-0-${person}`]),
    ],
    connected,
    tick: () => void (now += 50),
    close: () => void database.close(),
  };
}

export function isPerson(name: unknown): name is Person {
  return PEOPLE.some((person) => person === name);
}

function seeded(
  random: Chance,
  { crypto, now }: { readonly crypto: Platform["crypto"]; readonly now: () => number },
): Platform {
  const runtime = runtimePlatform();
  return {
    clock: { now },
    crypto,
    random: {
      fraction: () => random.below(1000) / 1000,
      bytes: (length) => Uint8Array.from({ length }, () => random.below(256)),
    },
    timers: {
      ...runtime.timers,
      set: (callback, delayMs) => runtime.timers.set(callback, delayMs / HASTE),
    },
  };
}
