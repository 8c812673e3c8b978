import { SOCKET_PROTOCOL } from "@sh1n4ps/plasma-core";
import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MAX_SOCKETS_PER_PRINCIPAL } from "./admission.ts";
import { MAX_FRAME_BYTES } from "./client-frame.ts";
import { coordinatorSockets, pokeCoordinator } from "./rooms.ts";
import type { CoordinatorNamespace } from "./rooms.ts";
import { IDENTITY_HEADER } from "./socket-identity.ts";
import { SOCKET_CLOSE } from "./socket-close.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      readonly COORDINATOR: CoordinatorNamespace;
    }
  }
}

const { COORDINATOR } = env;
const sockets = coordinatorSockets(COORDINATOR);

interface Listener {
  readonly socket: WebSocket;
  readonly messages: string[];
  readonly closed: Promise<{ code: number }>;
  next(): Promise<string>;
}

async function connect(
  room: string,
  principal = room,
  clientID = "tab-1",
  expiresAt?: number,
): Promise<Response> {
  const request = new Request(`https://sync.test/sync/coordinator?room=${room}`, {
    headers: {
      upgrade: "websocket",
      "sec-websocket-protocol": `${SOCKET_PROTOCOL}, plasma.ticket.secret`,
    },
  });
  return sockets.connect(request, {
    room,
    clientID,
    clientGroupID: principal,
    principal,
    ...(expiresAt !== undefined && { expiresAt }),
  });
}

async function open(
  ...[room, principal, clientID, expiresAt]: Parameters<typeof connect>
): Promise<Listener> {
  const { webSocket, status } = await connect(room, principal, clientID, expiresAt);
  expect(status).toBe(101);
  const socket = webSocket as WebSocket;
  const messages: string[] = [];
  let wake = () => {};
  socket.addEventListener("message", (event) => {
    messages.push(String(event.data));
    wake();
  });
  const closed = new Promise<{ code: number }>((resolve) => {
    socket.addEventListener("close", (event) => {
      resolve({ code: event.code });
    });
  });
  socket.accept();
  let read = 0;
  const next = async (): Promise<string> => {
    while (messages.length <= read) await new Promise<void>((resolve) => (wake = resolve));
    read += 1;
    return messages[read - 1] as string;
  };
  return { socket, messages, closed, next };
}

/** Resolves when everything that the object had sent before has arrived. */
async function drain({ socket, next }: Listener): Promise<string[]> {
  socket.send("ping");
  const before: string[] = [];
  for (let message = await next(); message !== "pong"; message = await next()) before.push(message);
  return before;
}

const POKE = JSON.stringify({ type: "poke" });

describe("a coordinator", () => {
  it("answers an upgrade with the protocol and never with the ticket", async () => {
    const response = await connect("protocol");
    expect(response.headers.get("sec-websocket-protocol")).toBe(SOCKET_PROTOCOL);
    response.webSocket?.accept();
    response.webSocket?.close(1000);
  });

  it("pokes every socket of its room and nobody else", async () => {
    const ada = [await open("ada", "ada", "laptop"), await open("ada", "ada", "phone")];
    const linus = await open("linus");
    expect(await pokeCoordinator(COORDINATOR, "ada")).toBe(2);
    for (const listener of ada) expect(await drain(listener)).toEqual([POKE]);
    expect(await drain(linus)).toEqual([]);
  });

  it("takes a poke for a room that nobody is in", async () => {
    expect(await pokeCoordinator(COORDINATOR, "nobody-is-here")).toBe(0);
    expect(await pokeCoordinator(COORDINATOR, "")).toBe(0);
    expect(await pokeCoordinator(COORDINATOR, "日本語".repeat(200))).toBe(0);
  });

  it("answers ping with pong without waking up for it", async () => {
    const listener = await open("ping");
    listener.socket.send("ping");
    expect(await listener.next()).toBe("pong");
    await runInDurableObject(COORDINATOR.get(COORDINATOR.idFromName("ping")), (_, state) => {
      const [socket] = state.getWebSockets();
      expect(state.getWebSocketAutoResponseTimestamp(socket as WebSocket)).toBeInstanceOf(Date);
    });
  });

  it("keeps who holds a socket as its attachment, and nothing of it on disk", async () => {
    await open("attached", "grace", "tab-7");
    await runInDurableObject(COORDINATOR.get(COORDINATOR.idFromName("attached")), async (_, s) => {
      const [socket] = s.getWebSockets();
      expect(socket?.deserializeAttachment()).toEqual({
        clientID: "tab-7",
        clientGroupID: "grace",
        principal: "grace",
        order: 1,
      });
      expect(await s.storage.list()).toEqual(new Map());
    });
  });

  it("ignores messages of a type that it does not know", async () => {
    const listener = await open("unknown-type");
    listener.socket.send(JSON.stringify({ type: "from-the-future", payload: [1, 2, 3] }));
    expect(await drain(listener)).toEqual([]);
    expect(await pokeCoordinator(COORDINATOR, "unknown-type")).toBe(1);
  });

  it.each(["hello", "[]", "{}", '{"type":1}'])(
    "closes on a frame without a type: %s",
    async (text) => {
      const listener = await open(`malformed-${text}`);
      listener.socket.send(text);
      expect(await listener.closed).toEqual({ code: SOCKET_CLOSE.malformed });
    },
  );

  it("closes on a frame above 16 KB with 1009, text or binary", async () => {
    const text = await open("large-text");
    text.socket.send(JSON.stringify({ type: "a", pad: "x".repeat(MAX_FRAME_BYTES) }));
    expect(await text.closed).toEqual({ code: 1009 });
    const binary = await open("large-binary");
    binary.socket.send(new Uint8Array(MAX_FRAME_BYTES + 1));
    expect(await binary.closed).toEqual({ code: 1009 });
  });

  it("spares the neighbours of a socket that misbehaves", async () => {
    const good = await open("neighbours", "ada", "good");
    const bad = await open("neighbours", "ada", "bad");
    bad.socket.send("nonsense");
    await bad.closed;
    expect(await pokeCoordinator(COORDINATOR, "neighbours")).toBe(1);
    expect(await drain(good)).toEqual([POKE]);
  });

  it.each([undefined, 1000, 3001, 4999])(
    "answers a client's close, whatever its code: %s",
    async (code) => {
      const room = `close-${code}`;
      const listener = await open(room);
      if (code === undefined) listener.socket.close();
      else listener.socket.close(code, "bye");
      await listener.closed;
      expect(await pokeCoordinator(COORDINATOR, room)).toBe(0);
    },
  );

  it("closes a person's oldest socket when they open one too many", async () => {
    const listeners: Listener[] = [];
    for (let tab = 0; tab < MAX_SOCKETS_PER_PRINCIPAL; tab += 1) {
      listeners.push(await open("crowded", "ada", `tab-${tab}`));
    }
    const grace = await open("crowded", "grace");
    const newest = await open("crowded", "ada", "one-too-many");
    expect(await listeners[0]?.closed).toEqual({ code: SOCKET_CLOSE.displaced });
    expect(await pokeCoordinator(COORDINATOR, "crowded")).toBe(MAX_SOCKETS_PER_PRINCIPAL + 1);
    expect(await drain(newest)).toEqual([POKE]);
    expect(await drain(grace)).toEqual([POKE]);
    expect(await drain(listeners[1] as Listener)).toEqual([POKE]);
  });

  it("closes a socket with 4401 when the session ends that it was opened with, and no other", async () => {
    const now = Date.now();
    const short = await open("sessions", "ada", "short", now + 300);
    const later = await open("sessions", "ada", "later", now + 600);
    const lasting = await open("sessions", "ada", "lasting", now + 60_000);
    const endless = await open("sessions", "grace", "endless");
    expect(await short.closed).toEqual({ code: SOCKET_CLOSE.expired });
    expect(await later.closed).toEqual({ code: SOCKET_CLOSE.expired });
    expect(await pokeCoordinator(COORDINATOR, "sessions")).toBe(2);
    expect(await drain(lasting)).toEqual([POKE]);
    expect(await drain(endless)).toEqual([POKE]);
  });

  it("pokes nobody whose session is over, even before the alarm rings", async () => {
    const over = await open("over", "ada", "over", Date.now() - 1);
    expect(await pokeCoordinator(COORDINATOR, "over")).toBe(0);
    expect(await over.closed).toEqual({ code: SOCKET_CLOSE.expired });
    expect(over.messages).toEqual([]);
  });

  it("opens nothing without an identity, without an upgrade, or for ids too long to keep", async () => {
    const stub = COORDINATOR.get(COORDINATOR.idFromName("refused"));
    const upgrade = { upgrade: "websocket" };
    expect((await stub.fetch("https://coordinator/", { headers: upgrade })).status).toBe(400);
    const forged = { ...upgrade, [IDENTITY_HEADER]: "%7B%22clientID%22%3A1%7D" };
    expect((await stub.fetch("https://coordinator/", { headers: forged })).status).toBe(400);
    const plain = {
      [IDENTITY_HEADER]: encodeURIComponent('{"clientID":"a","clientGroupID":"a","principal":"a"}'),
    };
    expect((await stub.fetch("https://coordinator/", { headers: plain })).status).toBe(400);
    expect((await connect("refused", "x".repeat(3_000))).status).toBe(400);
    expect(await pokeCoordinator(COORDINATOR, "refused")).toBe(0);
  });

  it("is usable again after it was aborted", async () => {
    const before = await open("aborted");
    await abortAllDurableObjects();
    await before.closed.catch(() => undefined);
    const after = await open("aborted");
    expect(await pokeCoordinator(COORDINATOR, "aborted")).toBe(1);
    expect(await drain(after)).toEqual([POKE]);
  });
});
