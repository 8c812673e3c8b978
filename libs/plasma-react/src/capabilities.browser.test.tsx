/** What the hooks can do, a test each, by the names of the list of capabilities. */

import { createMemoryEngine } from "@sh1n4ps/plasma-client";
import { describe, expect, it } from "vitest";
import { PlasmaProvider } from "./plasma-provider.tsx";
import { addTodos, testClient, todosOf } from "./testing-app.fixture.ts";
import type { mutators } from "./testing-app.fixture.ts";
import { doing, eventually, render } from "./testing-render.fixture.ts";
import { useLiveQuery } from "./use-live-query.ts";
import { useMutation } from "./use-mutation.ts";
import { usePlasma } from "./use-plasma.ts";

describe("React binding", () => {
  it("Wrap the tree (PlasmaProvider) and Read the current client (usePlasma)", async () => {
    const client = testClient();
    const seen: unknown[] = [];
    function Reader() {
      seen.push(usePlasma());
      return null;
    }
    await render(
      <PlasmaProvider client={client}>
        <Reader />
      </PlasmaProvider>,
    );
    expect(seen.at(-1)).toBe(client);
  });

  it("Live query: useLiveQuery(factory, deps) follows the rows, and its deps", async () => {
    const client = testClient();
    await addTodos(client, "a", ["one"]);
    await addTodos(client, "b", ["other"]);
    function List({ list }: { readonly list: string }) {
      const { data } = useLiveQuery((db) => todosOf(db, list), [list]);
      return data.map(({ title }) => title).join(" ");
    }
    const shown = (list: string) => (
      <PlasmaProvider client={client}>
        <List list={list} />
      </PlasmaProvider>
    );
    const screen = await render(shown("a"));
    await eventually(() => expect(screen.text()).toBe("one"));
    await doing(() => addTodos(client, "a", ["two"]));
    expect(screen.text()).toBe("one two");
    await screen.rerender(shown("b"));
    await eventually(() => expect(screen.text()).toBe("other"));
  });

  it("Mutation with state: useMutation(name) gives mutate, isPending, error and reset", async () => {
    const engine = createMemoryEngine();
    let store = () => {};
    const stored = new Promise<void>((resolve) => {
      store = resolve;
    });
    const client = testClient({
      engine: { ...engine, append: (...given) => stored.then(() => engine.append(...given)) },
    });
    let hook!: ReturnType<typeof useMutation<typeof mutators, "addTodo">>;
    function Form() {
      hook = useMutation<typeof mutators, "addTodo">("addTodo");
      return null;
    }
    await render(
      <PlasmaProvider client={client}>
        <Form />
      </PlasmaProvider>,
    );
    const made = await doing(() => [hook.mutate({ id: "1", list: "a", title: "one" })]);
    expect(hook.isPending).toBe(true);
    store();
    await doing(() => made[0]);
    expect(hook.isPending).toBe(false);
    await doing(() => hook.mutate({ id: "2", list: "a", title: "" }).catch(() => undefined));
    expect(hook.error).toBeInstanceOf(Error);
    await doing(() => hook.reset());
    expect(hook.error).toBeNull();
  });
});
