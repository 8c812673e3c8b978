/** On the server there are no rows, no storage and no effects: every hook gives what a first render can show. */

import { renderToString } from "react-dom/server";
import type { ReactNode } from "react";
import { describe, expect, it } from "vitest";
import { PlasmaProvider } from "./plasma-provider.tsx";
import { testClient, todosOf } from "./testing-app.fixture.ts";
import type { mutators } from "./testing-app.fixture.ts";
import { useLiveQuery } from "./use-live-query.ts";
import { useMutation } from "./use-mutation.ts";
import { usePlasma } from "./use-plasma.ts";
import { useRejectedMutations } from "./use-rejected-mutations.ts";
import { useSyncStatus } from "./use-sync-status.ts";

let opened = 0;

function Everything() {
  const { data, status } = useLiveQuery((db) => {
    opened++;
    return todosOf(db, "a");
  }, []);
  const { isPending, error } = useMutation<typeof mutators, "addTodo">("addTodo");
  const { connection, pending } = useSyncStatus();
  const { rejected } = useRejectedMutations();
  return [
    status,
    data.length,
    isPending,
    error === null,
    connection,
    pending,
    rejected.length,
  ].join(" ");
}

const markup = "loading 0 false true stopped 0 0";

describe("server rendering", () => {
  it("gives every hook a snapshot, and opens no query", () => {
    opened = 0;
    expect(
      renderToString(<PlasmaProvider client={testClient()}>{<Everything />}</PlasmaProvider>),
    ).toBe(markup);
    expect(opened).toBe(0);
  });

  it("gives the same without a client, as where nobody is signed in", () => {
    expect(renderToString(<PlasmaProvider client={null}>{<Everything />}</PlasmaProvider>)).toBe(
      markup,
    );
  });

  it("says what is missing when a hook stands outside of a provider, or needs a client that is not there", () => {
    function Plasma(): ReactNode {
      return usePlasma().newId();
    }
    expect(() => renderToString(<Everything />)).toThrow("<PlasmaProvider");
    expect(() =>
      renderToString(<PlasmaProvider client={null}>{<Plasma />}</PlasmaProvider>),
    ).toThrow("There is no client yet.");
  });
});
