/** The example of the README, compiled and run. Change it there and here together. */

import { expect, it } from "vitest";
import { PlasmaProvider, useLiveQuery, useMutation } from "./index.ts";
import { addTodos, testClient, todosOf } from "./testing-app.fixture.ts";
import type { mutators } from "./testing-app.fixture.ts";
import { doing, render } from "./testing-render.fixture.ts";

function Todos({ list }: { list: string }) {
  const { data, status } = useLiveQuery((db) => todosOf(db, list), [list]);
  const { mutate, error } = useMutation<typeof mutators, "setDone">("setDone");
  return (
    <ul aria-busy={status !== "complete"}>
      {data.map(({ id, title, done }) => (
        <li key={id}>
          <button onClick={() => void mutate({ id, done: !done })}>{title}</button>
        </li>
      ))}
      {error && <li role="alert">{error.message}</li>}
    </ul>
  );
}

it("shows rows and changes them", async () => {
  const client = testClient();
  await addTodos(client, "a", ["one"]);
  const screen = await render(
    <PlasmaProvider client={client}>
      <Todos list="a" />
    </PlasmaProvider>,
  );
  expect(screen.text()).toBe("one");
  await doing(() => document.querySelector("button")?.click());
  expect(await todosOf(client.db, "a")).toMatchObject([{ title: "one", done: true }]);
});
