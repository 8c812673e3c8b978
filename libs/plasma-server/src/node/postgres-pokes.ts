/**
 * Pokes between the processes that serve one Postgres, by LISTEN and NOTIFY.
 *
 * 1. After a push a process pokes the rooms in its own sockets, and tells the others which rooms those were.
 * 2. Rows changed by other SQL have no push. Their triggers notify as well (`schema/postgres-triggers.ts`), and because
 *    nobody knows whom they concern, everyone is poked.
 * 3. A notification can be missed while the connection is gone: it is opened again, and then everyone is poked.
 */

import { toHex } from "../bytes.ts";
import { runtimePlatform } from "../platform.ts";
import type { Platform } from "../platform.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { bind, sql } from "../sql/fragment.ts";

/** What is used of a `pg` `Client`; the package itself is the app's. */
export interface PgListenerLike {
  connect(): Promise<unknown>;
  query(text: string): Promise<{ readonly rows: readonly unknown[] }>;
  on(event: "notification", listener: (message: PgNotification) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  end(): Promise<unknown>;
}

export interface PgNotification {
  readonly channel: string;
  readonly payload?: string | undefined;
}

export interface PostgresPokesOptions {
  /** A new client, not connected: `() => new pg.Client(url)`. */
  readonly client: () => PgListenerLike;
  readonly executor: SqlExecutor;
  /** Default: that of the runtime. */
  readonly platform?: Platform;
  /** These rooms, or null for all. */
  readonly onPoke: (rooms: readonly string[] | null) => void;
  readonly onError: (error: unknown) => void;
}

export interface PostgresPokes {
  /** Tells the other processes. */
  tell(rooms: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

const ROOMS_CHANNEL = "plasma_poked";
/** Named in the triggers, too. */
const CHANGES_CHANNEL = "plasma_changed";
/** Postgres takes payloads of up to 8,000 bytes. */
const MAX_PAYLOAD = 7000;
const RETRY_MS = 2000;

/** Resolves when it listens. Throws if the first connection fails. */
export async function listenForPokes(options: PostgresPokesOptions): Promise<PostgresPokes> {
  const { executor, platform = runtimePlatform(), onPoke, onError } = options;
  const self = toHex(platform.random.bytes(16));
  let isClosed = false;
  let client: PgListenerLike | null = null;
  let schema = "";

  const hear = ({ channel, payload = "" }: PgNotification) => {
    if (channel === CHANGES_CHANNEL && payload === schema) onPoke(null);
    if (channel !== ROOMS_CHANNEL) return;
    const poke = readPoke(payload);
    if (poke && poke.schema === schema && poke.from !== self) onPoke(poke.rooms);
  };
  const open = async () => {
    const opened = options.client();
    opened.on("notification", hear);
    opened.on("error", onError);
    opened.on("end", () => {
      if (client === opened) client = null;
      if (!isClosed) platform.timers.set(() => void reopen(), RETRY_MS);
    });
    await opened.connect();
    const { rows } = await opened.query("SELECT current_schema() AS name");
    schema = String((rows[0] as { readonly name: unknown }).name);
    await opened.query(`LISTEN ${ROOMS_CHANNEL}`);
    await opened.query(`LISTEN ${CHANGES_CHANNEL}`);
    client = opened;
  };
  const reopen = async () => {
    if (isClosed || client) return;
    try {
      await open();
      onPoke(null);
    } catch (error) {
      onError(error);
      platform.timers.set(() => void reopen(), RETRY_MS);
    }
  };

  await open();
  return {
    async tell(rooms) {
      for (const some of fitting(rooms)) {
        const payload = JSON.stringify({ from: self, schema, rooms: some } satisfies Poke);
        await executor.all(sql`SELECT pg_notify(${bind(ROOMS_CHANNEL)}, ${bind(payload)})`);
      }
    },
    async close() {
      isClosed = true;
      await client?.end();
    },
  };
}

interface Poke {
  readonly from: string;
  readonly schema: string;
  readonly rooms: readonly string[];
}

/** Whoever may write to the database may notify, too. */
function readPoke(payload: string): Poke | null {
  try {
    const poke = JSON.parse(payload) as Partial<Poke> | null;
    const { from, schema, rooms } = poke ?? {};
    if (typeof from !== "string" || typeof schema !== "string" || !Array.isArray(rooms))
      return null;
    return { from, schema, rooms: rooms.filter((room) => typeof room === "string") };
  } catch {
    return null;
  }
}

function fitting(rooms: readonly string[]): string[][] {
  const lists: string[][] = [];
  let size = Infinity;
  for (const room of rooms) {
    const bytes = Buffer.byteLength(JSON.stringify(room)) + 1;
    if (size + bytes > MAX_PAYLOAD) {
      lists.push([]);
      size = 200;
    }
    lists.at(-1)!.push(room);
    size += bytes;
  }
  return lists;
}
