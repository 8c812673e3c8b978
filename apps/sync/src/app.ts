/** The app's HTTP side, put together from what a platform has to offer: a worker (`index.ts`) or Node (`node.ts`). */

import { mutators, schema, SCHEMA_VERSION } from "@plasma-starter/todo-domain";
import { createSyncHandler, ensureSchema } from "@sh1n4ps/plasma-server";
import type { SqlExecutor, SyncHandlerOptions } from "@sh1n4ps/plasma-server";
import { authenticate, createSessions } from "./auth.ts";
import type { Config } from "./config.ts";
import { preflight, withCors } from "./cors.ts";
import { createDemo } from "./demo.ts";
import { logFailure, logSyncError } from "./failures.ts";
import { peopleToWake } from "./people-to-wake.ts";

export type App = (request: Request) => Promise<Response>;

export interface AppParts extends Pick<SyncHandlerOptions, "waitUntil"> {
  readonly config: Config;
  readonly executor: SqlExecutor;
  readonly sockets: NonNullable<SyncHandlerOptions["sockets"]>;
  /** Pokes each of these people's rooms. */
  readonly wake: (people: ReadonlySet<string>) => Promise<void>;
}

export function createApp({ config, executor, sockets, wake, waitUntil }: AppParts): App {
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
    sockets,
    onPushed: async ({ rows }) => wake(await peopleToWake(executor, rows)),
    onError: logSyncError,
    ...(waitUntil && { waitUntil }),
    development: config.isDevelopment,
  });

  const route: App = async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/health") {
      await ensureSchema({ schema, executor });
      return Response.json({ ok: true });
    }
    if (pathname.startsWith("/sync/")) return sync(request);
    if (config.isDemo && pathname.startsWith("/demo/")) {
      if (request.method === "OPTIONS") return preflight(request, config.appOrigins);
      await ensureSchema({ schema, executor });
      return withCors(request, config.appOrigins, (await demo(request)) ?? notFound());
    }
    return notFound();
  };
  return async (request) => {
    try {
      return await route(request);
    } catch (error) {
      logFailure(`${request.method} ${new URL(request.url).pathname}`, error);
      return broken();
    }
  };
}

/** The answer when the app itself has failed. */
export function broken(): Response {
  return Response.json(
    { code: "internal", message: "Something went wrong here. Try again later." },
    { status: 500 },
  );
}

function notFound(): Response {
  return Response.json({ code: "not-found", message: "There is nothing here." }, { status: 404 });
}
