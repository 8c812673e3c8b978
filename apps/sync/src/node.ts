/**
 * The app on plain Node, over a SQLite file or a Postgres: what `node-server.mjs` starts. Packages with native parts are
 * handed in, since they cannot be bundled.
 */

import { runMaintenance } from "@sh1n4ps/plasma-server";
import type { SqlExecutor } from "@sh1n4ps/plasma-server";
import {
  closeNodeServer,
  createNodeServer,
  listenForPokes,
  SocketRooms,
  webSocketOptions,
} from "@sh1n4ps/plasma-server/node";
import type { PgListenerLike, WebSocketServerLike } from "@sh1n4ps/plasma-server/node";
import { schema } from "@plasma-starter/todo-domain";
import { ensureSchema } from "@sh1n4ps/plasma-server";
import { createApp } from "./app.ts";
import { readConfig } from "./config.ts";
import type { Settings } from "./config.ts";
import { logFailure } from "./failures.ts";

export { fromBetterSqlite3, fromPg } from "@sh1n4ps/plasma-server";
export { webSocketOptions };

export interface NodeAppOptions {
  readonly settings: Settings;
  readonly executor: SqlExecutor;
  /** `new WebSocketServer(webSocketOptions)` of the package `ws`. */
  readonly webSockets: WebSocketServerLike;
  /** For Postgres: a new client of the package `pg`, on which other processes are heard. */
  readonly listener?: () => PgListenerLike;
}

export interface NodeApp {
  /** Resolves when requests are answered. Port 0 takes any that is free. */
  listen(port: number): Promise<number>;
  close(): Promise<void>;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Brings the database to the schema first, so that a database that cannot be used shows at once. */
export async function createNodeApp(options: NodeAppOptions): Promise<NodeApp> {
  const { settings, executor, webSockets, listener } = options;
  const config = readConfig(settings);
  await ensureSchema({ schema, executor });
  const rooms = new SocketRooms(webSockets);
  const pokes = listener
    ? await listenForPokes({
        client: listener,
        executor,
        onPoke(poked) {
          if (poked === null) rooms.pokeAll();
          else for (const room of poked) rooms.poke(room);
        },
        onError: (error) => logFailure("listen", error),
      })
    : null;
  const handle = createApp({
    config,
    executor,
    sockets: rooms,
    async wake(people) {
      for (const person of people) rooms.poke(person);
      await pokes?.tell([...people]);
    },
  });
  const server = createNodeServer({
    handle,
    rooms,
    onError: (error) => logFailure("request", error),
  });
  const cleaning = setInterval(() => {
    runMaintenance({ executor }).catch((error: unknown) => logFailure("clean-up", error));
  }, DAY_MS);
  return {
    listen: (port) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, () => {
          server.off("error", reject);
          const address = server.address();
          resolve(typeof address === "object" && address ? address.port : port);
        });
      }),
    async close() {
      clearInterval(cleaning);
      await closeNodeServer(server, { rooms });
      await pokes?.close();
    },
  };
}
