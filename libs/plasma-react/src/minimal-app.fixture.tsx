/** The smallest app that uses what every app uses; what it weighs is what plasma weighs. */

import { createPlasmaClient, createWebSocketSubscription } from "@sh1n4ps/plasma-client";
import { asc, defineMutators, defineSchema, eq, id, table, text } from "@sh1n4ps/plasma-core";
import type { MutatorInput } from "@sh1n4ps/plasma-core";
import { PlasmaProvider } from "./plasma-provider.tsx";
import { useLiveQuery } from "./use-live-query.ts";
import { useMutation } from "./use-mutation.ts";
import { useSyncStatus } from "./use-sync-status.ts";

const todos = table("todos", { id: id(), title: text() });
const schema = defineSchema({ todos });
const mutators = defineMutators<typeof schema>()({
  rename: async ({ db, args }: MutatorInput<unknown, { todoId: string; title: string }>) => {
    await db.update(todos).set({ title: args.title }).where(eq(todos.id, args.todoId));
  },
});

const client = createPlasmaClient({
  schema,
  mutators,
  dbName: "minimal",
  endpoint: "/sync",
  schemaVersion: "1",
  clientGroupID: "me",
  getContext: () => undefined,
  subscribe: createWebSocketSubscription(),
});
void client.start();

export function App() {
  return (
    <PlasmaProvider client={client}>
      <Todos />
    </PlasmaProvider>
  );
}

function Todos() {
  const { data } = useLiveQuery((db) => db.select().from(todos).orderBy(asc(todos.title)), []);
  const { mutate } = useMutation<typeof mutators, "rename">("rename");
  const { connection } = useSyncStatus();
  return (
    <ul title={connection}>
      {data.map(({ id: todoId, title }) => (
        <li key={todoId}>
          <button onClick={() => void mutate({ todoId, title: `${title}!` })}>{title}</button>
        </li>
      ))}
    </ul>
  );
}
