import { describe, expect, it } from "vitest";
import { PlasmaProvider } from "./plasma-provider.tsx";
import { addTodos, testClient, testServer, todosOf } from "./testing-app.fixture.ts";
import type { TestClient } from "./testing-app.fixture.ts";
import { doing, eventually, render } from "./testing-render.fixture.ts";
import { usePlasma } from "./use-plasma.ts";
import { useRejectedMutations } from "./use-rejected-mutations.ts";
import type { RejectedMutations } from "./use-rejected-mutations.ts";
import { useSyncStatus } from "./use-sync-status.ts";

function Status({ onRender }: { readonly onRender?: () => void }) {
  const { connection, pending, firstSync } = useSyncStatus();
  onRender?.();
  return `${connection} ${pending} ${firstSync}`;
}

async function renderRejected(client: TestClient | null) {
  const renders: RejectedMutations[] = [];
  function Inbox() {
    renders.push(useRejectedMutations());
    return null;
  }
  await render(
    <PlasmaProvider client={client}>
      <Inbox />
    </PlasmaProvider>,
  );
  return { renders, now: () => renders.at(-1) as RejectedMutations };
}

async function clientWithRefusal(): Promise<TestClient> {
  const client = testClient({ fetcher: testServer().fetcher });
  await client.start();
  const refused = client.mutate("addTodo", { id: "r", list: "a", title: "refuse me" });
  await expect(refused.confirmed).rejects.toThrow("Not on this list.");
  return client;
}

describe("useSyncStatus", () => {
  it("follows the connection and what waits to be sent", async () => {
    const client = testClient({ fetcher: testServer().fetcher, offline: true });
    const screen = await render(
      <PlasmaProvider client={client}>
        <Status />
      </PlasmaProvider>,
    );
    expect(screen.text()).toBe("stopped 0 pending");
    await doing(() => client.start());
    expect(screen.text()).toBe("offline 0 pending");
    await doing(() => addTodos(client, "a", ["one", "two"]));
    expect(screen.text()).toBe("offline 2 pending");
    await doing(() => client.setOffline(false));
    await eventually(() => expect(screen.text()).toBe("online 0 complete"));
    await client.dispose();
  });

  it("does not render when nothing in it has changed", async () => {
    const client = testClient();
    let renders = 0;
    const element = (
      <PlasmaProvider client={client}>
        <Status onRender={() => renders++} />
      </PlasmaProvider>
    );
    await render(element);
    await doing(() => client.start());
    const before = renders;
    await doing(() => client.setOffline(true));
    expect(renders).toBe(before);
  });

  it("says stopped while there is no client", async () => {
    const screen = await render(
      <PlasmaProvider client={null}>
        <Status />
      </PlasmaProvider>,
    );
    expect(screen.text()).toBe("stopped 0 pending");
  });
});

describe("useRejectedMutations", () => {
  it("lists what the server refused, with its reason and the args that were given", async () => {
    const client = await clientWithRefusal();
    const inbox = await renderRejected(client);
    expect(inbox.now().rejected).toMatchObject([
      {
        name: "addTodo",
        code: "forbidden",
        message: "Not on this list.",
        args: { id: "r", list: "a", title: "refuse me" },
      },
    ]);
    await client.dispose();
  });

  it("keeps its result until something in it changes", async () => {
    const client = await clientWithRefusal();
    const inbox = await renderRejected(client);
    const first = inbox.now();
    await doing(() => addTodos(client, "a", ["one"]));
    await doing(() => client.flush());
    expect(inbox.now()).toBe(first);
    expect(inbox.renders).toHaveLength(1);
    await client.dispose();
  });

  it("dismisses one for good", async () => {
    const client = await clientWithRefusal();
    const inbox = await renderRejected(client);
    await doing(() => inbox.now().dismiss(inbox.now().rejected[0]?.uid ?? ""));
    expect(inbox.now().rejected).toEqual([]);
    expect(client.rejected.list()).toEqual([]);
    await client.dispose();
  });

  it("makes one anew with better args", async () => {
    const client = await clientWithRefusal();
    const inbox = await renderRejected(client);
    const better = { id: "r", list: "a", title: "please" };
    await doing(() => inbox.now().retry(inbox.now().rejected[0]?.uid ?? "", better));
    await doing(() => client.flush());
    expect(inbox.now().rejected).toEqual([]);
    expect(await todosOf(client.db, "a")).toMatchObject([{ title: "please" }]);
    await client.dispose();
  });

  it("is empty while there is no client", async () => {
    const inbox = await renderRejected(null);
    expect(inbox.now().rejected).toEqual([]);
    await expect(inbox.now().dismiss("x")).resolves.toBeUndefined();
  });
});

describe("usePlasma", () => {
  it("gives the client of the nearest provider", async () => {
    const outer = testClient();
    const inner = testClient();
    const seen: unknown[] = [];
    function Seen() {
      seen.push(usePlasma());
      return null;
    }
    await render(
      <PlasmaProvider client={outer}>
        <Seen />
        <PlasmaProvider client={inner}>
          <Seen />
        </PlasmaProvider>
      </PlasmaProvider>,
    );
    expect(seen).toEqual([outer, inner]);
  });
});
