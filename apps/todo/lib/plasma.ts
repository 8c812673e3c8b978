/** The one place that makes sync clients: one for each person who is signed in in this window. */

import { mutators, schema, SCHEMA_VERSION } from "@plasma-starter/todo-domain";
import type { AppMutators, DemoPersonId } from "@plasma-starter/todo-domain";
import { createPlasmaClient, createWebSocketSubscription } from "@sh1n4ps/plasma-client";
import type { PlasmaClient } from "@sh1n4ps/plasma-client";
import { offlineMode } from "./offline-mode";
import { createSession } from "./session";
import { SYNC_URL } from "./sync-url";

export type TodoClient = PlasmaClient<typeof schema, AppMutators>;

const clients = new Map<DemoPersonId, TodoClient>();

/** The person's client. It is made once and kept: `start()` and `stop()` decide when it syncs. */
export function plasmaOf(personId: DemoPersonId): TodoClient {
  const existing = clients.get(personId);
  if (existing) return existing;

  const session = createSession(personId, {
    fetch: (url, init) => fetch(url, init),
    storage: window.sessionStorage,
  });
  const client = createPlasmaClient({
    schema,
    mutators,
    schemaVersion: SCHEMA_VERSION,
    // A database for each person: what one may see never mixes with what another may.
    dbName: `plasma-todo-${personId}`,
    endpoint: `${SYNC_URL}/sync`,
    clientGroupID: personId,
    getContext: () => ({ userId: personId }),
    authHeaders: session.authHeaders,
    fetcher: session.fetcher,
    subscribe: createWebSocketSubscription(),
    offline: offlineMode.get() === "offline",
    development: process.env.NODE_ENV === "development",
  });
  offlineMode.subscribe(() => client.setOffline(offlineMode.get() === "offline"));
  clients.set(personId, client);
  return client;
}
