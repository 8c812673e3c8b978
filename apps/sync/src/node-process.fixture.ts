/** `node-server.mjs` as a process of its own, and people who speak to it over the line. */

import { SCHEMA_VERSION } from "@plasma-starter/todo-domain";
import {
  CLIENT_GROUP_ID_HEADER,
  CLIENT_ID_HEADER,
  encodeTagged,
  PROTOCOL_VERSION,
  SOCKET_PROTOCOL,
  TICKET_PROTOCOL_PREFIX,
} from "@sh1n4ps/plasma-core";
import type { PullResponse, PushResponse } from "@sh1n4ps/plasma-core";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";

const SCRIPT = fileURLToPath(new URL("../node-server.mjs", import.meta.url));
const SETTINGS = {
  SESSION_SECRET: "a secret of the tests, which is long enough",
  APP_ORIGINS: "https://todo.test",
  DEMO: "true",
};

export interface NodeProcess {
  readonly url: string;
  stop(): Promise<number | null>;
}

export async function startNode(...args: string[]): Promise<NodeProcess> {
  const child = spawn(process.execPath, [SCRIPT, "--port", "0", ...args], {
    env: { ...process.env, ...SETTINGS },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit") as Promise<[number | null]>;
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    const read = (data: Buffer) => {
      output += data.toString();
      const [found] = /http:\/\/localhost:\d+/.exec(output) ?? [];
      if (found) resolve(found);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void ended.then(() => reject(new Error(`The server ended: ${output}`)));
  });
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      const [code] = await ended;
      return code;
    },
  };
}

/** A tab of a demo person. */
export async function personAt(server: NodeProcess, account: string) {
  const clientID = crypto.randomUUID();
  const post = async <T>(path: string, body: unknown, token = ""): Promise<T> => {
    const response = await fetch(`${server.url}${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        origin: SETTINGS.APP_ORIGINS,
        authorization: `Bearer ${token}`,
        [CLIENT_ID_HEADER]: clientID,
        [CLIENT_GROUP_ID_HEADER]: account,
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
  const { token } = await post<{ token: string }>("/demo/session", { account });
  const handshake = {
    protocolVersion: PROTOCOL_VERSION,
    schemaVersion: SCHEMA_VERSION,
    clientGroupID: account,
    clientID,
  };
  let lastID = 0;
  return {
    mutate: (name: string, args: unknown) =>
      post<PushResponse>(
        "/sync/push",
        {
          ...handshake,
          confirmed: 0,
          mutations: [
            {
              id: ++lastID,
              uid: crypto.randomUUID(),
              name,
              args: encodeTagged(args),
              timestamp: Date.now(),
            },
          ],
        },
        token,
      ),
    async rows(table: string) {
      const { patch } = await post<PullResponse>(
        "/sync/pull",
        { ...handshake, cookie: null, clients: [{ clientID, confirmed: 0 }] },
        token,
      );
      return patch.flatMap((operation) =>
        operation.op === "put" && operation.table === table ? [operation.row] : [],
      );
    },
    /** A socket that is open, and its next message. */
    async listen() {
      const { ticket } = await post<{ ticket: string }>("/sync/ticket", {}, token);
      const socket = openSocket(server, account, ticket);
      await once(socket, "open");
      const next = async () => {
        const [data] = (await once(socket, "message")) as [Buffer];
        return data.toString();
      };
      return { socket, next };
    },
  };
}

export function openSocket(server: NodeProcess, room: string, ticket: string): WebSocket {
  const address = `${server.url.replace("http", "ws")}/sync/coordinator?room=${room}`;
  return new WebSocket(address, [SOCKET_PROTOCOL, `${TICKET_PROTOCOL_PREFIX}${ticket}`], {
    origin: SETTINGS.APP_ORIGINS,
  });
}
