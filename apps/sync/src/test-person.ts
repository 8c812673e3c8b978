/** A person for the tests in workerd: speaks the wire protocol through the whole worker, one request at a time. */

import { SCHEMA_VERSION } from "@plasma-starter/todo-domain";
import {
  CLIENT_GROUP_ID_HEADER,
  CLIENT_ID_HEADER,
  encodeTagged,
  PROTOCOL_VERSION,
  SOCKET_PROTOCOL,
  TICKET_PROTOCOL_PREFIX,
} from "@sh1n4ps/plasma-core";
import type {
  PullRequest,
  PullResponse,
  PushRequest,
  PushResponse,
  TicketResponse,
  WireMutation,
} from "@sh1n4ps/plasma-core";
import { exports } from "cloudflare:workers";

export const APP_ORIGIN = "https://todo.test";
const WORKER = "https://sync.test";

export interface TestSocket {
  readonly socket: WebSocket;
  /** Everything that has arrived and was not read yet, once all that was sent until now is here. */
  arrived(): Promise<string[]>;
  /** The next message, whenever it comes. */
  next(): Promise<string>;
}

export interface TestPerson {
  readonly account: string;
  readonly clientID: string;
  post(path: string, body: unknown): Promise<Response>;
  /** The mutation as it goes over the wire, with the next id of this client. */
  mutation(name: string, args: unknown): WireMutation;
  pushRequest(...mutations: WireMutation[]): PushRequest;
  /** Pushes one mutation and gives the server's answer. */
  mutate(name: string, args: unknown): Promise<PushResponse>;
  pullRequest(cookie?: string | null): PullRequest;
  /** All pages of a pull, and the text of each as it came. */
  pull(cookie?: string | null): Promise<{ pages: PullResponse[]; raw: string[] }>;
  ticket(room?: string): Promise<string>;
  openSocket(): Promise<TestSocket>;
}

export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch(new Request(`${WORKER}${path}`, init));
}

export async function postJson(path: string, body: unknown): Promise<Response> {
  return send(path, {
    method: "POST",
    headers: { "content-type": "application/json", origin: APP_ORIGIN },
    body: JSON.stringify(body),
  });
}

/** A new tab of a demo person. */
export async function signIn(account: string, clientID = crypto.randomUUID()): Promise<TestPerson> {
  const session = await postJson("/demo/session", { account });
  const { token } = await readJson<{ token: string }>(session);
  let lastID = 0;

  const post = async (path: string, body: unknown) =>
    send(path, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        origin: APP_ORIGIN,
        authorization: `Bearer ${token}`,
        [CLIENT_ID_HEADER]: clientID,
        [CLIENT_GROUP_ID_HEADER]: account,
      },
      body: JSON.stringify(body),
    });
  const handshake = {
    protocolVersion: PROTOCOL_VERSION,
    schemaVersion: SCHEMA_VERSION,
    clientGroupID: account,
    clientID,
  };

  const person: TestPerson = {
    account,
    clientID,
    post,
    mutation: (name, args) => ({
      id: ++lastID,
      uid: crypto.randomUUID(),
      name,
      args: encodeTagged(args),
      timestamp: Date.now(),
    }),
    pushRequest: (...mutations) => ({ ...handshake, confirmed: 0, mutations }),
    mutate: async (name, args) =>
      readJson(await post("/sync/push", person.pushRequest(person.mutation(name, args)))),
    pullRequest: (cookie = null) => ({
      ...handshake,
      cookie,
      clients: [{ clientID, confirmed: 0 }],
    }),
    pull: async (cookie = null) => {
      const pages: PullResponse[] = [];
      const raw: string[] = [];
      for (let at: string | null = cookie, hasMore = true; hasMore;) {
        const response = await post("/sync/pull", person.pullRequest(at));
        const text = await response.text();
        if (!response.ok) throw new Error(`The pull was refused: ${response.status} ${text}`);
        const page = JSON.parse(text) as PullResponse;
        pages.push(page);
        raw.push(text);
        at = page.cookie;
        hasMore = page.hasMore;
      }
      return { pages, raw };
    },
    ticket: async (room) =>
      (
        await readJson<TicketResponse>(
          await post("/sync/ticket", room === undefined ? {} : { room }),
        )
      ).ticket,
    openSocket: async () => {
      const response = await upgrade(account, await person.ticket());
      if (!response.webSocket) {
        throw new Error(`No socket: ${response.status} ${await response.text()}`);
      }
      return listen(response.webSocket);
    },
  };
  return person;
}

/** Asks for a socket as a browser would. */
export async function upgrade(
  room: string,
  ticket: string | undefined,
  origin: string | null = APP_ORIGIN,
): Promise<Response> {
  const protocols = [SOCKET_PROTOCOL, ...(ticket ? [`${TICKET_PROTOCOL_PREFIX}${ticket}`] : [])];
  return send(`/sync/coordinator?room=${encodeURIComponent(room)}`, {
    headers: {
      upgrade: "websocket",
      "sec-websocket-protocol": protocols.join(", "),
      ...(origin !== null && { origin }),
    },
  });
}

/** The body of a success; anything else fails the test with what the worker said. */
export async function readJson<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (!response.ok) throw new Error(`The worker refused: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

function listen(socket: WebSocket): TestSocket {
  const messages: string[] = [];
  let wake = () => {};
  socket.addEventListener("message", (event) => {
    messages.push(String(event.data));
    wake();
  });
  socket.accept();
  const next = async (): Promise<string> => {
    while (messages.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return messages.shift() ?? "";
  };
  const arrived = async (): Promise<string[]> => {
    socket.send("ping");
    const before: string[] = [];
    for (let text = await next(); text !== "pong"; text = await next()) before.push(text);
    return before;
  };
  return { socket, next, arrived };
}
