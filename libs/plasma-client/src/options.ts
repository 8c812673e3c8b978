/** What `createPlasmaClient` takes, and what it assumes where nothing is said. */

import type { AnyMutators, Mutator, Schema, TicketResponse } from "@sh1n4ps/plasma-core";
import type { SyncClientError } from "./errors.ts";
import type { Fetcher, Platform } from "./platform.ts";
import type { Engine } from "./storage/engine.ts";

/** The context that the mutators of a registry ask for. */
export type MutatorContext<M extends AnyMutators> =
  M[keyof M] extends Mutator<infer Ctx, infer _Input, infer _Args> ? Ctx : unknown;

export interface RetryOptions {
  /** After so many failures in a row the client reports, and goes on probing every `maxDelayMs`. It never drops. */
  readonly maxAttempts: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
}

/** What a subscription gets from the client that opens it. */
export interface SubscriptionInput {
  readonly endpoint: string;
  /** A ticket for a room (default: the client group's own), good once and for 30 seconds. */
  readonly getTicket: (room?: string) => Promise<TicketResponse>;
  readonly onPoke: () => void;
  readonly onOpen: () => void;
  readonly onClose: () => void;
  readonly platform: Platform;
}

/** An open line to the server. It reconnects by itself until it is closed. */
export interface Subscription {
  close(): void;
}

export type Subscribe = (input: SubscriptionInput) => Subscription;

export type LogLevel = "silent" | "error" | "warn" | "debug";

/** `relaxed` survives the killing of tab and browser, `strict` a power cut too. */
export type Durability = "relaxed" | "strict";

export type SchemaDecision = "stay" | "reset";

export interface PlasmaClientOptions<
  S extends Schema = Schema,
  M extends AnyMutators = AnyMutators,
> {
  readonly schema: S;
  readonly mutators: M;
  /** The local database. Put the person into it: everything in it belongs to one client group, and is refused to another. */
  readonly dbName: string;
  /** Where the server's sync handler is, for example `https://sync.example.com/sync`. */
  readonly endpoint: string;
  readonly schemaVersion: string;
  /** The replicas that share permissions and are poked together; usually the person's id. */
  readonly clientGroupID: string;
  /**
   * Who is asking, for mutators and rules. Asked before the first mutation and whenever `authHeaders` is asked again. Only
   * mutations wait for it, ten seconds at most; so answer from what the page knows, not over the network.
   */
  readonly getContext: () => MutatorContext<M> | Promise<MutatorContext<M>>;
  readonly pollIntervalMs?: number;
  readonly retry?: Partial<RetryOptions>;
  readonly pullPageSize?: number;
  /** Sent with every request; asked again after a 401. */
  readonly authHeaders?: () =>
    Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  readonly fetcher?: Fetcher;
  readonly subscribe?: Subscribe;
  readonly onError?: (error: SyncClientError) => void;
  /** The server runs another schema: `"stay"` (the default) keeps everything and waits, `"reset"` loads all rows anew. */
  readonly onSchemaMismatch?: (mismatch: {
    readonly phase: "push" | "pull";
  }) => SchemaDecision | Promise<SchemaDecision>;
  /** Start without a connection, as `setOffline(true)` does. */
  readonly offline?: boolean;
  readonly durability?: Durability;
  readonly logLevel?: LogLevel;
  /** A development build: looks for mistakes, at a price in speed. Default: false. */
  readonly development?: boolean;
  /**
   * Warns, once for each query, when one reads so many rows because no index serves it, and says which one to declare.
   * `false`: never. Default: 1000 in development, else never.
   */
  readonly warnOnFullScan?: number | false;
  /** Clock, randomness, timers, network, storage. Default: the browser's. */
  readonly platform?: Platform;
  /** Where rows and mutations are kept. Default: IndexedDB, or memory where there is none. */
  readonly engine?: Engine;
}

export const DEFAULT_RETRY: RetryOptions = {
  maxAttempts: 5,
  initialDelayMs: 500,
  maxDelayMs: 30_000,
};
/** Read by one query, for warnings in development. */
export const DEFAULT_MANY_ROWS = 1000;
export const DEFAULT_POLL_INTERVAL_MS = 5000;
export const DEFAULT_PULL_PAGE_SIZE = 1000;
