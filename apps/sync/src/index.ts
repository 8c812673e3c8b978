/** The worker: its parts put together, once for each isolate. */

import { mutators, schema, SCHEMA_VERSION } from "@plasma-starter/todo-domain";
import { createSyncHandler, ensureSchema, fromD1 } from "@sh1n4ps/plasma-server";
import { coordinatorSockets, SyncCoordinator } from "@sh1n4ps/plasma-server/coordinator";
import { waitUntil } from "cloudflare:workers";
import { authenticate, createSessions } from "./auth.ts";
import { cleanUp } from "./clean-up.ts";
import { readConfig } from "./config.ts";
import { preflight, withCors } from "./cors.ts";
import { createDemo } from "./demo.ts";
import type { Env } from "./env.ts";
import { logFailure, logSyncError } from "./failures.ts";
import { peopleToWake, wake } from "./pokes.ts";

type App = (request: Request) => Promise<Response>;

const apps = new WeakMap<Env, App>();

export { SyncCoordinator };

export default {
  fetch: async (request: Request, env: Env): Promise<Response> => {
    try {
      let app = apps.get(env);
      if (!app) apps.set(env, (app = createApp(env)));
      return await app(request);
    } catch (error) {
      logFailure(`${request.method} ${new URL(request.url).pathname}`, error);
      return Response.json(
        { code: "internal", message: "Something went wrong here. Try again later." },
        { status: 500 },
      );
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

function createApp(env: Env): App {
  const config = readConfig(env);
  const executor = fromD1(env.DB);
  const sessions = createSessions({ secret: config.sessionSecret, now: Date.now });
  const demo = createDemo({ executor, sessions, now: Date.now });
  const sync = createSyncHandler({
    schema,
    mutators,
    executor,
    schemaVersion: SCHEMA_VERSION,
    policy: { default: "deny" },
    auth: authenticate(sessions),
    allowedOrigins: config.appOrigins,
    sockets: coordinatorSockets(env.COORDINATOR),
    onPushed: async ({ executor, rows }) =>
      wake(env.COORDINATOR, await peopleToWake(executor, rows)),
    onError: logSyncError,
    waitUntil,
    development: config.isDevelopment,
  });

  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/health") return Response.json({ ok: true });
    if (pathname.startsWith("/sync/")) return sync(request);
    if (config.isDemo && pathname.startsWith("/demo/")) {
      if (request.method === "OPTIONS") return preflight(request, config.appOrigins);
      await ensureSchema({ schema, executor });
      return withCors(request, config.appOrigins, (await demo(request)) ?? notFound());
    }
    return notFound();
  };
}

function notFound(): Response {
  return Response.json({ code: "not-found", message: "There is nothing here." }, { status: 404 });
}
