/** Clients that never stop writing, and a server that is killed while it answers them. */

import { createMemoryEngine, createPlasmaClient } from "@sh1n4ps/plasma-client";
import type { MutationHandle, PlasmaClient } from "@sh1n4ps/plasma-client";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import { mutators, schema } from "./app.fixture.ts";

const ROOT = join(import.meta.dirname, "../../../..");

export interface KillReport {
  readonly kills: number;
  /** Kills while a push was waiting for its answer. */
  readonly midPush: number;
  /** The tokens of all mutations, by person. */
  readonly made: ReadonlyMap<string, readonly string[]>;
  /** What the clients were told was refused. */
  readonly refused: readonly string[];
  /** What each client shows in the end. */
  readonly shown: readonly { readonly tokens: number; readonly counts: Record<string, number> }[];
}

export async function killLoop(options: {
  readonly database: string;
  readonly kills: number;
}): Promise<KillReport> {
  const directory = mkdtempSync(join(ensured(join(ROOT, "node_modules/.cache")), "kills-"));
  const script = join(directory, "server.mjs");
  writeFileSync(script, await bundled());
  const port = await freePort();
  const start = () =>
    startServer(script, { PLASMA_DATABASE: options.database, PLASMA_PORT: `${port}` });
  let server = await start();
  const world = new World(`http://localhost:${port}/sync`);
  try {
    let midPush = 0;
    for (let kill = 0; kill < options.kills; kill++) {
      await pause(40 + Math.random() * 160);
      if (await world.isPushing()) midPush++;
      server.kill("SIGKILL");
      await once(server, "exit");
      server = await start();
    }
    await world.settle();
    return { kills: options.kills, midPush, ...(await world.report()) };
  } finally {
    await world.end();
    server.kill("SIGKILL");
    rmSync(directory, { recursive: true });
  }
}

type Client = PlasmaClient<typeof schema, typeof mutators>;

const PEOPLE = ["ada", "ada", "bob", "carl"];

class World {
  readonly #made = new Map<string, string[]>();
  readonly #handles: MutationHandle[] = [];
  readonly #refused: string[] = [];
  readonly #clients: readonly { readonly userId: string; readonly client: Client }[];
  readonly #writing: Promise<void>[];
  #isOver = false;
  #pushing = 0;

  constructor(endpoint: string) {
    this.#clients = PEOPLE.map((userId, at) => ({
      userId,
      client: createPlasmaClient({
        schema,
        mutators,
        dbName: `${userId}-${at}`,
        endpoint,
        schemaVersion: "1",
        clientGroupID: userId,
        getContext: () => ({ userId }),
        authHeaders: () => ({ "x-user": userId }),
        fetcher: (url, init) => this.#fetch(String(url), init),
        engine: createMemoryEngine(),
        logLevel: "silent",
      }),
    }));
    this.#writing = this.#clients.map(({ userId, client }, at) => this.#write(userId, client, at));
  }

  async #fetch(url: string, init?: RequestInit): Promise<Response> {
    if (!url.endsWith("/push")) return fetch(url, init);
    this.#pushing++;
    try {
      return await fetch(url, init);
    } finally {
      this.#pushing--;
    }
  }

  async #write(userId: string, client: Client, at: number): Promise<void> {
    await client.start();
    const own = this.#made.get(userId) ?? [];
    this.#made.set(userId, own);
    for (let count = 0; !this.#isOver; count++) {
      const token = `${userId}-${at}-${count}`;
      const handle = client.mutate("append", { token });
      handle.confirmed.catch((error: unknown) => this.#refused.push(`${token}: ${String(error)}`));
      own.push(token);
      this.#handles.push(handle);
      await handle;
      // A client waits longer after each failure; here it comes back at once, so that more happens between two kills.
      if (count % 5 === 0) void client.pushOnce().catch(() => undefined);
      await pause(Math.random() * 20);
    }
  }

  /** Waits a moment for a push to be under way. */
  async isPushing(): Promise<boolean> {
    for (let wait = 0; wait < 100 && this.#pushing === 0; wait++) await pause(2);
    return this.#pushing > 0;
  }

  async settle(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#writing);
    for (const { client } of this.#clients) {
      while (client.status.pending > 0) await client.flush().catch(() => pause(50));
    }
    await Promise.allSettled(this.#handles.map(({ confirmed }) => confirmed));
    for (const { client } of this.#clients) await client.pullOnce();
  }

  async report(): Promise<Pick<KillReport, "made" | "refused" | "shown">> {
    const shown = [];
    for (const { client } of this.#clients) {
      const counts = await client.db.query.counters.findMany();
      shown.push({
        tokens: (await client.db.query.tokens.findMany()).length,
        counts: Object.fromEntries(counts.map((row) => [row.id, row.count])),
      });
    }
    return { made: this.#made, refused: this.#refused, shown };
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients.map(({ client }) => client.dispose()));
  }
}

async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "server.fixture.ts")],
    write: false,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["better-sqlite3", "pg"],
    logLevel: "error",
  });
  return outputFiles[0]!.text;
}

async function startServer(
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const server = spawn(process.execPath, [script], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(server, "exit").then(() => {
    throw new Error("The server ended before it was ready.");
  });
  await Promise.race([once(server.stdout!, "data"), ended]);
  ended.catch(() => undefined);
  return server;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0);
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  return typeof address === "object" && address ? address.port : 0;
}

function ensured(directory: string): string {
  mkdirSync(directory, { recursive: true });
  return directory;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
