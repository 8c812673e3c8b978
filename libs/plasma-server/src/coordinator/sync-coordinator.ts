/**
 * The coordinator: a Durable Object that holds the sockets of one room and pokes them.
 *
 * 1. It is reached through the Worker's binding alone. Whoever opens a socket has been authenticated and allowed into
 *    the room before; the object only trusts the identity that the Worker hands over.
 * 2. It keeps nothing on disk but an alarm, and nothing in memory: sockets and their attachments belong to the runtime,
 *    so the object may hibernate at any time and go on afterwards as if nothing had happened.
 * 3. A poke carries no data and is sent to every socket of the room. A socket that is dead costs its neighbours
 *    nothing.
 * 4. A socket ends with the session that it was opened with: the alarm stands at the first end of all, and whoever is
 *    over is not poked before it rings either.
 */

import { SOCKET_PROTOCOL } from "@sh1n4ps/plasma-core";
import type { ErrorBody, ServerMessage } from "@sh1n4ps/plasma-core";
import { DurableObject } from "cloudflare:workers";
import { runtimePlatform } from "../platform.ts";
import { admit } from "./admission.ts";
import { readClientFrame } from "./client-frame.ts";
import { SOCKET_CLOSE } from "./socket-close.ts";
import {
  decodeIdentity,
  fitsAttachment,
  IDENTITY_HEADER,
  isAttachment,
  isExpired,
} from "./socket-identity.ts";
import type { SocketAttachment } from "./socket-identity.ts";

/** The `readyState` of a socket through which messages can go. */
const OPEN = 1;

export class SyncCoordinator<Env = unknown> extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // Answered by the runtime, so that a quiet room can stay asleep.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Opens a socket for the identity in the Worker's request. */
  override async fetch(request: Request): Promise<Response> {
    const identity = decodeIdentity(request.headers.get(IDENTITY_HEADER));
    if (!identity || request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return refuse(400, "invalid-request", "Open a WebSocket through the sync endpoint.");
    }
    const admission = admit(this.#openSockets(), identity.principal);
    if (admission.kind === "room-full") {
      const refusal = refuse(503, "room-full", "Too many people are here. Try again later.");
      refusal.headers.set("retry-after", "30");
      return refusal;
    }
    const attachment: SocketAttachment = { ...identity, order: admission.order };
    if (!fitsAttachment(attachment)) {
      return refuse(400, "invalid-request", "The ids of this client are too long.");
    }
    for (const { socket } of admission.displaced) {
      close(socket, SOCKET_CLOSE.displaced, "Too many connections of one person.");
    }
    const { 0: clientEnd, 1: serverEnd } = new WebSocketPair();
    this.ctx.acceptWebSocket(serverEnd);
    serverEnd.serializeAttachment(attachment);
    await this.#setAlarm();
    return new Response(null, {
      status: 101,
      headers: { "sec-websocket-protocol": SOCKET_PROTOCOL },
      webSocket: clientEnd,
    });
  }

  /** Tells every socket of the room that something is newer. Gives how many it reached. */
  async poke(): Promise<number> {
    return this.#broadcast({ type: "poke" });
  }

  override async alarm(): Promise<void> {
    this.#closeExpired();
    await this.#setAlarm();
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const frame = readClientFrame(data);
    switch (frame.kind) {
      case "too-large":
        return close(socket, SOCKET_CLOSE.tooLarge, "A message has at most 16 KB.");
      case "malformed":
        return close(socket, SOCKET_CLOSE.malformed, 'A message is a JSON object with a "type".');
      case "message":
        // No type has a meaning to this server yet; those of newer clients are ignored.
        return;
    }
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    // 1005 and the like only ever describe a close, and sending one back throws.
    const isSendable = code === 1000 || (code >= 3000 && code <= 4999);
    close(socket, isSendable ? code : 1000, "");
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    close(socket, SOCKET_CLOSE.serverError, "");
  }

  #openSockets() {
    const open: (SocketAttachment & { socket: WebSocket })[] = [];
    for (const socket of this.ctx.getWebSockets()) {
      const attachment: unknown = socket.deserializeAttachment();
      if (socket.readyState === OPEN && isAttachment(attachment)) {
        open.push({ ...attachment, socket });
      }
    }
    return open;
  }

  #closeExpired(): void {
    const now = runtimePlatform().clock.now();
    for (const { socket, ...identity } of this.#openSockets()) {
      if (isExpired(identity, now)) close(socket, SOCKET_CLOSE.expired, "Sign in again.");
    }
  }

  async #setAlarm(): Promise<void> {
    const ends = this.#openSockets().flatMap(({ expiresAt }) => expiresAt ?? []);
    if (ends.length === 0) return;
    const next = ends.reduce((first, end) => Math.min(first, end));
    const current = await this.ctx.storage.getAlarm();
    if (current === null || next < current) await this.ctx.storage.setAlarm(next);
  }

  #broadcast(message: ServerMessage): number {
    this.#closeExpired();
    const text = JSON.stringify(message);
    let reached = 0;
    for (const socket of this.ctx.getWebSockets()) {
      if (socket.readyState !== OPEN) continue;
      try {
        socket.send(text);
        reached += 1;
      } catch {
        close(socket, SOCKET_CLOSE.serverError, "");
      }
    }
    return reached;
  }
}

function close(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    // It is closed already.
  }
}

function refuse(status: number, code: string, message: string): Response {
  return Response.json({ code, message } satisfies ErrorBody, { status });
}
