/**
 * The sockets of one Node process, by room: what the coordinator is on Cloudflare, by the same rules (`admission.ts`,
 * `client-frame.ts`), so that a client cannot tell the two apart.
 *
 * 1. A socket is upgraded only after the sync handler has redeemed its ticket: the handler's `sockets.connect` is what
 *    takes it over. What the handler refuses is refused in HTTP.
 * 2. A socket ends with the session that it was opened with.
 * 3. Nothing is kept that is worth keeping: a socket that breaks costs freshness until its client is back.
 */

import { SOCKET_PROTOCOL } from "@sh1n4ps/plasma-core";
import type { ServerMessage } from "@sh1n4ps/plasma-core";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { admit } from "../coordinator/admission.ts";
import { MAX_FRAME_BYTES, readClientFrame } from "../coordinator/client-frame.ts";
import { SOCKET_CLOSE } from "../coordinator/socket-close.ts";
import type { SocketIdentity } from "../options.ts";
import { runtimePlatform } from "../platform.ts";
import type { Platform } from "../platform.ts";
import { RequestRefused } from "../errors.ts";

/** What is used of a socket of `ws`; the package itself is the app's. */
export interface WebSocketLike {
  readonly readyState: number;
  send(data: string): void;
  close(code: number, reason: string): void;
  terminate(): void;
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): unknown;
  on(event: "close" | "error", listener: () => void): unknown;
}

/** What is used of a `WebSocketServer` of `ws`, made with `webSocketOptions`. */
export interface WebSocketServerLike {
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    done: (socket: WebSocketLike) => void,
  ): void;
}

/** For `new WebSocketServer(webSocketOptions)`. */
export const webSocketOptions = {
  noServer: true,
  maxPayload: MAX_FRAME_BYTES,
  perMessageDeflate: false,
  // The ticket that a browser offers along with the protocol goes no further.
  handleProtocols: () => SOCKET_PROTOCOL,
} as const;

export interface Upgrade {
  readonly incoming: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

interface OpenSocket extends SocketIdentity {
  readonly socket: WebSocketLike;
  readonly order: number;
}

/** Timers of more than 31 bits ring at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The `readyState` of a socket through which messages can go. */
const OPEN = 1;

export class SocketRooms {
  readonly #server: WebSocketServerLike;
  readonly #rooms = new Map<string, Set<OpenSocket>>();
  readonly #upgrades = new WeakMap<Request, Upgrade>();

  readonly #platform: Pick<Platform, "clock" | "timers">;

  constructor(
    server: WebSocketServerLike,
    platform: Pick<Platform, "clock" | "timers"> = runtimePlatform(),
  ) {
    this.#server = server;
    this.#platform = platform;
  }

  /** The `sockets` option of `createSyncHandler`. It has to be given the request that `createNodeServer` has made. */
  readonly connect = async (request: Request, identity: SocketIdentity): Promise<Response> => {
    const upgrade = this.#upgrades.get(request);
    if (!upgrade) throw new TypeError("This request is none that a Node server has received.");
    const admission = admit([...(this.#rooms.get(identity.room) ?? [])], identity.principal);
    if (admission.kind === "room-full") {
      throw new RequestRefused({
        status: 503,
        code: "room-full",
        message: "Too many people are here. Try again later.",
        headers: { "retry-after": "30" },
      });
    }
    for (const { socket } of admission.displaced) {
      socket.close(SOCKET_CLOSE.displaced, "Too many connections of one person.");
    }
    this.#upgrades.delete(request);
    const { incoming, socket: connection, head } = upgrade;
    this.#server.handleUpgrade(incoming, connection, head, (socket) => {
      this.#enter({ ...identity, socket, order: admission.order });
    });
    // Nobody reads it: the answer is on the wire.
    return new Response(null, { status: 200 });
  };

  /** Has the handler decide about an upgrade. Its answer is to be sent only if it did not take the socket over. */
  async decide(
    request: Request,
    upgrade: Upgrade,
    handle: (request: Request) => Promise<Response>,
  ): Promise<Response | null> {
    this.#upgrades.set(request, upgrade);
    const response = await handle(request);
    return this.#upgrades.delete(request) ? response : null;
  }

  /** Tells everyone in a room that something is newer. Gives how many sockets it reached. */
  poke(room: string): number {
    return [...(this.#rooms.get(room) ?? [])].filter(({ socket }) => sendPoke(socket)).length;
  }

  /** For changes of which nobody knows whom they concern. */
  pokeAll(): void {
    for (const room of this.#rooms.keys()) this.poke(room);
  }

  /** Before the process ends: clients connect anew, to whoever is there then. */
  close(): void {
    for (const room of this.#rooms.values()) {
      for (const { socket } of room) socket.close(1001, "The server is going down.");
    }
  }

  #enter(entered: OpenSocket): void {
    const { socket } = entered;
    const room = this.#rooms.get(entered.room) ?? new Set();
    room.add(entered);
    this.#rooms.set(entered.room, room);
    socket.on("message", (data, isBinary) => receive(socket, isBinary ? data : data.toString()));
    socket.on("error", () => socket.terminate());
    const forget = this.#closeAtEnd(entered);
    socket.on("close", () => {
      forget();
      room.delete(entered);
      if (room.size === 0) this.#rooms.delete(entered.room);
    });
  }

  #closeAtEnd({ socket, expiresAt }: OpenSocket): () => void {
    if (expiresAt === undefined) return () => undefined;
    const { clock, timers } = this.#platform;
    let timer: unknown;
    const wait = () => {
      const left = expiresAt - clock.now();
      if (left <= 0) return socket.close(SOCKET_CLOSE.expired, "Sign in again.");
      timer = timers.set(wait, Math.min(left, MAX_TIMER_MS));
    };
    wait();
    return () => timers.clear(timer);
  }
}

function sendPoke(socket: WebSocketLike): boolean {
  if (socket.readyState !== OPEN) return false;
  socket.send(JSON.stringify({ type: "poke" } satisfies ServerMessage));
  return true;
}

function receive(socket: WebSocketLike, data: string | Buffer): void {
  if (data === "ping") {
    socket.send("pong");
    return;
  }
  const frame = readClientFrame(typeof data === "string" ? data : new Uint8Array(data).buffer);
  switch (frame.kind) {
    case "too-large":
      return socket.close(SOCKET_CLOSE.tooLarge, "A message has at most 16 KB.");
    case "malformed":
      return socket.close(SOCKET_CLOSE.malformed, 'A message is a JSON object with a "type".');
    case "message":
      // No type has a meaning to this server yet; those of newer clients are ignored.
      return;
  }
}
