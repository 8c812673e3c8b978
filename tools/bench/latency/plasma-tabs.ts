/** Tabs of the demo's people in one Node process, who share a list through a sync worker that is running. */

import { lists, mutators, schema, SCHEMA_VERSION } from "@plasma-starter/todo-domain";
import type { AppMutators } from "@plasma-starter/todo-domain";
import {
  browserPlatform,
  createPlasmaClient,
  createWebSocketSubscription,
} from "@sh1n4ps/plasma-client";
import type { Platform, PlasmaClient } from "@sh1n4ps/plasma-client";
import { eq } from "@sh1n4ps/plasma-core";
import type { WebSocket } from "ws";

/** A list that the first two share from the beginning. */
const LIST = "demo-trip";
/** More than one, because a person may have 20 sockets. */
const PEOPLE = ["ada", "grace", "linus"] as const;

export interface Server {
  readonly url: string;
  readonly appOrigin: string;
  /** That of the package `ws`, which cannot be bundled. */
  readonly Socket: typeof WebSocket;
}

export interface Tabs {
  /** Renames the list in the first tab. Resolves with the time at which the last other tab has shown it. */
  rename(name: string): Promise<number>;
  /** All tabs but the first ask at once what is new. Resolves when the last one has applied its answer. */
  pull(): Promise<void>;
  close(): Promise<void>;
}

interface Place extends Server {
  readonly platform: Platform;
}

type Client = PlasmaClient<typeof schema, AppMutators>;

export async function openTabs(count: number, server: Server): Promise<Tabs> {
  const sockets = countSockets(server);
  const clients: Client[] = [];
  for (let at = 0; at < count; at++)
    clients.push(await openTab(at, { ...server, platform: sockets.platform }));
  const [first, ...others] = clients as [Client, ...Client[]];
  const shown = others.map(watchName);
  await Promise.all(clients.map((client) => client.start()));
  await sockets.untilOpen(count);
  await inviteEveryone(clients);
  return {
    async rename(name) {
      const seen = Promise.all(shown.map((tab) => tab.until(name)));
      const mutation = first.mutate("renameList", { id: LIST, name });
      const times = await seen;
      await mutation.confirmed;
      return Math.max(...times);
    },
    async pull() {
      await Promise.all(others.map((client) => client.pullOnce()));
    },
    async close() {
      for (const tab of shown) tab.stop();
      await Promise.all(clients.map((client) => client.dispose()));
    },
  };
}

/** A database of its own each, in memory, and no tab that leads: as if on so many devices. */
async function openTab(at: number, { url, appOrigin, platform }: Place): Promise<Client> {
  const userId = PEOPLE[at % PEOPLE.length] as (typeof PEOPLE)[number];
  const response = await fetch(`${url}/demo/session`, {
    method: "POST",
    headers: { origin: appOrigin, "content-type": "application/json" },
    body: JSON.stringify({ account: userId }),
  });
  if (!response.ok) throw new Error(`No session: ${response.status} ${await response.text()}`);
  const { token } = (await response.json()) as { token: string };
  return createPlasmaClient({
    schema,
    mutators,
    schemaVersion: SCHEMA_VERSION,
    dbName: crypto.randomUUID(),
    endpoint: `${url}/sync`,
    clientGroupID: userId,
    getContext: () => ({ userId }),
    authHeaders: () => ({ authorization: `Bearer ${token}`, origin: appOrigin }),
    subscribe: createWebSocketSubscription(),
    // What does not come by a poke is not to be found by chance.
    pollIntervalMs: 3_600_000,
    logLevel: "error",
    platform,
  });
}

async function inviteEveryone(clients: readonly Client[]): Promise<void> {
  const [ada, ...guests] = clients.slice(0, PEOPLE.length) as [Client, ...Client[]];
  const token = crypto.randomUUID();
  const createdAt = new Date();
  const id = crypto.randomUUID();
  await ada.mutate("createInvite", { id, listId: LIST, token, createdAt }).confirmed;
  for (const guest of guests) {
    const membershipId = crypto.randomUUID();
    await guest.mutate("joinList", { token, membershipId, joinedAt: createdAt }).confirmed;
  }
}

/** The name of the list as a live query shows it. */
function watchName(client: Client) {
  let name: string | undefined;
  let wake = () => {};
  const query = client.db.select().from(lists).where(eq(lists.id, LIST)).live();
  const stop = query.subscribe(([list]) => {
    name = list?.name;
    wake();
  });
  return {
    stop,
    async until(wanted: string): Promise<number> {
      while (name !== wanted) await new Promise<void>((resolve) => (wake = resolve));
      return performance.now();
    },
  };
}

/** Node 20 has no WebSocket, and the worker wants to know which page one comes from. */
function countSockets({ appOrigin, Socket }: Server) {
  let open = 0;
  let wake = () => {};
  class PageSocket extends Socket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { origin: appOrigin });
      this.on("open", () => {
        open += 1;
        wake();
      });
    }
  }
  const platform: Platform = {
    ...browserPlatform(),
    indexedDB: undefined,
    locks: undefined,
    WebSocket: PageSocket as unknown as NonNullable<Platform["WebSocket"]>,
  };
  return {
    platform,
    async untilOpen(count: number) {
      while (open < count) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}
