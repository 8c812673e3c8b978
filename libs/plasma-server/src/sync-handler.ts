/**
 * The HTTP face of the engine: which request is whose, and what it may say. The work is in `push.ts`, `pull.ts` and
 * `tickets.ts`.
 *
 * Every request passes, in this order: origin, the engine's own headers (which a foreign page's form cannot send),
 * `auth`, size and shape of the body, identity, protocol and schema version.
 */

import {
  CLIENT_GROUP_ID_HEADER,
  CLIENT_ID_HEADER,
  PlasmaError,
  PROTOCOL_VERSION,
  requireRunnable,
  syncedSchema,
  syncedTables,
  tablesWithoutRule,
} from "@sh1n4ps/plasma-core";
import type { Handshake, TicketResponse } from "@sh1n4ps/plasma-core";
import { readJson } from "./body.ts";
import { watchFullScans } from "./db/full-scans.ts";
import { bindRules } from "./db/rules.ts";
import type { Engine } from "./engine.ts";
import { MigrationRefused, RequestRefused, StorageFailure, SyncServerError } from "./errors.ts";
import { measurePull, measurePush } from "./metrics.ts";
import type { RequestTrace, SyncServerMetric } from "./metrics.ts";
import type { Identity, SyncHandler, SyncHandlerOptions } from "./options.ts";
import { originPolicy } from "./origins.ts";
import type { Origins } from "./origins.ts";
import { runtimePlatform } from "./platform.ts";
import { pull } from "./pull/pull.ts";
import { push } from "./push/push.ts";
import type { PushedChanges } from "./push/push.ts";
import { createStandingMemory } from "./push/standing-memory.ts";
import { createOwedAttempts } from "./owed-attempts.ts";
import type { RateLimitedCall } from "./rate-limits.ts";
import { identifier, parsePull, parsePush, parseTicket } from "./requests.ts";
import { empty, refusal, success } from "./responses.ts";
import { ensureSchema } from "./schema/ensure-schema.ts";
import { issueTicket, redeemTicket, ticketOf } from "./tickets.ts";

/** Answers everything below `basePath`. The database is brought to the schema before the first request. */
export function createSyncHandler<Ctx>(options: SyncHandlerOptions<Ctx>): SyncHandler {
  requireRunnable(options.schema);
  const server: Server<Ctx> = {
    options,
    engine: engineOf(options),
    origins: originPolicy(options.allowedOrigins ?? []),
    base: `/${(options.basePath ?? "/sync").replace(/^\/+|\/+$/g, "")}`,
    measure: (metric) => {
      try {
        options.onMetric?.(metric);
      } catch {
        // Nor must an app's statistics.
      }
    },
  };
  warnOfOpenTables(server);
  return async (request) => {
    const answer = await respond(server, request);
    // A socket's answer belongs to whoever accepted it, and its headers cannot be changed.
    if (answer.status === 101) return answer;
    const cors =
      request.method === "OPTIONS"
        ? server.origins.preflightHeadersFor(request)
        : server.origins.headersFor(request);
    for (const [header, value] of Object.entries(cors)) answer.headers.set(header, value);
    return answer;
  };
}

interface Server<Ctx> {
  readonly options: SyncHandlerOptions<Ctx>;
  readonly engine: Engine;
  readonly origins: Origins;
  readonly base: string;
  /** Tells the app. Never throws. */
  measure(metric: SyncServerMetric): void;
}

/** In rows, for warnings in development. */
const DEFAULT_LARGE_TABLE = 1000;

function engineOf<Ctx>(options: SyncHandlerOptions<Ctx>): Engine {
  const { schema, mutators, executor, development, warnOnFullScan } = options;
  const report = (error: SyncServerError) => {
    try {
      options.onError?.(error);
    } catch {
      // An app's log that fails must not decide about a request.
    }
  };
  const rows = warnOnFullScan ?? (development ? DEFAULT_LARGE_TABLE : false);
  return {
    schema,
    mutators,
    executor,
    policy: options.policy ?? { default: "allow" },
    platform: options.platform ?? runtimePlatform(),
    mutatorTimeoutMs: options.mutatorTimeoutMs ?? 5000,
    quarantine:
      options.quarantine ??
      (development ? { attempts: 1, afterMs: 0 } : { attempts: 5, afterMs: 10 * 60_000 }),
    standings: createStandingMemory(),
    owedAttempts: createOwedAttempts(),
    fullScans: rows === false ? undefined : watchFullScans({ schema, executor, rows, report }),
    report,
  };
}

function warnOfOpenTables<Ctx>({ engine }: Server<Ctx>): void {
  if (engine.policy.default === "deny") return;
  const tables = syncedTables(engine.schema);
  const open = {
    read: tablesWithoutRule(tables, "read"),
    write: tablesWithoutRule(tables, "write"),
  };
  if (open.read.length === 0 && open.write.length === 0) return;
  const list = (names: readonly string[]) => (names.length === 0 ? "none" : names.join(", "));
  engine.report(
    new SyncServerError(
      "tables-without-rules",
      `Everybody who is signed in may read every row of: ${list(open.read)}; and write every row of: ${list(open.write)}. Give these tables rules, or set policy: { default: "deny" }.`,
      { details: open },
    ),
  );
}

async function respond<Ctx>(server: Server<Ctx>, request: Request): Promise<Response> {
  const { clock } = server.engine.platform;
  const start = clock.now();
  const trace: RequestTrace = { endpoint: null };
  const answered = (response: Response, code: string | null): Response => {
    const durationMs = Math.max(0, clock.now() - start);
    server.measure({ ...trace, status: response.status, code, durationMs });
    return response;
  };
  try {
    return answered(await route(server, request, trace), null);
  } catch (error) {
    const refused = refusalOf(error);
    const { kind } = refused;
    server.engine.report(
      new SyncServerError(kind, refused.message, {
        cause: error,
        details: { code: refused.code, status: refused.status },
      }),
    );
    return answered(refusal(refused), refused.code);
  }
}

function refusalOf(error: unknown): RequestRefused {
  if (error instanceof RequestRefused) return error;
  // A database that this build does not fit: another build may, so clients keep what they have and come back.
  if (error instanceof StorageFailure || error instanceof MigrationRefused) {
    return unavailable(error);
  }
  return new RequestRefused({
    status: 500,
    code: "internal",
    message: "The server failed. Try again later.",
    kind: "internal",
    cause: error,
  });
}

function unavailable(cause: StorageFailure | MigrationRefused, details?: unknown): RequestRefused {
  return new RequestRefused({
    status: 503,
    code: "unavailable",
    message: "The server cannot do this right now. Try again in a moment.",
    kind: "storage",
    headers: { "Retry-After": "1" },
    details,
    cause,
  });
}

async function route<Ctx>(
  server: Server<Ctx>,
  request: Request,
  trace: RequestTrace,
): Promise<Response> {
  const path = new URL(request.url).pathname;
  const endpoint = path.startsWith(`${server.base}/`) ? path.slice(server.base.length + 1) : "";
  switch (endpoint) {
    case "push":
    case "pull":
    case "ticket":
      trace.endpoint = endpoint;
      break;
    case "coordinator":
      trace.endpoint = endpoint;
      return openSocket(server, request);
    default:
      throw new RequestRefused({
        status: 404,
        code: "not-found",
        message: "There is nothing here.",
      });
  }
  if (request.method === "OPTIONS") return empty(204);
  if (request.method !== "POST") {
    throw new RequestRefused({
      status: 405,
      code: "method-not-allowed",
      message: "Use POST.",
      headers: { Allow: "POST, OPTIONS" },
    });
  }
  const identity = await identify(server, request);
  await refuseHaste(server, { endpoint, principal: identity.principal });
  const maxBytes = server.options.maxPayloadBytes ?? 1024 * 1024;
  const body = await readJson(request, { maxBytes, platform: server.engine.platform });
  switch (endpoint) {
    case "push":
      return handlePush(server, { identity, body, trace });
    case "pull":
      return handlePull(server, { identity, body, trace });
    case "ticket":
      return handleTicket(server, identity, body);
  }
}

async function identify<Ctx>(server: Server<Ctx>, request: Request): Promise<Identity<Ctx>> {
  if (!server.origins.allows(request)) {
    throw new RequestRefused({
      status: 403,
      code: "origin-not-allowed",
      message: "Pages of this site may not call here.",
      kind: "forbidden",
    });
  }
  for (const header of [CLIENT_ID_HEADER, CLIENT_GROUP_ID_HEADER]) {
    identifier(request.headers.get(header), `The header ${header}`);
  }
  const auth = await server.options.auth(request);
  if (!auth.ok) {
    throw new RequestRefused({
      status: 401,
      code: "unauthorized",
      message: "Sign in to sync.",
      kind: "unauthorized",
      cause: auth.reason,
    });
  }
  const { clientGroupID, clientID, ctx, principal = clientGroupID, expiresAt } = auth;
  const expiry = expiresAt === undefined ? {} : { expiresAt };
  return { clientGroupID, clientID, ctx, principal, ...expiry };
}

interface Call<Ctx> {
  readonly identity: Identity<Ctx>;
  readonly body: unknown;
  readonly trace: RequestTrace;
}

async function refuseHaste<Ctx>(server: Server<Ctx>, call: RateLimitedCall): Promise<void> {
  const waitMs = (await server.options.rateLimit?.(call)) ?? null;
  if (waitMs === null) return;
  throw new RequestRefused({
    status: 429,
    code: "rate-limited",
    message: "Too many requests. Wait a little.",
    kind: "rate-limited",
    headers: { "Retry-After": String(Math.max(1, Math.ceil(waitMs / 1000))) },
  });
}

async function handlePush<Ctx>(
  server: Server<Ctx>,
  { identity, body, trace }: Call<Ctx>,
): Promise<Response> {
  const { engine, options } = server;
  const request = parsePush(body, options.maxMutationsPerPush ?? 200);
  checkHandshake(server, identity, request);
  await prepare(engine);
  const pushed = await push(engine, identity, request);
  trace.push = measurePush(request.mutations.length, pushed.response);
  await announce(server, identity, pushed);
  if (pushed.stopped instanceof RequestRefused) throw pushed.stopped;
  if (pushed.stopped) throw unavailable(pushed.stopped, pushed.response);
  return success(pushed.response);
}

async function handlePull<Ctx>(
  server: Server<Ctx>,
  { identity, body, trace }: Call<Ctx>,
): Promise<Response> {
  const request = parsePull(body);
  checkHandshake(server, identity, request);
  await prepare(server.engine);
  const engine = { ...server.engine, schema: syncedSchema(server.engine.schema) };
  const response = await pull(engine, identity, request);
  trace.pull = measurePull(response);
  const { fullScans, policy } = engine;
  await fullScans?.lookAtRules(bindRules(identity.ctx, policy));
  return success(response);
}

async function handleTicket<Ctx>(
  server: Server<Ctx>,
  identity: Identity<Ctx>,
  body: unknown,
): Promise<Response> {
  const { room = identity.clientGroupID } = parseTicket(body);
  const authorize =
    server.options.authorizeRoom ?? ((_ctx, name) => name === identity.clientGroupID);
  if (!(await authorize(identity.ctx, room, identity))) throw closedRoom();
  await prepare(server.engine);
  const response: TicketResponse = {
    ticket: await inStorage(issueTicket(server.engine, identity, room)),
    room,
  };
  return success(response);
}

async function openSocket<Ctx>(server: Server<Ctx>, request: Request): Promise<Response> {
  const { sockets } = server.options;
  const room = new URL(request.url).searchParams.get("room") ?? "";
  const ticket = ticketOf(request);
  const isUpgrade =
    request.method === "GET" && request.headers.get("upgrade")?.toLowerCase() === "websocket";
  // One answer for every reason: it tells nothing about rooms or tickets.
  if (!sockets || !isUpgrade || !ticket || !server.origins.allows(request)) throw closedRoom();
  await prepare(server.engine);
  const identity = await inStorage(redeemTicket(server.engine, ticket, room));
  if (!identity) throw closedRoom();
  return sockets.connect(request, identity);
}

function closedRoom(): RequestRefused {
  return new RequestRefused({
    status: 403,
    code: "forbidden",
    message: "This room cannot be entered.",
    kind: "forbidden",
  });
}

function checkHandshake<Ctx>(
  { options }: Server<Ctx>,
  identity: Identity<Ctx>,
  request: Handshake,
): void {
  if (request.clientID !== identity.clientID || request.clientGroupID !== identity.clientGroupID) {
    throw new RequestRefused({
      status: 400,
      code: "identity-mismatch",
      message: "The body names another client or client group than the one that is signed in.",
    });
  }
  if (request.protocolVersion !== PROTOCOL_VERSION) {
    throw new RequestRefused({
      status: 409,
      code: "protocol-mismatch",
      message: `This server speaks protocol ${PROTOCOL_VERSION}. Reload the app.`,
      kind: "protocol-mismatch",
      details: { protocolVersion: PROTOCOL_VERSION },
    });
  }
  const accepted = [options.schemaVersion, ...(options.acceptSchemaVersions ?? [])];
  if (!accepted.includes(request.schemaVersion)) {
    throw new RequestRefused({
      status: 409,
      code: "schema-mismatch",
      message: "This app and the server have different versions of the schema. Reload the app.",
      kind: "schema-mismatch",
      details: { schemaVersion: options.schemaVersion },
    });
  }
}

/** Brings the database to the schema: the first time only. */
async function prepare(engine: Engine): Promise<void> {
  const { schema, executor, platform } = engine;
  try {
    await ensureSchema({ schema, executor, platform });
  } catch (cause) {
    if (cause instanceof PlasmaError) throw cause;
    throw new StorageFailure("The schema could not be checked.", { cause });
  }
}

async function inStorage<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new StorageFailure("The database failed.", { cause });
  }
}

/** Tells the app of a commit. Whatever becomes of that, the push has happened. */
async function announce<Ctx>(
  server: Server<Ctx>,
  identity: Identity<Ctx>,
  pushed: PushedChanges,
): Promise<void> {
  const { engine, options } = server;
  const { onPushed, waitUntil } = options;
  if (!onPushed || pushed.rows.length === 0) return;
  const tables = [...new Set(pushed.rows.map((row) => row.table))];
  const work = (async () => {
    try {
      await onPushed({ ...identity, tables, rows: pushed.rows, executor: engine.executor });
    } catch (cause) {
      engine.report(
        new SyncServerError("onPushed-failed", "onPushed failed. The push itself is committed.", {
          cause,
        }),
      );
    }
  })();
  if (waitUntil) waitUntil(work);
  else await work;
}
