/** plasma, through its public client. The server is a stand-in in the page behind the client's `fetcher`. */

import {
  asc,
  boolean,
  count,
  defineMutators,
  defineSchema,
  eq,
  and,
  id,
  int,
  table,
  text,
} from "@sh1n4ps/plasma-core";
import type { LiveQuery, MutatorInput } from "@sh1n4ps/plasma-core";
import { createPlasmaClient } from "@sh1n4ps/plasma-client";
import type { Adapter, Data, Store } from "../adapter.ts";
import { runPage } from "../page.ts";
import { WINDOW } from "../queries.ts";
import type { Query, Result } from "../queries.ts";
import type { Change, Patch, Row } from "../rows.ts";
import { standInServer } from "./plasma-server.ts";

const lists = table("lists", { id: id(), name: text() });
const todos = table(
  "todos",
  {
    id: id(),
    listId: text(),
    title: text(),
    done: boolean(),
    priority: int(),
    createdAt: int(),
    notes: text(),
  },
  { indexes: [["listId", "createdAt"]] },
);
const schema = defineSchema({ lists, todos });

const mutators = defineMutators<typeof schema>()({
  update: async ({ db, args }: MutatorInput<unknown, Change>) => {
    await db.update(todos).set(args.patch).where(eq(todos.id, args.id));
  },
});

function openClient(name: string) {
  const server = standInServer();
  const client = createPlasmaClient({
    schema,
    mutators,
    dbName: name,
    endpoint: "https://stand-in.test/sync",
    schemaVersion: "1",
    clientGroupID: "me",
    getContext: () => undefined,
    fetcher: server.fetch,
    pullPageSize: 1_000_000,
  });
  return { server, client };
}

type Opened = ReturnType<typeof openClient>;

class PlasmaStore implements Store {
  readonly #server: Opened["server"];
  readonly #client: Opened["client"];

  constructor({ server, client }: Opened) {
    this.#server = server;
    this.#client = client;
  }

  async prepare(data: Data): Promise<void> {
    this.#server.offer(data);
    // The client opens its database when it is first asked; the other adapters have opened theirs by now.
    await this.#client.db.select().from(lists);
  }

  bulkLoad(): Promise<void> {
    return this.#client.pullOnce();
  }

  async coldQuery(listId: string): Promise<readonly Row[]> {
    const rows = await this.#live({ kind: "window", listId }).whenReady();
    return rows as readonly Row[];
  }

  async hydrate(): Promise<void> {
    await this.#client.db.select().from(todos);
  }

  subscribe(query: Query, listener: (result: Result) => void): () => void {
    return this.#live(query).subscribe(listener);
  }

  async update(rowId: string, patch: Patch): Promise<void> {
    const mutation = this.#client.mutate("update", { id: rowId, patch });
    mutation.confirmed.catch(() => undefined);
    await mutation;
  }

  settle(): Promise<void> {
    return this.#client.flush();
  }

  holdMutations(): void {
    this.#server.refusesPushes = true;
  }

  async pullOver(rows: readonly Row[]): Promise<void> {
    this.#server.change(rows);
    await this.#client.pullOnce();
  }

  async readAll(): Promise<readonly Row[]> {
    return (await this.#client.db.select().from(todos)) as readonly Row[];
  }

  async close(): Promise<void> {
    await this.#client.dispose();
  }

  #live(query: Query): LiveQuery<object> {
    const { db } = this.#client;
    switch (query.kind) {
      case "window":
        return db
          .select()
          .from(todos)
          .where(
            and(
              eq(todos.listId, query.listId),
              ...(query.done === undefined ? [] : [eq(todos.done, query.done)]),
              ...(query.priority === undefined ? [] : [eq(todos.priority, query.priority)]),
            ),
          )
          .orderBy(asc(todos.createdAt))
          .limit(WINDOW)
          .live();
      case "list":
        return db.select().from(todos).where(eq(todos.listId, query.listId)).live();
      case "joined":
        return db
          .select({ id: todos.id, title: todos.title, listName: lists.name })
          .from(todos)
          .innerJoin(lists, eq(todos.listId, lists.id))
          .where(eq(todos.listId, query.listId))
          .live();
      case "counts":
        return db
          .select({ priority: todos.priority, count: count() })
          .from(todos)
          .groupBy(todos.priority)
          .live();
    }
  }
}

const adapter: Adapter = { open: async (name) => new PlasmaStore(openClient(name)) };

runPage(adapter);
