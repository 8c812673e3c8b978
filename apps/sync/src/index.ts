/** The worker: its parts put together, once for each isolate. */

import { fromD1 } from "@sh1n4ps/plasma-server";
import { coordinatorSockets, SyncCoordinator } from "@sh1n4ps/plasma-server/coordinator";
import { waitUntil } from "cloudflare:workers";
import { broken, createApp } from "./app.ts";
import type { App } from "./app.ts";
import { cleanUp } from "./clean-up.ts";
import { readConfig } from "./config.ts";
import type { Env } from "./env.ts";
import { logFailure } from "./failures.ts";
import { wake } from "./pokes.ts";

const apps = new WeakMap<Env, App>();

export { SyncCoordinator };

export default {
  fetch: async (request: Request, env: Env): Promise<Response> => {
    try {
      let app = apps.get(env);
      if (!app) apps.set(env, (app = appOf(env)));
      return await app(request);
    } catch (error) {
      logFailure(`${request.method} ${new URL(request.url).pathname}`, error);
      return broken();
    }
  },
  scheduled: async (_controller, env) => {
    try {
      await cleanUp(fromD1(env.DB));
    } catch (error) {
      logFailure("scheduled", error);
    }
  },
} satisfies ExportedHandler<Env>;

function appOf(env: Env): App {
  return createApp({
    config: readConfig(env),
    executor: fromD1(env.DB),
    sockets: coordinatorSockets(env.COORDINATOR),
    wake: (people) => wake(env.COORDINATOR, people),
    waitUntil,
  });
}
