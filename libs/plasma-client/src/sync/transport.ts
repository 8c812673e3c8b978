/**
 * Push, pull and ticket over fetch: one request each, no retries, and a typed result for everything that can come back.
 *
 * 1. Nothing is thrown, whatever the network, the server or the app's `authHeaders` do.
 * 2. A request that is aborted or takes longer than the timeout is over at once, even if `fetch` does not listen.
 * 3. An answer is checked completely before it is passed on.
 */

import { CLIENT_GROUP_ID_HEADER, CLIENT_ID_HEADER, PROTOCOL_VERSION } from "@sh1n4ps/plasma-core";
import type {
  Handshake,
  PullRequest,
  PullResponse,
  PushRequest,
  PushResponse,
  TicketRequest,
  TicketResponse,
} from "@sh1n4ps/plasma-core";
import type { Fetcher, Platform } from "../platform.ts";
import {
  checkPullResponse,
  checkPushResponse,
  checkTicketResponse,
  MalformedAnswer,
  readErrorBody,
} from "./wire-validation.ts";

export type TransportResult<T> =
  /** `bytes`: how long the answer was, after any compression was undone. */
  | { readonly kind: "ok"; readonly value: T; readonly bytes: number }
  | TransportHttpError
  /** No answer: unreachable, broken off, timed out, or `authHeaders` failed. */
  | { readonly kind: "network"; readonly cause: unknown }
  | { readonly kind: "malformed"; readonly reason: string }
  | { readonly kind: "aborted" };

export type TransportTrouble = Exclude<TransportResult<never>, { kind: "ok" }>;

export interface TransportHttpError {
  readonly kind: "http-error";
  readonly status: number;
  /** The server's own, or `http-<status>` where something in between has answered. */
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
  readonly retryAfterMs: number | null;
  /** Plasma's own server said it. Otherwise something in between did, and the server may be gone. */
  readonly isServers: boolean;
}

export interface TransportOptions {
  readonly endpoint: string;
  readonly clientGroupID: string;
  readonly schemaVersion: string;
  readonly authHeaders?: () => AuthHeaders | Promise<AuthHeaders>;
  readonly fetcher?: Fetcher;
  readonly requestTimeoutMs?: number;
  readonly platform: Platform;
}

export type AuthHeaders = Readonly<Record<string, string>>;

export interface Transport {
  push(
    request: Omit<PushRequest, keyof Handshake> & { readonly clientID: string },
    signal?: AbortSignal,
  ): Promise<TransportResult<PushResponse>>;
  pull(
    request: Omit<PullRequest, keyof Handshake> & { readonly clientID: string },
    signal?: AbortSignal,
  ): Promise<TransportResult<PullResponse>>;
  ticket(
    request: TicketRequest & { readonly clientID: string },
    signal?: AbortSignal,
  ): Promise<TransportResult<TicketResponse>>;
  /** Asks for the headers, and tells whether they are others than those of the last request. */
  headersChanged(): Promise<boolean>;
}

export const DEFAULT_REQUEST_TIMEOUT_MS = 30_000;
/** A server (or a proxy) that asks for more is not taken at its word: people do not wait that long. */
export const MAX_RETRY_AFTER_MS = 60 * 60_000;

export function createTransport(options: TransportOptions): Transport {
  const { platform, clientGroupID, schemaVersion } = options;
  const fetcher = options.fetcher ?? platform.fetch;
  const base = options.endpoint.replace(/\/+$/, "");
  let lastHeaders: AuthHeaders = {};

  async function post<T>(
    path: string,
    request: OutgoingRequest,
    check: (body: unknown) => T,
  ): Promise<TransportResult<T>> {
    if (request.signal?.aborted) return { kind: "aborted" };
    const controller = new AbortController();
    const interruption = interrupted(request.signal);
    try {
      return await Promise.race([
        send(path, request, controller.signal)
          .then((answer) => read(answer, check))
          .catch((cause: unknown): TransportTrouble => ({ kind: "network", cause })),
        interruption.happened,
      ]);
    } finally {
      interruption.forget();
      // Ends a request that nobody waits for any more; without effect on one that is done.
      controller.abort();
    }
  }

  async function send(path: string, request: OutgoingRequest, signal: AbortSignal) {
    lastHeaders = (await options.authHeaders?.()) ?? {};
    return fetcher(`${base}/${path}`, {
      method: "POST",
      headers: {
        ...lastHeaders,
        "content-type": "application/json",
        [CLIENT_ID_HEADER]: request.clientID,
        [CLIENT_GROUP_ID_HEADER]: clientGroupID,
      },
      body: JSON.stringify(request.body),
      cache: "no-store",
      signal,
    });
  }

  async function read<T>(
    response: Response,
    check: (body: unknown) => T,
  ): Promise<TransportResult<T>> {
    const bytes = await response.arrayBuffer();
    const body = parse(new TextDecoder().decode(bytes));
    if (!response.ok) return httpError(response, body, platform.clock.now());
    return checked(body, { check, bytes: bytes.byteLength });
  }

  /** Settles when the caller aborts, or when the time is over: whichever is first. */
  function interrupted(signal: AbortSignal | undefined) {
    let forget = () => {};
    const happened = new Promise<TransportTrouble>((resolve) => {
      const onAbort = () => resolve({ kind: "aborted" });
      const timer = platform.timers.set(() => {
        resolve({ kind: "network", cause: new Error("The server took too long to answer.") });
      }, options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS);
      signal?.addEventListener("abort", onAbort);
      forget = () => {
        platform.timers.clear(timer);
        signal?.removeEventListener("abort", onAbort);
      };
    });
    return { happened, forget };
  }

  const handshake = (clientID: string): Handshake => ({
    protocolVersion: PROTOCOL_VERSION,
    schemaVersion,
    clientGroupID,
    clientID,
  });

  return {
    push({ clientID, ...push }, signal) {
      const body: PushRequest = { ...handshake(clientID), ...push };
      return post("push", { clientID, body, signal }, checkPushResponse);
    },
    pull({ clientID, cookie, limit, clients }, signal) {
      const page = limit === undefined ? {} : { limit };
      const body: PullRequest = { ...handshake(clientID), cookie, clients, ...page };
      return post("pull", { clientID, body, signal }, checkPullResponse);
    },
    ticket({ clientID, room }, signal) {
      const body: TicketRequest = room === undefined ? {} : { room };
      return post("ticket", { clientID, body, signal }, checkTicketResponse);
    },
    async headersChanged() {
      try {
        return !sameHeaders(lastHeaders, (await options.authHeaders?.()) ?? {});
      } catch {
        return false;
      }
    },
  };
}

interface OutgoingRequest {
  readonly clientID: string;
  readonly body: unknown;
  readonly signal: AbortSignal | undefined;
}

function checked<T>(
  body: unknown,
  { check, bytes }: { readonly check: (body: unknown) => T; readonly bytes: number },
): TransportResult<T> {
  try {
    return { kind: "ok", value: check(body), bytes };
  } catch (error) {
    if (error instanceof MalformedAnswer) return { kind: "malformed", reason: error.message };
    throw error;
  }
}

function httpError(response: Response, body: unknown, now: number): TransportHttpError {
  const { status, headers } = response;
  const own = readErrorBody(body);
  const said = own ?? {
    code: `http-${status}`,
    message: `The server answered with status ${status}.`,
  };
  const retryAfterMs = readRetryAfter(headers.get("retry-after"), now);
  // Whatever a gateway puts into the body, it speaks for a server that has not answered it.
  const isServers = own !== null && status !== 502 && status !== 504;
  return { kind: "http-error", status, ...said, retryAfterMs, isServers };
}

/** Seconds, or a date in HTTP's format. Anything else says nothing. */
function readRetryAfter(value: string | null, now: number): number | null {
  const seconds = value !== null && /^\s*\d+\s*$/.test(value);
  const date = value !== null && /GMT\s*$/.test(value);
  if (!seconds && !date) return null;
  const delayMs = seconds ? Number(value) * 1000 : Date.parse(value ?? "") - now;
  return Number.isNaN(delayMs) ? null : Math.min(Math.max(delayMs, 0), MAX_RETRY_AFTER_MS);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

function sameHeaders(a: AuthHeaders, b: AuthHeaders): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
  );
}
