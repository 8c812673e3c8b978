import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Each instance of the object has a number of its own, which shows when it was put to sleep in between. */
const WORKER = `
  import { coordinatorSockets, pokeCoordinator, SyncCoordinator } from "./index.ts";

  export class WatchedCoordinator extends SyncCoordinator {
    #instance = crypto.randomUUID();
    async sockets() { return this.ctx.getWebSockets().length; }
    async instance() { return this.#instance; }
  }

  export default {
    async fetch(request, { COORDINATOR }) {
      const { pathname, searchParams } = new URL(request.url);
      const room = searchParams.get("room");
      switch (pathname) {
        case "/connect": {
          const clientID = searchParams.get("client");
          const expiresAt = Number(searchParams.get("expires")) || undefined;
          const admission = { room, clientID, clientGroupID: room, principal: room, expiresAt };
          return coordinatorSockets(COORDINATOR).connect(request, admission);
        }
        case "/poke":
          return Response.json(await pokeCoordinator(COORDINATOR, room));
        case "/sockets":
          return Response.json(await COORDINATOR.get(COORDINATOR.idFromName(room)).sockets());
        default:
          return Response.json(await COORDINATOR.get(COORDINATOR.idFromName(room)).instance());
      }
    },
  };
`;

/** workerd puts an object to sleep after ten seconds without work. */
const SLEEP_MS = 14_000;

let miniflare: Miniflare;

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: WORKER, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    external: ["cloudflare:*"],
  });
  miniflare = new Miniflare({
    modules: true,
    script: outputFiles[0]?.text ?? "",
    compatibilityDate: "2026-04-01",
    durableObjects: { COORDINATOR: { className: "WatchedCoordinator", useSQLite: true } },
    cf: false,
  });
  await miniflare.ready;
}, 60_000);

afterAll(async () => {
  await miniflare.dispose();
});

async function ask(path: string): Promise<unknown> {
  const response = await miniflare.dispatchFetch(`http://worker${path}`);
  return response.json();
}

async function open(room: string, client: string, expires = "") {
  const response = await miniflare.dispatchFetch(
    `http://worker/connect?room=${room}&client=${client}&expires=${expires}`,
    { headers: { upgrade: "websocket", "sec-websocket-protocol": "plasma.v1" } },
  );
  const socket = response.webSocket;
  if (!socket) throw new Error(`No socket was opened: ${response.status} ${await response.text()}`);
  const messages: unknown[] = [];
  socket.addEventListener("message", (event) => messages.push(event.data));
  socket.accept();
  return { socket, messages };
}

describe("a coordinator that was put to sleep", () => {
  it(
    "still pokes the sockets that were opened before, and closes those whose session ends",
    { timeout: 40_000 },
    async () => {
      const laptop = await open("ada", "laptop");
      const phone = await open("ada", "phone");
      // Ends while the object is asleep.
      await open("grace", "tab", String(Date.now() + SLEEP_MS - 1_000));
      const before = await ask("/instance?room=ada");
      await new Promise((resolve) => setTimeout(resolve, SLEEP_MS));

      // Miniflare tells its own sockets nothing of a close, so the object is asked.
      expect(await ask("/sockets?room=grace")).toBe(0);
      laptop.socket.send("ping");
      await expect.poll(() => laptop.messages).toEqual(["pong"]);
      expect(await ask("/poke?room=ada")).toBe(2);
      expect(await ask("/instance?room=ada")).not.toBe(before);
      await expect.poll(() => laptop.messages).toEqual(["pong", '{"type":"poke"}']);
      await expect.poll(() => phone.messages).toEqual(['{"type":"poke"}']);

      const tablet = await open("ada", "tablet");
      expect(await ask("/poke?room=ada")).toBe(3);
      await expect.poll(() => tablet.messages).toEqual(['{"type":"poke"}']);
    },
  );
});
