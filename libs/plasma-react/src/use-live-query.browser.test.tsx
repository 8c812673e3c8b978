import {
  browserPlatform,
  createIdbEngine,
  createMemoryEngine,
  createPlasmaClient,
} from "@sh1n4ps/plasma-client";
import { defineMutators, defineSchema, eq, id, int, sum, table } from "@sh1n4ps/plasma-core";
import type { MutatorInput } from "@sh1n4ps/plasma-core";
import { Component, memo, StrictMode, Suspense, use, useState, useTransition } from "react";
import type { ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { describe, expect, it } from "vitest";
import type { LiveQueryResult } from "./live-query-store.ts";
import { PlasmaProvider } from "./plasma-provider.tsx";
import { addTodos, schema, testClient, testServer, todos, todosOf } from "./testing-app.fixture.ts";
import type { TestClient, Todo } from "./testing-app.fixture.ts";
import { doing, eventually, hydrate, render } from "./testing-render.fixture.ts";
import { useLiveQuery } from "./use-live-query.ts";

type Seen = LiveQueryResult<Todo> & { readonly list: string };

/** Shows the todos of a list, and notes everything that it was rendered with. */
function List({ list, seen }: { readonly list: string; readonly seen?: Seen[] }) {
  const result = useLiveQuery((db) => todosOf(db, list), [list]);
  seen?.push({ ...result, list });
  return `${result.status}: ${result.data.map(({ title }) => title).join(" ")}`;
}

const shown = (client: TestClient | null, children: ReactNode) => (
  <PlasmaProvider client={client}>{children}</PlasmaProvider>
);

class Boundary extends Component<{ readonly children: ReactNode }> {
  override state = { message: "" };
  static getDerivedStateFromError = (error: Error) => ({ message: error.message });

  override render() {
    return this.state.message === "" ? (
      this.props.children
    ) : (
      <button onClick={() => this.setState({ message: "" })}>{this.state.message}</button>
    );
  }
}

describe("a query that begins to fail", () => {
  it("is thrown into the error boundary, and shows again when it works", async () => {
    const counts = table("counts", { id: id(), value: int() });
    const countSchema = defineSchema({ counts });
    const client = createPlasmaClient({
      schema: countSchema,
      mutators: defineMutators<typeof countSchema>()({
        set: async ({ db, args }: MutatorInput<unknown, { id: string; value: number }>) => {
          await db
            .insert(counts)
            .values(args)
            .onConflictDoUpdate({ target: counts.id, set: { value: args.value } });
        },
      }),
      ...{ schemaVersion: "1", dbName: "counts", endpoint: "https://sync.test/sync" },
      ...{ clientGroupID: "ada", getContext: () => ({}), engine: createMemoryEngine() },
      ...{ offline: true, logLevel: "silent" },
    });
    const Total = () => {
      const { data } = useLiveQuery(
        (db) => db.select({ total: sum(counts.value) }).from(counts),
        [],
      );
      return `total: ${data[0]?.total}`;
    };
    await client.mutate("set", { id: "a", value: Number.MAX_SAFE_INTEGER });
    const screen = await render(
      <PlasmaProvider client={client}>
        <Boundary>
          <Total />
        </Boundary>
      </PlasmaProvider>,
    );
    await eventually(() => expect(screen.text()).toBe(`total: ${Number.MAX_SAFE_INTEGER}`));
    await doing(() => client.mutate("set", { id: "b", value: 1 }));
    expect(screen.text()).toMatch(/too large/);
    await doing(() => client.mutate("set", { id: "a", value: 1 }));
    await doing(() => document.querySelector("button")?.click());
    expect(screen.text()).toBe("total: 2");
    await client.dispose();
  });
});

describe("what useLiveQuery shows", () => {
  it("is loading, then the rows of this device, then complete with the first pull", async () => {
    const server = testServer(["from the server"]);
    const client = testClient({ fetcher: server.fetcher });
    const seen: Seen[] = [];
    const screen = await render(shown(client, <List list="a" seen={seen} />));
    expect(seen[0]).toMatchObject({ status: "loading", data: [] });
    await eventually(() => expect(screen.text()).toBe("partial: "));
    await doing(() => addTodos(client, "a", ["a first one"]));
    expect(screen.text()).toBe("partial: a first one");

    await doing(() => client.start());
    await eventually(() => expect(screen.text()).toBe("complete: a first one from the server"));
    await client.dispose();
  });

  it("becomes complete also when the first pull brings no rows", async () => {
    const client = testClient({ fetcher: testServer().fetcher });
    const screen = await render(shown(client, <List list="a" />));
    await eventually(() => expect(screen.text()).toBe("partial: "));
    await doing(() => client.start());
    await eventually(() => expect(screen.text()).toBe("complete: "));
    await client.dispose();
  });

  it("follows what other people do", async () => {
    const server = testServer(["one"]);
    const client = testClient({ fetcher: server.fetcher });
    const screen = await render(shown(client, <List list="a" />));
    await doing(() => client.start());
    await eventually(() => expect(screen.text()).toBe("complete: one"));
    server.add("two");
    await doing(() => client.pullOnce());
    expect(screen.text()).toBe("complete: one two");
    await client.dispose();
  });

  it("comes from IndexedDB after the page was closed", async () => {
    const dbName = `test-${crypto.randomUUID()}`;

    const before = testClient({
      dbName,
      engine: createIdbEngine({ schema, dbName, platform: browserPlatform() }),
    });
    await addTodos(before, "a", ["kept"]);
    await before.dispose();

    const after = testClient({
      dbName,
      engine: createIdbEngine({ schema, dbName, platform: browserPlatform() }),
    });
    const screen = await render(shown(after, <List list="a" />));
    await eventually(() => expect(screen.text()).toBe("partial: kept"));
    await screen.unmount();
    await after.dispose();
  });

  it("takes a live query as well as a builder", async () => {
    const client = testClient();
    await addTodos(client, "a", ["one"]);
    function Titles() {
      const { data } = useLiveQuery(
        (db) => db.select().from(todos).where(eq(todos.list, "a")).live(),
        [],
      );
      return data.map(({ title }) => title).join();
    }
    const screen = await render(shown(client, <Titles />));
    expect(screen.text()).toBe("one");
    await doing(() => addTodos(client, "a", ["two"]));
    expect(screen.text()).toBe("one,two");
  });
});

describe("how often useLiveQuery renders", () => {
  it("is once for each change of its rows, and never for others", async () => {
    const client = testClient();
    await addTodos(client, "a", ["one"]);
    const seen: Seen[] = [];
    await render(shown(client, <List list="a" seen={seen} />));
    expect(seen).toHaveLength(1);
    await doing(() => addTodos(client, "b", ["elsewhere", "and again"]));
    expect(seen).toHaveLength(1);
    await doing(() => addTodos(client, "a", ["two"]));
    expect(seen).toHaveLength(2);
    await doing(() => client.mutate("setDone", { id: "a-one", done: false }));
    expect(seen, "a write that changes nothing").toHaveLength(2);
  });

  it("is not more under StrictMode than React itself asks for, and ends with the component", async () => {
    const client = testClient();
    await addTodos(client, "a", ["one"]);
    const seen: Seen[] = [];
    const screen = await render(
      <StrictMode>{shown(client, <List list="a" seen={seen} />)}</StrictMode>,
    );
    expect(screen.text()).toBe("partial: one");
    const afterMount = seen.length;
    await doing(() => addTodos(client, "a", ["two"]));
    expect(screen.text()).toBe("partial: one two");
    expect(seen.length - afterMount).toBe(2);
    await screen.unmount();
    const atTheEnd = seen.length;
    await doing(() => addTodos(client, "a", ["three"]));
    expect(seen).toHaveLength(atTheEnd);
  });

  it("leaves memoised rows alone that did not change", async () => {
    const client = testClient();
    await addTodos(client, "a", ["one", "two", "three"]);
    const renders: string[] = [];
    const Row = memo(function Row({ todo }: { readonly todo: Todo }) {
      renders.push(todo.title);
      return <li>{todo.title}</li>;
    });
    function Rows() {
      const { data } = useLiveQuery((db) => todosOf(db, "a"), []);
      return data.map((todo) => <Row key={todo.id} todo={todo} />);
    }
    await render(shown(client, <Rows />));
    renders.length = 0;
    await doing(() => client.mutate("setDone", { id: "a-two", done: true }));
    expect(renders).toEqual(["two"]);
  });

  it("gives the same result object as long as nothing changes", async () => {
    const client = testClient();
    await addTodos(client, "a", ["one"]);
    const results: LiveQueryResult<Todo>[] = [];
    function Results({ n }: { readonly n: number }) {
      results.push(useLiveQuery((db) => todosOf(db, "a"), []));
      return n;
    }
    const screen = await render(shown(client, <Results n={1} />));
    await screen.rerender(shown(client, <Results n={2} />));
    expect(results.length).toBeGreaterThan(1);
    expect(new Set(results).size).toBe(1);
  });
});

describe("when the query or the client changes", () => {
  it("shows no row of the old query under the new one", async () => {
    const client = testClient();
    await addTodos(client, "a", ["one"]);
    await addTodos(client, "b", ["two"]);
    const seen: Seen[] = [];
    const screen = await render(shown(client, <List list="a" seen={seen} />));
    for (const list of ["b", "a", "c", "b"]) {
      await screen.rerender(shown(client, <List list={list} seen={seen} />));
    }
    expect(screen.text()).toBe("partial: two");
    for (const { list, data } of seen) {
      for (const row of data) expect(row.list).toBe(list);
    }
  });

  it("shows the new rows at once when they are on the device, without a loading state between", async () => {
    const client = testClient();
    await addTodos(client, "b", ["two"]);
    const seen: Seen[] = [];
    const screen = await render(shown(client, <List list="a" seen={seen} />));
    seen.length = 0;
    await screen.rerender(shown(client, <List list="b" seen={seen} />));
    expect(seen.map(({ status, data }) => [status, data.length])).toEqual([["partial", 1]]);
  });

  it("shows no row of one person's client under another's", async () => {
    const ada = testClient();
    const grace = testClient({ clientGroupID: "grace" });
    await addTodos(ada, "a", ["of ada"]);
    await addTodos(grace, "a", ["of grace"]);
    const seen: Seen[] = [];
    const screen = await render(shown(ada, <List list="a" seen={seen} />));
    expect(screen.text()).toBe("partial: of ada");
    seen.length = 0;
    await screen.rerender(shown(grace, <List list="a" seen={seen} />));
    expect(screen.text()).toBe("partial: of grace");
    expect(seen.flatMap(({ data }) => data.map(({ title }) => title))).not.toContain("of ada");
    await doing(() => addTodos(ada, "a", ["later"]));
    expect(screen.text()).toBe("partial: of grace");
  });

  it("is loading while there is no client", async () => {
    const client = testClient();
    await addTodos(client, "a", ["one"]);
    const screen = await render(shown(null, <List list="a" />));
    expect(screen.text()).toBe("loading: ");
    await screen.rerender(shown(client, <List list="a" />));
    expect(screen.text()).toBe("partial: one");
  });
});

describe("with the rest of React", () => {
  it("two components that watch the same rows agree in every commit, also during a transition", async () => {
    const client = testClient();
    await addTodos(client, "a", ["0"]);
    const commits: string[] = [];
    const count = (text: string) => Number(/^\w+: (.*)$/.exec(text)?.[1]?.split(" ").length);
    let start!: () => void;
    function Slow({ step }: { readonly step: number }) {
      const { data } = useLiveQuery((db) => todosOf(db, "a"), []);
      const until = performance.now() + 3;
      while (performance.now() < until);
      return <i>{`${step}: ${data.map(({ title }) => title).join(" ")}`}</i>;
    }
    function Both() {
      const [step, setStep] = useState(0);
      const [, startTransition] = useTransition();
      start = () => startTransition(() => setStep((now) => now + 1));
      return Array.from({ length: 8 }, (_, index) => <Slow key={index} step={step} />);
    }
    await render(<div id="both">{shown(client, <Both />)}</div>);
    const container = document.querySelector("#both");
    const observer = new MutationObserver(() => {
      commits.push(
        [...(container?.querySelectorAll("i") ?? [])]
          .map(({ textContent }) => count(textContent ?? ""))
          .join(),
      );
    });
    observer.observe(container as Element, { characterData: true, subtree: true, childList: true });
    for (let change = 1; change <= 5; change++) {
      await doing(async () => {
        start();
        await addTodos(client, "a", [String(change)]);
      });
    }
    observer.disconnect();
    expect(commits.length).toBeGreaterThan(0);
    for (const commit of commits) expect(new Set(commit.split(",")).size, commit).toBe(1);
  });

  it("works beside a component that suspends", async () => {
    const client = testClient();
    await addTodos(client, "a", ["one"]);
    let resolve!: (text: string) => void;
    const text = new Promise<string>((onResolve) => (resolve = onResolve));
    const Late = () => use(text);
    const screen = await render(
      shown(
        client,
        <Suspense fallback="waiting">
          <List list="a" />
          <Late />
        </Suspense>,
      ),
    );
    expect(screen.text()).toBe("waiting");
    await doing(() => addTodos(client, "a", ["two"]));
    await doing(() => resolve(" and more"));
    expect(screen.text()).toBe("partial: one two and more");
    await doing(() => addTodos(client, "a", ["three"]));
    expect(screen.text()).toBe("partial: one three two and more");
  });

  it("takes over what the server rendered without a mismatch, though the rows are here already", async () => {
    const client = testClient();
    await addTodos(client, "a", ["one"]);
    const element = shown(client, <List list="a" />);
    const html = renderToString(element);
    expect(html).toBe("loading: ");
    const screen = await hydrate(html, element);
    expect(screen.recovered).toEqual([]);
    expect(screen.text()).toBe("partial: one");
  });
});
