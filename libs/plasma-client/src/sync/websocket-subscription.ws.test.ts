import { SOCKET_PROTOCOL, TICKET_PROTOCOL_PREFIX } from "@sh1n4ps/plasma-core";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { browserPlatform } from "../platform.ts";
import type { WebSocketConstructor } from "../platform.ts";
import { createWebSocketSubscription } from "./websocket-subscription.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function realServer() {
  const server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    // The server picks its own protocol; the ticket is not echoed.
    handleProtocols: (protocols) => (protocols.has(SOCKET_PROTOCOL) ? SOCKET_PROTOCOL : false),
  });
  await once(server, "listening");
  closers.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const connections: { socket: WebSocket; url: string; protocols: string; received: string[] }[] =
    [];
  server.on("connection", (socket, request) => {
    const received: string[] = [];
    const protocols = request.headers["sec-websocket-protocol"] ?? "";
    connections.push({ socket, url: request.url ?? "", protocols, received });
    socket.on("message", (data) => {
      received.push(String(data));
      if (String(data) === "ping") socket.send("pong");
    });
  });
  return { endpoint: `http://127.0.0.1:${port}/sync`, connections };
}

describe("over a real socket", () => {
  it("offers the ticket, hears pokes, answers for its life, and comes back", async () => {
    const { endpoint, connections } = await realServer();
    const onPoke = vi.fn();
    const onOpen = vi.fn();
    const onClose = vi.fn();
    let tickets = 0;
    const subscription = createWebSocketSubscription({
      heartbeatMs: 20,
      timeoutMs: 1000,
      retry: { initialDelayMs: 10, maxDelayMs: 20 },
    })({
      endpoint,
      getTicket: async () => ({ ticket: `t${(tickets += 1)}`, room: "person" }),
      onPoke,
      onOpen,
      onClose,
      platform: {
        ...browserPlatform(),
        WebSocket: WebSocket as unknown as WebSocketConstructor,
      },
    });
    closers.push(() => subscription.close());

    await vi.waitFor(() => expect(onOpen).toHaveBeenCalledTimes(1));
    expect(connections[0]?.url).toBe("/sync/coordinator?room=person");
    expect(connections[0]?.protocols).toBe(`${SOCKET_PROTOCOL},${TICKET_PROTOCOL_PREFIX}t1`);

    connections[0]?.socket.send('{"type":"poke"}');
    await vi.waitFor(() => expect(onPoke).toHaveBeenCalledTimes(1));
    await vi.waitFor(() => expect(connections[0]?.received.length).toBeGreaterThan(2));
    expect(connections).toHaveLength(1);

    connections[0]?.socket.terminate();
    await vi.waitFor(() => expect(onOpen).toHaveBeenCalledTimes(2));
    expect(onClose).toHaveBeenCalledTimes(1);
    expect(connections[1]?.protocols).toContain("t2");

    const closed = once(connections[1]?.socket as WebSocket, "close");
    subscription.close();
    expect((await closed)[0]).toBe(1000);
  });

  it("survives a server that is not there", async () => {
    const getTicket = vi.fn(async () => ({ ticket: "t", room: "person" }));
    const subscription = createWebSocketSubscription({
      retry: { initialDelayMs: 5, maxDelayMs: 10 },
    })({
      endpoint: "http://127.0.0.1:1/sync",
      getTicket,
      onPoke: () => undefined,
      onOpen: () => undefined,
      onClose: () => undefined,
      platform: {
        ...browserPlatform(),
        WebSocket: WebSocket as unknown as WebSocketConstructor,
      },
    });
    closers.push(() => subscription.close());
    await vi.waitFor(() => expect(getTicket.mock.calls.length).toBeGreaterThan(3));
  });
});
