/** The world of the contract tests: a server, and clients that speak the real wire. */

import { encodeTagged, PROTOCOL_VERSION } from "@sh1n4ps/plasma-core";
import type { JsonRow, PullResponse, PushResponse, WireMutation } from "@sh1n4ps/plasma-core";
import type { SyncServerError } from "../errors.ts";
import type { PushedEvent, SyncHandler, SyncHandlerOptions } from "../options.ts";
import { runtimePlatform } from "../platform.ts";
import type { Platform } from "../platform.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { createSyncHandler } from "../sync-handler.ts";
import { mutators, schema } from "./app.ts";
import type { Api, Ctx } from "./app.ts";

export interface World {
  readonly executor: SqlExecutor;
  readonly handler: SyncHandler;
  readonly errors: SyncServerError[];
  readonly pushed: PushedEvent<Ctx>[];
  /** Every body that a person was sent, for the canary scans. */
  readonly sent: Map<string, string[]>;
  client(userId: string, clientID?: string): Client;
  /** Another handler over the same database, like another isolate. */
  another(options?: Partial<SyncHandlerOptions<Ctx>>): World;
  call(path: string, options: CallOptions): Promise<Response>;
}

export interface CallOptions {
  readonly userId: string;
  readonly clientID: string;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

export const SCHEMA_VERSION = "1";
export const ORIGIN = "https://sync.example";

export function createWorld(
  executor: SqlExecutor,
  options: Partial<SyncHandlerOptions<Ctx>> = {},
): World {
  const errors: SyncServerError[] = [];
  const pushed: PushedEvent<Ctx>[] = [];
  const sent = new Map<string, string[]>();
  const handler = createSyncHandler<Ctx>({
    schema,
    mutators,
    executor,
    schemaVersion: SCHEMA_VERSION,
    auth: (request) => {
      const token = request.headers.get("authorization");
      if (!token) return { ok: false, reason: "no token" };
      const userId = token.slice("Bearer ".length);
      const clientID = request.headers.get("x-plasma-client-id") ?? "";
      return { ok: true, clientGroupID: userId, clientID, ctx: { userId } };
    },
    onError: (error) => errors.push(error),
    onPushed: (event) => {
      pushed.push(event);
    },
    ...options,
  });
  const call = async (path: string, { userId, clientID, body, headers = {} }: CallOptions) => {
    const response = await handler(
      new Request(`${ORIGIN}/sync/${path}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${userId}`,
          "x-plasma-client-id": clientID,
          "x-plasma-client-group-id": userId,
          ...headers,
        },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    );
    const log = sent.get(userId) ?? [];
    log.push(await response.clone().text());
    sent.set(userId, log);
    return response;
  };
  const world: World = {
    executor,
    handler,
    errors,
    pushed,
    sent,
    call,
    client: (userId, clientID = `${userId}-tab`) => new Client({ world, userId, clientID }),
    another: (more = {}) => createWorld(executor, { ...options, ...more }),
  };
  return world;
}

let uids = 0;

/** A client as plain as can be: it numbers mutations, keeps what it was sent, and replays patches. */
export class Client {
  readonly userId: string;
  readonly clientID: string;
  readonly rows = new Map<string, JsonRow>();
  cookie: string | null = null;
  confirmed = 0;
  nextID = 1;
  rejections: PullResponse["rejections"] = [];
  readonly #world: World;

  constructor(options: { world: World; userId: string; clientID: string }) {
    this.#world = options.world;
    this.userId = options.userId;
    this.clientID = options.clientID;
  }

  mutation<K extends keyof Api & string>(name: K, args: unknown): WireMutation {
    return {
      id: this.nextID++,
      uid: `uid-${++uids}-0000`,
      name,
      args: encodeTagged(args),
      timestamp: 0,
    };
  }

  pushBody(
    mutations: readonly WireMutation[],
    confirmed = this.confirmed,
  ): Record<string, unknown> {
    return {
      protocolVersion: PROTOCOL_VERSION,
      schemaVersion: SCHEMA_VERSION,
      clientGroupID: this.userId,
      clientID: this.clientID,
      confirmed,
      mutations,
    };
  }

  send(path: string, body: unknown, through: World = this.#world): Promise<Response> {
    return through.call(path, { userId: this.userId, clientID: this.clientID, body });
  }

  async push(mutations: readonly WireMutation[], through?: World): Promise<PushResponse> {
    const response = await this.send("push", this.pushBody(mutations), through);
    const body = (await response.json()) as PushResponse;
    if (response.status !== 200)
      throw new Error(`push answered ${response.status}: ${JSON.stringify(body)}`);
    return body;
  }

  /** Pushes one mutation and gives its result. */
  async mutate<K extends keyof Api & string>(
    name: K,
    args: unknown,
  ): Promise<PushResponse["results"][number]> {
    const { results } = await this.push([this.mutation(name, args)]);
    return results[0]!;
  }

  pullBody(options: { cookie?: string | null; limit?: number } = {}): Record<string, unknown> {
    return {
      protocolVersion: PROTOCOL_VERSION,
      schemaVersion: SCHEMA_VERSION,
      clientGroupID: this.userId,
      clientID: this.clientID,
      cookie: options.cookie === undefined ? this.cookie : options.cookie,
      clients: [{ clientID: this.clientID, confirmed: this.confirmed }],
      ...(options.limit !== undefined && { limit: options.limit }),
    };
  }

  async pullPage(options: { cookie?: string | null; limit?: number } = {}): Promise<PullResponse> {
    const response = await this.send("pull", this.pullBody(options));
    const body = (await response.json()) as PullResponse;
    if (response.status !== 200)
      throw new Error(`pull answered ${response.status}: ${JSON.stringify(body)}`);
    return body;
  }

  /** Fetches all pages, applies them, and gives the operations. */
  async pull(
    options: { limit?: number; between?: () => Promise<void> } = {},
  ): Promise<PullResponse["patch"]> {
    const patch: PullResponse["patch"][number][] = [];
    let cookie = this.cookie;
    for (;;) {
      const page = await this.pullPage({
        cookie,
        ...(options.limit !== undefined && { limit: options.limit }),
      });
      patch.push(...page.patch);
      cookie = page.cookie;
      if (!page.hasMore) {
        this.cookie = cookie;
        this.confirmed = Math.max(this.confirmed, page.lastMutationIDs[this.clientID] ?? 0);
        this.rejections = page.rejections;
        break;
      }
      await options.between?.();
    }
    for (const operation of patch) {
      if (operation.op === "clear") this.rows.clear();
      else if (operation.op === "put")
        this.rows.set(`${operation.table}/${String(operation.row["id"])}`, operation.row);
      else this.rows.delete(`${operation.table}/${operation.id}`);
    }
    return patch;
  }

  keys(): string[] {
    return [...this.rows.keys()].sort();
  }
}

/** The runtime's platform, except that nobody waits between two attempts. */
export function hurried(): Platform {
  const runtime = runtimePlatform();
  return { ...runtime, random: { ...runtime.random, fraction: () => 0 } };
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    runtimePlatform().timers.set(() => resolve(), milliseconds);
  });
}

export async function countRows(executor: SqlExecutor, table: string): Promise<number> {
  const [row] = await executor.all({ text: `SELECT count(*) AS n FROM ${table}`, params: [] });
  return row!["n"] as number;
}

/** Ada shares the list `shared` with Bob, and keeps `secret` to herself. What Bob must never see says "canary". */
export async function sharedAndSecret(
  executor: SqlExecutor,
): Promise<{ world: World; ada: Client; bob: Client }> {
  const world = createWorld(executor);
  const ada = world.client("ada");
  const bob = world.client("bob");
  await ada.mutate("createSharedList", { id: "shared", name: "Shared", userIds: ["ada", "bob"] });
  await ada.mutate("createSharedList", { id: "secret", name: "canary-list", userIds: ["ada"] });
  await ada.mutate("addTodo", { id: "t1", listId: "shared", title: "one" });
  await ada.mutate("addTodo", { id: "canary-id", listId: "secret", title: "canary-title" });
  return { world, ada, bob };
}

/** A patch in words: `put todos/t1`. */
export function keysOf(patch: PullResponse["patch"]): string[] {
  return patch.map((operation) => {
    if (operation.op === "clear") return "clear";
    const id = operation.op === "put" ? String(operation.row["id"]) : operation.id;
    return `${operation.op} ${operation.table}/${id}`;
  });
}
