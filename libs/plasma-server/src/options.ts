/** What an app hands to `createSyncHandler`, and what it is told. */

import type { AnyMutators, AuthorizePolicy, RowChange, Schema } from "@sh1n4ps/plasma-core";
import type { SyncServerError } from "./errors.ts";
import type { SyncServerMetric } from "./metrics.ts";
import type { Platform } from "./platform.ts";
import type { RateLimit } from "./rate-limits.ts";
import type { SqlExecutor } from "./sql/executor.ts";

/** Who asks, as the app's own check of the request found out. */
export interface AuthSuccess<Ctx> {
  readonly ok: true;
  readonly clientGroupID: string;
  readonly clientID: string;
  /** What rules and mutators get. */
  readonly ctx: Ctx;
  /** A stable id of the person, to which client ids, outcomes and cookies are bound. Default: `clientGroupID`. */
  readonly principal?: string;
  /** When the session ends, in milliseconds since 1970: sockets are closed then. Default: never. */
  readonly expiresAt?: number;
}

export type AuthResult<Ctx> =
  | AuthSuccess<Ctx>
  /** `reason` goes to `onError`; the caller only learns that they are not signed in. */
  | { readonly ok: false; readonly reason: string };

/** Who asks, with defaults filled in. */
export interface Identity<Ctx = unknown> {
  readonly clientGroupID: string;
  readonly clientID: string;
  readonly principal: string;
  readonly ctx: Ctx;
  readonly expiresAt?: number;
}

/** A push that changed rows and is committed. */
export interface PushedEvent<Ctx = unknown> extends Identity<Ctx> {
  /** The tables with changed rows. */
  readonly tables: readonly string[];
  /** Each changed row before and after, by commit. */
  readonly rows: readonly RowChange[];
  readonly executor: SqlExecutor;
}

/** Who opens a socket: what the ticket was issued for. */
export interface SocketIdentity {
  readonly room: string;
  readonly clientID: string;
  readonly clientGroupID: string;
  readonly principal: string;
  /** When it has to be closed (4401), in milliseconds since 1970. */
  readonly expiresAt?: number;
}

export interface SyncHandlerOptions<Ctx = unknown> {
  readonly schema: Schema;
  readonly mutators: AnyMutators;
  readonly executor: SqlExecutor;
  readonly schemaVersion: string;
  /** Older versions that differ from `schemaVersion` by additions only: they may still push and pull. */
  readonly acceptSchemaVersions?: readonly string[];
  /** Must look at headers only: the body is read by the handler. */
  readonly auth: (request: Request) => AuthResult<Ctx> | Promise<AuthResult<Ctx>>;
  /** Default: `/sync`. */
  readonly basePath?: string;
  /** Runs after the commit. If it fails, `onError` hears of it and the push is not affected. */
  readonly onPushed?: (event: PushedEvent<Ctx>) => void | Promise<void>;
  readonly onError?: (error: SyncServerError) => void;
  /** Told of each request after its answer: how long it took, and what it did. */
  readonly onMetric?: (metric: SyncServerMetric) => void;
  /** How often a person may push, pull and ask for tickets. Default: without limit. See `tokenBuckets()`. */
  readonly rateLimit?: RateLimit;
  /** Keeps a Worker alive for `onPushed` after the answer has been sent. Without it the answer waits. */
  readonly waitUntil?: (promise: Promise<unknown>) => void;
  /** Default: 200. */
  readonly maxMutationsPerPush?: number;
  /** Default: 1 MiB. */
  readonly maxPayloadBytes?: number;
  /** How long a mutator may take, in milliseconds. One that takes longer has failed. Default: 5000. */
  readonly mutatorTimeoutMs?: number;
  /**
   * When a mutation is given up that fails each time for no reason of its own (a bug, a timeout, the end of its
   * process): after so many attempts, and not before that many milliseconds. Until then its client waits and tries
   * again, so that a bad deployment that is mended in time costs nobody anything. Default: 5 attempts, 10 minutes; in
   * development at once.
   */
  readonly quarantine?: { readonly attempts: number; readonly afterMs: number };
  /** What becomes of tables without a rule. Default: allowed, with a warning through `onError`. */
  readonly policy?: AuthorizePolicy;
  /** Exact origins of other sites whose pages may call (`https://app.example`). The own origin always may. */
  readonly allowedOrigins?: readonly string[];
  /** Who may listen in a room. Default: only to the room named like one's own client group. */
  readonly authorizeRoom?: (
    ctx: Ctx,
    room: string,
    identity: Identity<Ctx>,
  ) => boolean | Promise<boolean>;
  /** Where sockets go once origin and ticket are found good. Without it there are none, and clients poll. */
  readonly sockets?: { connect(request: Request, identity: SocketIdentity): Promise<Response> };
  /** A development build: looks for mistakes, at a price in speed. Default: false. */
  readonly development?: boolean;
  /**
   * Tables of so many rows are large: `onError` is told, once for each query, when one is read in full, and which index
   * would help. `false`: never. Default: 1000 in development, else never, because queries are explained for it.
   */
  readonly warnOnFullScan?: number | false;
  /** Clock, random source, timers and crypto. Default: those of the runtime. */
  readonly platform?: Platform;
}

export type SyncHandler = (request: Request) => Promise<Response>;
