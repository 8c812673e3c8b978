import { SOCKET_PROTOCOL } from "@sh1n4ps/plasma-core";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { SocketRooms, webSocketOptions } from "./socket-rooms.ts";

const rooms = new SocketRooms(new WebSocketServer(webSocketOptions));
let server: Server;

/** `?left=300`: the session of whoever connects has so many milliseconds left. */
beforeAll(async () => {
  server = createServer().on("upgrade", (incoming, socket, head) => {
    const { searchParams } = new URL(incoming.url!, "http://sync.test");
    const left = searchParams.get("left");
    void rooms.decide(
      new Request("http://sync.test"),
      { incoming, socket, head },
      (request): Promise<Response> =>
        rooms.connect(request, {
          room: "room",
          clientID: "tab",
          clientGroupID: "ada",
          principal: "ada",
          ...(left !== null && { expiresAt: Date.now() + Number(left) }),
        }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  rooms.close();
  server.close();
});

async function open(query = "") {
  const { port } = server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/${query}`, SOCKET_PROTOCOL);
  const messages: string[] = [];
  socket.on("message", (data: Buffer) => messages.push(data.toString()));
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  await new Promise((resolve) => socket.on("open", resolve));
  return { socket, messages, closed };
}

describe("the sockets of a Node process", () => {
  it("are closed with 4401 when their session ends, and only then", async () => {
    const lasting = await open("?left=2592000000");
    const endless = await open();
    const short = await open("?left=100");
    expect(await short.closed).toBe(4401);
    expect(rooms.poke("room")).toBe(2);
    await expect
      .poll(() => [lasting.messages, endless.messages])
      .toEqual([['{"type":"poke"}'], ['{"type":"poke"}']]);
  });

  it("answer a ping, whoever else is there", async () => {
    const { socket, messages } = await open();
    socket.send("ping");
    await expect.poll(() => messages).toEqual(["pong"]);
  });
});
