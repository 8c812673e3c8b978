/** A sync handler behind Node's own HTTP server, its sockets included. */

import { createServer, STATUS_CODES } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ErrorBody } from "@sh1n4ps/plasma-core";
import { requestOf, sendResponse } from "./http.ts";
import type { SocketRooms } from "./socket-rooms.ts";

export interface NodeServerOptions {
  readonly handle: (request: Request) => Promise<Response>;
  /** Without it upgrades are refused, and clients poll. */
  readonly rooms?: SocketRooms;
  /** Hears what `handle` throws; the caller gets a 500 that says nothing. */
  readonly onError: (error: unknown) => void;
}

/** Not listening yet. */
export function createNodeServer(options: NodeServerOptions): Server {
  const server = createServer();
  server.on("request", (incoming, outgoing) => void serve(options, incoming, outgoing));
  server.on("upgrade", (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    // A line that breaks says so by an event, which would end the process if nobody listened.
    socket.on("error", () => socket.destroy());
    void upgrade(options, { incoming, socket, head });
  });
  return server;
}

/** Takes no more requests, ends its sockets, and is through when those under way are answered. */
export async function closeNodeServer(
  server: Server,
  { rooms }: Pick<NodeServerOptions, "rooms"> = {},
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  rooms?.close();
  server.closeIdleConnections();
  await closed;
}

async function serve(
  options: NodeServerOptions,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => gone.abort());
  const request = requestOf(incoming, gone.signal);
  const response = request ? await handled(options, request) : refusal(400, MALFORMED);
  try {
    await sendResponse(response, outgoing);
  } catch {
    // Whoever asked has hung up. What was committed is committed, and is answered again when they ask again.
    outgoing.destroy();
  }
}

async function upgrade(
  options: NodeServerOptions,
  place: { readonly incoming: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
): Promise<void> {
  const { rooms } = options;
  const request = requestOf(place.incoming, new AbortController().signal);
  const handle = (asked: Request) => handled(options, asked);
  const response =
    request && rooms ? await rooms.decide(request, place, handle) : refusal(400, MALFORMED);
  if (response) refuseUpgrade(place.socket, response, await response.text());
}

async function handled(options: NodeServerOptions, request: Request): Promise<Response> {
  try {
    return await options.handle(request);
  } catch (error) {
    options.onError(error);
    return refusal(500, { code: "internal", message: "The server failed. Try again later." });
  }
}

const MALFORMED: ErrorBody = { code: "malformed", message: "This request cannot be read." };

function refusal(status: number, body: ErrorBody): Response {
  return Response.json(body, { status });
}

function refuseUpgrade(socket: Duplex, { status, headers }: Response, body: string): void {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    ...[...headers].map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
