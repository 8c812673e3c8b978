import { createMemoryEngine, SyncClientError } from "@sh1n4ps/plasma-client";
import { PlasmaError } from "@sh1n4ps/plasma-core";
import { StrictMode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PlasmaProvider } from "./plasma-provider.tsx";
import { addTodos, testClient, testServer, todosOf } from "./testing-app.fixture.ts";
import type { mutators, TestClient } from "./testing-app.fixture.ts";
import { doing, eventually, render } from "./testing-render.fixture.ts";
import { useMutation } from "./use-mutation.ts";
import type { MutationCallbacks, UseMutationResult } from "./use-mutation.ts";

interface Args {
  readonly id: string;
  readonly list: string;
  readonly title: string;
}

/** Renders the hook, and keeps all that it ever gave. */
async function renderMutation(client: TestClient | null, callbacks?: MutationCallbacks<Args>) {
  const renders: UseMutationResult<Args>[] = [];
  function Form({ given }: { readonly given: MutationCallbacks<Args> | undefined }) {
    renders.push(useMutation<typeof mutators, "addTodo">("addTodo", given));
    return null;
  }
  const element = (given: MutationCallbacks<Args> | undefined) => (
    <StrictMode>
      <PlasmaProvider client={client}>
        <Form given={given} />
      </PlasmaProvider>
    </StrictMode>
  );
  const screen = await render(element(callbacks));
  return {
    ...screen,
    renders,
    now: () => renders.at(-1) as UseMutationResult<Args>,
    withCallbacks: (given: MutationCallbacks<Args>) => screen.rerender(element(given)),
  };
}

const todo = (title: string): Args => ({ id: `a-${title}`, list: "a", title });

const unhandled: unknown[] = [];
const note = (event: PromiseRejectionEvent) => unhandled.push(event.reason);
beforeEach(() => {
  unhandled.length = 0;
  window.addEventListener("unhandledrejection", note);
});
afterEach(() => window.removeEventListener("unhandledrejection", note));

describe("a callback that throws", () => {
  it("is reported, and keeps no other from being called", async () => {
    const reported: unknown[] = [];
    const report = (event: ErrorEvent) => {
      event.preventDefault();
      reported.push((event.error as Error).message);
    };
    window.addEventListener("error", report);
    const client = testClient({ fetcher: testServer().fetcher });
    const events: string[] = [];
    const hook = await renderMutation(client, {
      onSuccess: () => {
        throw new Error("onSuccess");
      },
      onConfirmed: () => events.push("confirmed"),
      onError: () => {
        throw new Error("onError");
      },
    });
    await doing(() => client.start());
    await doing(() => hook.now().mutate(todo("one")));
    await eventually(() => expect(events).toEqual(["confirmed"]));
    await expect(doing(() => hook.now().mutate(todo("")))).rejects.toThrow();
    window.removeEventListener("error", report);
    expect(reported).toEqual(["onSuccess", "onError"]);
    expect(hook.now().isPending).toBe(false);
    expect(unhandled).toEqual([]);
    await client.dispose();
  });
});

describe("a mutation that is discarded", () => {
  it("is neither confirmed nor refused", async () => {
    const client = testClient();
    const events: string[] = [];
    const hook = await renderMutation(client, {
      onConfirmed: () => events.push("confirmed"),
      onRejected: () => events.push("rejected"),
    });
    const { confirmed } = await doing(async () => {
      const made = hook.now().mutate(todo("one"));
      await made;
      return { confirmed: made.confirmed };
    });
    await doing(() => client.resetLocalState({ discardOutbox: true }));
    await expect(confirmed).rejects.toMatchObject({ kind: "mutation-discarded" });
    expect(events).toEqual([]);
    await client.dispose();
  });
});

describe("a mutation that works", () => {
  it("says once that it is durable, and gives the receipt", async () => {
    const client = testClient();
    const events: string[] = [];
    const hook = await renderMutation(client, { onSuccess: ({ title }) => events.push(title) });
    expect(hook.now()).toMatchObject({ isPending: false, error: null });

    const receipt = await doing(() => hook.now().mutate(todo("one")));
    expect(receipt).toMatchObject({ id: 1 });
    expect(hook.now().isPending).toBe(false);
    expect(events).toEqual(["one"]);
    expect(await todosOf(client.db, "a")).toHaveLength(1);
  });

  it("stays pending until the last of several is durable", async () => {
    const engine = createMemoryEngine();
    const held: (() => void)[] = [];
    const client = testClient({
      engine: {
        ...engine,
        append: async (...args) => {
          await new Promise<void>((resolve) => held.push(resolve));
          return engine.append(...args);
        },
      },
    });
    const hook = await renderMutation(client);
    await doing(() => void hook.now().mutate(todo("one")));
    await eventually(() => expect(held).toHaveLength(1));
    await doing(() => void hook.now().mutate(todo("two")));
    expect(hook.now().isPending).toBe(true);
    await doing(() => held[0]?.());
    expect(hook.now().isPending).toBe(true);
    await eventually(() => expect(held).toHaveLength(2));
    await doing(() => held[1]?.());
    await eventually(() => expect(hook.now().isPending).toBe(false));
  });

  it("tells when the server has taken it, and when it has refused it", async () => {
    const client = testClient({ fetcher: testServer().fetcher });
    const events: string[] = [];
    const hook = await renderMutation(client, {
      onConfirmed: ({ title }) => events.push(`confirmed ${title}`),
      onRejected: (error, { title }) => events.push(`rejected ${title}: ${error.message}`),
    });
    await doing(() => client.start());
    await doing(() => hook.now().mutate(todo("one")));
    await doing(() => hook.now().mutate(todo("refuse me")));
    await eventually(() =>
      expect(events).toEqual(["confirmed one", "rejected refuse me: Not on this list."]),
    );
    expect(hook.now().error, "a refusal is no failure of this device").toBeNull();
    expect(unhandled).toEqual([]);
    await client.dispose();
  });

  it("tells of no refusal when the client was disposed before the server has answered", async () => {
    const client = testClient();
    const onRejected = vi.fn();
    const hook = await renderMutation(client, { onRejected });
    const made = hook.now().mutate(todo("one"));
    await doing(() => made);
    await doing(() => client.dispose());
    await expect(made.confirmed).rejects.toMatchObject({ kind: "disposed" });
    expect(onRejected).not.toHaveBeenCalled();
  });
});

describe("a mutation that cannot be made", () => {
  it("gives its error to the component, its callback and its caller, and leaves nothing unhandled", async () => {
    const errors: Error[] = [];
    const hook = await renderMutation(testClient(), { onError: (error) => errors.push(error) });
    await doing(() => void hook.now().mutate(todo("")));
    await eventually(() => expect(hook.now().error).toMatchObject({ code: "invalid-value" }));
    expect(hook.now().isPending).toBe(false);
    expect(errors).toHaveLength(1);
    await expect(doing(() => hook.now().mutate(todo("")))).rejects.toThrow("Write something.");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(unhandled).toEqual([]);
  });

  it("is forgotten with the next one, or with reset()", async () => {
    const hook = await renderMutation(testClient());
    await doing(() =>
      hook
        .now()
        .mutate(todo(""))
        .catch(() => undefined),
    );
    expect(hook.now().error).not.toBeNull();
    await doing(() => hook.now().mutate(todo("fine")));
    expect(hook.now().error).toBeNull();
    await doing(() =>
      hook
        .now()
        .mutate(todo(""))
        .catch(() => undefined),
    );
    await doing(() => hook.now().reset());
    expect(hook.now().error).toBeNull();
  });

  it("fails as one when the device is full, and changes nothing", async () => {
    const client = testClient({
      engine: {
        ...createMemoryEngine(),
        append: () => Promise.reject(new SyncClientError("quota", "The device is full.")),
      },
    });
    const hook = await renderMutation(client);
    await doing(() =>
      hook
        .now()
        .mutate(todo("one"))
        .catch(() => undefined),
    );
    expect(hook.now().error).toMatchObject({ kind: "quota" });
    expect(await todosOf(client.db, "a")).toEqual([]);
  });

  it("says so while there is no client", async () => {
    const hook = await renderMutation(null);
    await expect(doing(() => hook.now().mutate(todo("one")))).rejects.toBeInstanceOf(PlasmaError);
    expect(hook.now().error).toMatchObject({ code: "no-client" });
    expect(unhandled).toEqual([]);
  });
});

describe("mutate()", () => {
  it("is always the same function, and calls the callbacks of the last render", async () => {
    const client = testClient();
    const events: string[] = [];
    const hook = await renderMutation(client, { onSuccess: () => events.push("old") });
    const { mutate } = hook.now();
    await hook.withCallbacks({ onSuccess: () => events.push("new") });
    expect(hook.now().mutate).toBe(mutate);
    await doing(() => mutate(todo("one")));
    expect(events).toEqual(["new"]);
  });

  it("goes on when its component is gone", async () => {
    const client = testClient();
    const hook = await renderMutation(client);
    const { mutate } = hook.now();
    await hook.unmount();
    await doing(() => mutate(todo("one")));
    expect(await todosOf(client.db, "a")).toHaveLength(1);
  });

  it("does not render a component again for mutations of others", async () => {
    const client = testClient();
    const hook = await renderMutation(client);
    const before = hook.renders.length;
    await doing(() => addTodos(client, "a", ["one", "two"]));
    expect(hook.renders).toHaveLength(before);
  });
});
