/** The world of the contract tests: a small app with every kind of rule, and clients that speak the real wire. */

import {
  alias,
  and,
  bigint,
  blob,
  boolean,
  defineMutators,
  defineSchema,
  encodeTagged,
  eq,
  exists,
  id,
  int,
  json,
  MutationRefused,
  not,
  PROTOCOL_VERSION,
  real,
  ref,
  select,
  table,
  text,
  timestamp,
} from "@sh1n4ps/plasma-core";
import type {
  AnyColumn,
  Condition,
  JsonRow,
  MutatorInput,
  PullResponse,
  PushResponse,
  WireMutation,
} from "@sh1n4ps/plasma-core";
import type { SyncServerError } from "../errors.ts";
import type { PushedEvent, SyncHandler, SyncHandlerOptions } from "../options.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { createSyncHandler } from "../sync-handler.ts";

export interface Ctx {
  readonly userId: string;
}

export const lists = table(
  "lists",
  { id: id(), name: text(), ownerId: text() },
  {
    auth: {
      read: (ctx: Ctx, row): Condition => isMember(ctx, row.id),
      write: (ctx: Ctx, row) => eq(row.ownerId, ctx.userId),
    },
  },
);

export const members = table(
  "members",
  { id: id(), listId: ref(() => lists.id, { onDelete: "cascade" }), userId: text() },
  {
    auth: {
      read: (ctx: Ctx, row): Condition => isMember(ctx, row.listId),
      write: (ctx: Ctx, row): Condition =>
        exists(
          select()
            .from(lists)
            .where(and(eq(lists.id, row.listId), eq(lists.ownerId, ctx.userId))),
        ),
    },
    indexes: [["userId", "listId"]],
  },
);

const mine = alias(members, "mine");

function isMember(ctx: Ctx, listId: AnyColumn): Condition {
  return exists(
    select()
      .from(mine)
      .where(and(eq(mine.listId, listId), eq(mine.userId, ctx.userId))),
  );
}

export const todos = table(
  "todos",
  {
    id: id(),
    listId: ref(() => lists.id, { onDelete: "cascade" }),
    title: text(),
    done: boolean().default(false),
    code: text().nullable().unique(),
  },
  {
    auth: {
      read: (ctx: Ctx, row) => isMember(ctx, row.listId),
      write: (ctx: Ctx, row) => isMember(ctx, row.listId),
    },
    indexes: [["listId", "title"]],
  },
);

/** Rows that a predicate in JavaScript decides about. */
export const notes = table(
  "notes",
  { id: id(), body: text() },
  {
    auth: {
      read: (ctx: Ctx, row) => row.body.startsWith(`${ctx.userId}:`),
      write: (ctx: Ctx, row) => row.body.startsWith(`${ctx.userId}:`),
    },
  },
);

/** One column of each kind, for everyone. */
export const things = table("things", {
  id: id(),
  label: text().nullable(),
  whole: int().nullable(),
  big: bigint().nullable(),
  fraction: real().nullable(),
  flag: boolean().nullable(),
  moment: timestamp().nullable(),
  bytes: blob().nullable(),
  document: json().nullable(),
});

/** Numbers that must keep a sum: each person may take from the pool while enough is left. */
export const shares = table("shares", { id: id(), amount: int() });

export const schema = defineSchema({ lists, members, todos, notes, things, shares });

export const POOL = 40;

export const mutators = defineMutators<typeof schema, Ctx>()({
  createList: async ({ db, args, ctx }: MutatorInput<Ctx, { id: string; name: string }>) => {
    await db.insert(lists).values({ id: args.id, name: args.name, ownerId: ctx.userId });
  },
  /** As the server does it: the write rule of members looks at lists. */
  createSharedList: async ({
    db,
    args,
    ctx,
  }: MutatorInput<Ctx, { id: string; name: string; userIds: string[] }>) => {
    await db.insert(lists).values({ id: args.id, name: args.name, ownerId: ctx.userId });
    for (const userId of args.userIds) {
      await db.insert(members).values({ id: `${args.id}:${userId}`, listId: args.id, userId });
    }
  },
  deleteList: async ({ db, args }: MutatorInput<Ctx, { id: string }>) => {
    await db.delete(lists).where(eq(lists.id, args.id));
  },
  addMember: async ({ db, args }: MutatorInput<Ctx, { listId: string; userId: string }>) => {
    await db.insert(members).values({ id: `${args.listId}:${args.userId}`, ...args });
  },
  removeMember: async ({ db, args }: MutatorInput<Ctx, { listId: string; userId: string }>) => {
    await db.delete(members).where(eq(members.id, `${args.listId}:${args.userId}`));
  },
  addTodo: async ({
    db,
    args,
  }: MutatorInput<Ctx, { id: string; listId: string; title: string; code?: string }>) => {
    await db.insert(todos).values(args);
  },
  moveTodo: async ({ db, args }: MutatorInput<Ctx, { id: string; listId: string }>) => {
    await db.update(todos).set({ listId: args.listId }).where(eq(todos.id, args.id));
  },
  rename: async ({ db, args }: MutatorInput<Ctx, { id: string; title: string }>) => {
    await db.update(todos).set({ title: args.title }).where(eq(todos.id, args.id));
  },
  renameAll: async ({ db, args }: MutatorInput<Ctx, { title: string }>) => {
    await db
      .update(todos)
      .set({ title: args.title })
      .where(not(eq(todos.title, args.title)));
  },
  tradeCodes: async ({ db, args }: MutatorInput<Ctx, { left: string; right: string }>) => {
    const [left] = await db.select().from(todos).where(eq(todos.id, args.left));
    const [right] = await db.select().from(todos).where(eq(todos.id, args.right));
    if (!left || !right) throw new MutationRefused("missing", "Both must be there.");
    await db.update(todos).set({ code: right.code }).where(eq(todos.id, left.id));
    await db.update(todos).set({ code: left.code }).where(eq(todos.id, right.id));
  },
  deleteTodo: async ({ db, args }: MutatorInput<Ctx, { id: string }>) => {
    await db.delete(todos).where(eq(todos.id, args.id));
  },
  writeNote: async ({ db, args }: MutatorInput<Ctx, { id: string; body: string }>) => {
    await db.insert(notes).values(args);
  },
  editNote: async ({ unrestrictedDb, args }: MutatorInput<Ctx, { id: string; body: string }>) => {
    await unrestrictedDb?.update(notes).set({ body: args.body }).where(eq(notes.id, args.id));
  },
  putThing: async ({ db, args }: MutatorInput<Ctx, { id: string }>) => {
    await db.insert(things).values(args);
  },
  /** Reads a predicate, then writes a row of its own: write skew, if anything less than serializable. */
  takeShare: async ({ db, args }: MutatorInput<Ctx, { id: string; amount: number }>) => {
    const taken = await db.select().from(shares);
    const sum = taken.reduce((total, share) => total + share.amount, 0);
    if (sum + args.amount > POOL) throw new MutationRefused("pool-empty", "Not enough is left.");
    await db.insert(shares).values({ id: args.id, amount: args.amount });
  },
  refuse: async ({ db, args }: MutatorInput<Ctx, { code: string }>) => {
    await db.insert(shares).values({ id: "never", amount: 1 });
    throw new MutationRefused(args.code, "No.", { details: { why: "because" } });
  },
  crash: async () => {
    throw new TypeError("secret-in-a-stack");
  },
});

export type Api = typeof mutators;

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
