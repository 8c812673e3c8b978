/** A small app for the tests: its schema, its mutators, a server in memory behind `fetch`, and clients of it. */

import { createMemoryEngine, createPlasmaClient } from "@sh1n4ps/plasma-client";
import type { PlasmaClient, PlasmaClientOptions } from "@sh1n4ps/plasma-client";
import {
  asc,
  boolean,
  defineMutators,
  defineSchema,
  eq,
  id,
  table,
  text,
} from "@sh1n4ps/plasma-core";
import type {
  InferRow,
  MutatorInput,
  PullRequest,
  PullResponse,
  PushRequest,
  PushResponse,
  ReadDb,
  Rejection,
  StandardSchemaV1,
} from "@sh1n4ps/plasma-core";

export const todos = table("todos", {
  id: id(),
  list: text(),
  title: text(),
  done: boolean().default(false),
});
export type Todo = InferRow<typeof todos>;

export const schema = defineSchema({ todos });

type Input<Args> = MutatorInput<unknown, Args>;

interface NewTodo {
  readonly id: string;
  readonly list: string;
  readonly title: string;
}

/** Any Standard Schema will do; this one is written by hand. */
const newTodo: StandardSchemaV1<NewTodo> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => {
      const todo = value as NewTodo;
      return todo.title === ""
        ? { issues: [{ message: "Write something.", path: ["title"] }] }
        : { value: todo };
    },
  },
};

export const mutators = defineMutators<typeof schema>()({
  addTodo: {
    args: newTodo,
    run: async ({ db, args }) => {
      await db.insert(todos).values(args);
    },
  },
  setDone: async ({ db, args }: Input<{ id: string; done: boolean }>) => {
    await db.update(todos).set({ done: args.done }).where(eq(todos.id, args.id));
  },
});

export type TestClient = PlasmaClient<typeof schema, typeof mutators>;

export const todosOf = (db: ReadDb, list: string) =>
  db.select().from(todos).where(eq(todos.list, list)).orderBy(asc(todos.title));

let clients = 0;

/** A client with a memory of its own. Without a server it is offline. */
export function testClient(
  options: Partial<PlasmaClientOptions<typeof schema, typeof mutators>> = {},
): TestClient {
  return createPlasmaClient({
    schema,
    mutators,
    schemaVersion: "1",
    dbName: `test-${++clients}`,
    endpoint: "https://sync.test/sync",
    clientGroupID: "ada",
    getContext: () => ({}),
    engine: createMemoryEngine(),
    offline: !options.fetcher,
    pollIntervalMs: 20,
    logLevel: "silent",
    ...options,
  });
}

/** Adds todos of a list, named by their titles. */
export async function addTodos(
  client: TestClient,
  list: string,
  titles: readonly string[],
): Promise<void> {
  for (const title of titles)
    await client.mutate("addTodo", { id: `${list}-${title}`, list, title });
}

/** Gives every client its rows at each pull, and refuses todos titled "refuse me". */
export function testServer(titles: readonly string[] = []) {
  const rows = new Map(
    titles.map((title) => [title, { id: title, list: "a", title, done: false }]),
  );
  const decided = new Map<string, number>();
  const rejections: Rejection[] = [];
  let version = 0;

  const push = ({ clientID, mutations }: PushRequest): PushResponse => {
    for (const { id, name, args } of mutations) {
      if (id <= (decided.get(clientID) ?? 0)) continue;
      decided.set(clientID, id);
      version++;
      if (name !== "addTodo") continue;
      const todo = args as unknown as NewTodo;
      if (todo.title === "refuse me") {
        rejections.push({ clientID, id, code: "forbidden", message: "Not on this list." });
      } else {
        rows.set(todo.id, { ...todo, done: false });
      }
    }
    return { lastMutationID: decided.get(clientID) ?? 0, results: [] };
  };
  const pull = ({ clients }: PullRequest): PullResponse => ({
    cookie: `version ${version}`,
    patch: [
      { op: "clear" },
      ...[...rows.values()].map((row) => ({ op: "put" as const, table: "todos", row })),
    ],
    lastMutationIDs: Object.fromEntries(
      clients.map(({ clientID }) => [clientID, decided.get(clientID) ?? 0]),
    ),
    rejections: rejections.filter(({ clientID, id }) =>
      clients.some((client) => client.clientID === clientID && id > client.confirmed),
    ),
    hasMore: false,
  });

  return {
    rows,
    /** Someone else adds a todo. */
    add: (title: string) => {
      version++;
      rows.set(title, { id: title, list: "a", title, done: false });
    },
    fetcher: (url: string, init: RequestInit): Promise<Response> => {
      const body: unknown = JSON.parse(init.body as string);
      return Promise.resolve(
        Response.json(
          url.endsWith("/push") ? push(body as PushRequest) : pull(body as PullRequest),
        ),
      );
    },
  };
}
