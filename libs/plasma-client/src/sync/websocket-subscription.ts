/**
 * A socket to the coordinator, on which the server says that something is newer.
 *
 *   connecting   a ticket is fetched, the socket opens    → open · waiting
 *   open         pokes come in, pings go out              → waiting
 *   waiting      the retry timer                          → connecting
 *
 * 1. A poke is a hint: it may be lost, doubled or early. After each (re)connect the client pulls, because pokes may
 *    have been missed meanwhile; and it polls in any case.
 * 2. The ticket travels as a subprotocol, never in the URL, and each connection gets its own.
 * 3. A socket can be dead without having been closed. Whoever does not answer "ping" is left. The server's runtime
 *    answers without waking anything up.
 * 4. What a socket says after it was left is not heard. At most one timer is set.
 * 5. Messages have a `type`; of an unknown type, or malformed, they are ignored.
 * 6. A connection that did not last counts as a failed attempt, so that a server that accepts and closes at once is
 *    not stormed.
 */

import { SOCKET_PROTOCOL, TICKET_PROTOCOL_PREFIX } from "@sh1n4ps/plasma-core";
import { DEFAULT_RETRY } from "../options.ts";
import type { Subscribe, Subscription, SubscriptionInput } from "../options.ts";
import type { TimerHandle, WebSocketConstructor } from "../platform.ts";
import { backoffDelay, probeDelay } from "./backoff.ts";
import type { BackoffOptions } from "./backoff.ts";

export interface WebSocketSubscriptionOptions {
  /** Default: the client's endpoint, as a socket URL, and `/coordinator`. */
  readonly url?: string;
  /** Default: the room of the client group. */
  readonly room?: string;
  /** A ticket from somewhere else than the sync endpoint. */
  readonly token?: () => string | Promise<string>;
  /** Offered besides the protocol's own. */
  readonly protocols?: readonly string[];
  readonly retry?: Partial<BackoffOptions>;
  readonly heartbeatMs?: number;
  /** How long to wait for an answer to a ping, and for a socket to open. */
  readonly timeoutMs?: number;
}

const DEFAULT_HEARTBEAT_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 10_000;
/** What lasted so long did connect. */
const STABLE_MS = 10_000;
/** The server closed the oldest of too many sockets of one person: there is no hurry to come back. */
const CLOSE_DISPLACED = 4429;

export function createWebSocketSubscription(options: WebSocketSubscriptionOptions = {}): Subscribe {
  return (input) => {
    if (input.platform.WebSocket) return connectForEver(input, options, input.platform.WebSocket);
    input.platform.log("warn", "There are no WebSockets here: changes arrive by polling.");
    return { close: () => undefined };
  };
}

type Phase =
  | { readonly kind: "connecting"; readonly socket: WebSocket | null }
  | { readonly kind: "open"; readonly socket: WebSocket; readonly since: number }
  | { readonly kind: "waiting" }
  | { readonly kind: "closed" };

function connectForEver(
  input: SubscriptionInput,
  options: WebSocketSubscriptionOptions,
  Socket: WebSocketConstructor,
): Subscription {
  const { platform } = input;
  const retry: BackoffOptions = { ...DEFAULT_RETRY, ...options.retry };
  const heartbeatMs = options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS;
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  let phase: Phase = { kind: "waiting" };
  let connection = 0;
  let attempts = 0;
  let awaitsPong = false;
  let timer: TimerHandle | null = null;

  const unsubscribe = [
    platform.online.subscribe(() => {
      if (platform.online.current()) hurry();
    }),
    platform.visible.subscribe(() => {
      if (platform.visible.current()) hurry();
    }),
  ];
  void connect();

  return {
    close() {
      if (phase.kind === "closed") return;
      for (const end of unsubscribe) end();
      leave({ kind: "closed" });
    },
  };

  async function connect(): Promise<void> {
    connection += 1;
    const mine = connection;
    const isCurrent = () => mine === connection;
    phase = { kind: "connecting", socket: null };
    clearTimer();
    try {
      const { ticket, room } = await admission(input, options);
      if (!isCurrent()) return;
      const socket = new Socket(socketURL(options.url ?? defaultURL(input.endpoint), room), [
        SOCKET_PROTOCOL,
        `${TICKET_PROTOCOL_PREFIX}${ticket}`,
        ...(options.protocols ?? []),
      ]);
      phase = { kind: "connecting", socket };
      setTimer(timeoutMs, () => retryLater());
      socket.addEventListener("open", () => {
        if (isCurrent()) opened(socket);
      });
      socket.addEventListener("message", (event: MessageEvent<unknown>) => {
        if (isCurrent()) heard(event.data);
      });
      socket.addEventListener("close", (event) => {
        if (isCurrent()) retryLater(event.code);
      });
      socket.addEventListener("error", () => {
        if (isCurrent()) retryLater();
      });
    } catch (cause) {
      if (!isCurrent()) return;
      platform.log("debug", "The socket could not be opened. It is tried again.", cause);
      retryLater();
    }
  }

  function opened(socket: WebSocket): void {
    phase = { kind: "open", socket, since: platform.clock.now() };
    awaitsPong = false;
    setTimer(heartbeatMs, ping);
    input.onOpen();
  }

  function heard(data: unknown): void {
    if (awaitsPong) {
      awaitsPong = false;
      setTimer(heartbeatMs, ping);
    }
    if (typeof data === "string" && messageType(data) === "poke") input.onPoke();
  }

  function ping(): void {
    if (phase.kind !== "open") return;
    awaitsPong = true;
    setTimer(timeoutMs, () => retryLater());
    phase.socket.send("ping");
  }

  /** The device is back, or somebody looks: no time for waiting, or for trusting a socket that may be dead. */
  function hurry(): void {
    if (phase.kind === "waiting") void connect();
    if (phase.kind === "open" && !awaitsPong) ping();
  }

  function retryLater(code?: number): void {
    if (phase.kind === "open" && platform.clock.now() - phase.since >= STABLE_MS) attempts = 0;
    attempts += 1;
    leave({ kind: "waiting" });
    const delayMs =
      code === CLOSE_DISPLACED
        ? probeDelay(retry, platform.random)
        : backoffDelay(attempts, retry, platform.random);
    setTimer(delayMs, () => void connect());
  }

  function leave(next: Phase): void {
    const left = phase;
    connection += 1;
    phase = next;
    clearTimer();
    if (left.kind === "connecting" || left.kind === "open") left.socket?.close(1000);
    if (left.kind === "open") input.onClose();
  }

  function setTimer(delayMs: number, callback: () => void): void {
    clearTimer();
    timer = platform.timers.set(() => {
      timer = null;
      callback();
    }, delayMs);
  }

  function clearTimer(): void {
    if (timer !== null) platform.timers.clear(timer);
    timer = null;
  }
}

async function admission(
  input: SubscriptionInput,
  { token, room }: WebSocketSubscriptionOptions,
): Promise<{ ticket: string; room: string | undefined }> {
  return token ? { ticket: await token(), room } : input.getTicket(room);
}

/** A relative endpoint stays one: sockets take what `fetch` takes. */
function defaultURL(endpoint: string): string {
  return `${endpoint.replace(/\/+$/, "").replace(/^http/, "ws")}/coordinator`;
}

function socketURL(url: string, room: string | undefined): string {
  if (room === undefined) return url;
  return `${url}${url.includes("?") ? "&" : "?"}room=${encodeURIComponent(room)}`;
}

function messageType(data: string): unknown {
  try {
    const message: unknown = JSON.parse(data);
    return typeof message === "object" && message !== null && "type" in message
      ? message.type
      : undefined;
  } catch {
    return undefined;
  }
}
